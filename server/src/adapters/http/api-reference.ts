import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Endpoint } from "@parley/protocol";
import { fastify, type FastifyReply } from "fastify";
import { describeApi } from "./openapi.ts";
import { sendPage } from "./security-headers.ts";
import type { AddPages } from "./server.ts";

/** Nothing is loaded from elsewhere and nothing is sent elsewhere: the reference works without the internet. */
const SETTINGS = {
  url: "/openapi.json",
  withDefaultFonts: false,
  telemetry: false,
  showDeveloperTools: "never",
  hideClientButton: true,
  agent: { disabled: true },
  mcp: { disabled: true },
  documentDownloadType: "json",
};

const page = (version: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parley API reference</title>
<link rel="icon" href="data:,">
</head>
<body>
<div id="reference"></div>
<noscript>The reference needs JavaScript; the same is in <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/scalar.js?v=${encodeURIComponent(version)}"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `Scalar.createApiReference("#reference", ${JSON.stringify(SETTINGS)});\n`;

/** The reference puts its styles into the page itself; scripts come from here alone. */
const POLICY = [
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
];

const compress = promisify(gzip);

/** `/openapi.json`, and the same to browse at `/docs`. Both are made at the first request, since most starts never need them. */
export function addApiReference(endpoints: readonly Endpoint[], version: string): AddPages {
  const document = once(async () => JSON.stringify(describeApi(endpoints, version)));
  const bundle = once(async () => compress(await readBundle()));

  return (app) => {
    app.get("/openapi.json", async (_request, reply) => {
      reply
        .header("cache-control", "no-cache")
        .header("access-control-allow-origin", "*")
        .type("application/json; charset=utf-8");
      return await reply.send(await document());
    });
    app.get("/docs", (_request, reply) => sendPage(reply, page(version), { allow: POLICY }));
    app.get("/docs/", (_request, reply) => reply.redirect("/docs", 308));
    app.get("/docs/start.js", (_request, reply) => sendScript(reply, "no-cache").send(START));
    app.get("/docs/scalar.js", async (_request, reply) => {
      // Every browser that runs it takes gzip; it would be four times as long without. The address names the version.
      sendScript(reply, "public, max-age=31536000, immutable").header("content-encoding", "gzip");
      return await reply.send(await bundle());
    });
  };
}

function sendScript(reply: FastifyReply, caching: string): FastifyReply {
  return reply.header("cache-control", caching).type("text/javascript; charset=utf-8");
}

/** The package keeps its script for browsers inside of its plugin, so the plugin is asked for it, once. */
async function readBundle(): Promise<Buffer> {
  const { default: scalar } = await import("@scalar/fastify-api-reference");
  const holder = fastify();
  await holder.register(scalar, { routePrefix: "/reference", configuration: { url: SETTINGS.url } });
  const { rawPayload } = await holder.inject("/reference/js/scalar.js");
  await holder.close();
  return rawPayload;
}

/** Makes it when it is first asked for; a failure is tried again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
