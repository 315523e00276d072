import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { AddPages } from "./server.ts";

export interface WebAppDeps {
  /** What the build of the app wrote. */
  readonly directory: string;
  readonly version: string;
  /** People to try it as: dev mode's, and only for who asks from this machine. */
  readonly demoPeople: (host: string | undefined) => readonly { readonly id: string; readonly name: string }[];
  readonly signIn: WebSignIn;
}

/** How the host application signs its people in here. */
export interface WebSignIn {
  /** Answers the token of whoever is signed in there. */
  readonly tokenUrl: string | undefined;
  /** Where one signs in there. */
  readonly signInUrl: string | undefined;
  /** Pages that may show the app in a frame, and give it a token. */
  readonly frameOrigins: readonly string[];
}

interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly caching: string;
  /** By content encoding; `identity` is there always. */
  readonly bodies: ReadonlyMap<string, Buffer>;
}

/** First parts of the addresses that the app has pages for (web/src/router/routes.ts). Any other address is none of its. */
export const APP_PATHS = [
  "sign-in",
  "c",
  "saved",
  "scheduled",
  "search",
  "notifications",
  "settings",
  "support",
  "admin",
] as const;

/** What pages of others load (web/widget): its address stays, so it is asked for again before long. */
const WIDGET = "widget.js";
const FOR_ALL = { "access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin" } as const;

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json; charset=utf-8",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};
const ENCODINGS = [
  ["br", ".br"],
  ["gzip", ".gz"],
] as const;

/** The web app: its files, its page under every address it has, and what it asks before anyone is signed in. */
export function addWebApp(deps: WebAppDeps): AddPages {
  const assets = readAssets(deps.directory);
  const page = assets.get("index.html");
  if (!page) throw new Error(`There is no index.html in ${deps.directory}`);
  const headers = headersOf(deps.signIn);

  return (app) => {
    const serve = (asset: Asset) => (request: FastifyRequest, reply: FastifyReply) =>
      send(request, reply.headers(headers).removeHeader("x-frame-options"), asset);
    for (const [path, asset] of assets)
      if (path === WIDGET) app.get(`/${path}`, (request, reply) => send(request, reply.headers(FOR_ALL), asset));
      else if (asset !== page) app.get(`/${path}`, serve(asset));
    for (const path of ["/", ...APP_PATHS.flatMap((part) => [`/${part}`, `/${part}/*`])]) app.get(path, serve(page));
    app.get("/config.json", (request, reply) => reply.send(describe(deps, request.headers.host)));
  };
}

function describe({ version, demoPeople, signIn }: WebAppDeps, host: string | undefined) {
  return {
    version,
    sign_in: {
      demo: demoPeople(host),
      token_url: signIn.tokenUrl ?? null,
      sign_in_url: signIn.signInUrl ?? null,
      frame_origins: signIn.frameOrigins,
    },
  };
}

/**
 * Scripts and styles come from here alone and none stands in the page, so that what people write can never become one.
 * Pictures of people are where the host application keeps them.
 */
function headersOf({ tokenUrl, frameOrigins }: WebSignIn): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob: https:",
    "media-src 'self' blob:",
    "font-src 'self'",
    `connect-src ${["'self'", ...(tokenUrl === undefined ? [] : [new URL(tokenUrl).origin])].join(" ")}`,
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    // In place of X-Frame-Options, which cannot name an origin.
    `frame-ancestors ${frameOrigins.length === 0 ? "'none'" : frameOrigins.join(" ")}`,
  ];
  return {
    "content-security-policy": policy.join("; "),
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), geolocation=(), microphone=(self)",
  };
}

function send(request: FastifyRequest, reply: FastifyReply, asset: Asset): FastifyReply {
  reply.header("cache-control", asset.caching).header("etag", asset.etag).header("vary", "accept-encoding");
  if (request.headers["if-none-match"] === asset.etag) return reply.code(304).send();
  const accepted = acceptedBy(request.headers["accept-encoding"]);
  for (const [encoding] of ENCODINGS) {
    const body = accepted.has(encoding) ? asset.bodies.get(encoding) : undefined;
    if (body) return reply.header("content-encoding", encoding).type(asset.type).send(body);
  }
  return reply.type(asset.type).send(asset.bodies.get("identity"));
}

function acceptedBy(header: string | string[] | undefined): ReadonlySet<string> {
  const offers = String(header ?? "").split(",");
  return new Set(
    offers.flatMap((offer) => (/;\s*q=0(?:\.0*)?\s*$/.test(offer) ? [] : (offer.split(";")[0]?.trim() ?? []))),
  );
}

function cachingOf(path: string): string {
  if (path === WIDGET) return "public, max-age=300";
  // Their names change with their content.
  return path.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache";
}

/** All into memory, once: a megabyte or two, and no request touches the disk. */
function readAssets(directory: string): ReadonlyMap<string, Asset> {
  const files = new Map(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [relative(directory, file).replaceAll(sep, "/"), file]),
  );
  const assets = new Map<string, Asset>();
  for (const [path, file] of files) {
    const type = TYPES[extname(path)];
    // What the build keeps for itself, and what stands beside a file in another encoding.
    if (type === undefined || path.startsWith(".")) continue;
    const body = readFileSync(file);
    const encoded = ENCODINGS.flatMap(([encoding, suffix]) => {
      const beside = files.get(`${path}${suffix}`);
      return beside === undefined ? [] : [[encoding, readFileSync(beside)] as const];
    });
    assets.set(path, {
      type,
      // Weak: it stands for every encoding.
      etag: `W/"${createHash("sha256").update(body).digest("base64url").slice(0, 27)}"`,
      caching: cachingOf(path),
      bodies: new Map([["identity", body], ...encoded]),
    });
  }
  return assets;
}
