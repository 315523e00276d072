import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readMarkdown } from "../../../server/test/harness/markdown.ts";

export interface HostPage extends AsyncDisposable {
  readonly url: string;
  /** Who is signed in there: asked for a token by the page. Null: nobody. */
  signedIn: () => Promise<string | null>;
  /** Where the service is, once it runs. */
  service: string;
  /** Attributes of the script's tag. */
  attributes: string;
}

/** What the guide tells pages to take. */
const [TAG, SETUP, POLICY] = ["html", "js", ""].map(
  (wanted) => readMarkdown("docs/guides/widget.md").blocks.find(({ language }) => language === wanted)?.code ?? "",
);
const EXAMPLE = /(http|ws)s:\/\/chat\.example\.com/g;

const BODY = `<main><h1>A shop</h1><p>Steam engines, new and used.</p><a href="/other">Another page</a>
<label>Search <input type="search"></label></main>`;

/** A plain page of another site, as strict as pages are: its policy names the service, and nothing else is let in. */
export async function startHostPage(): Promise<HostPage> {
  const it = { signedIn: () => Promise.resolve<string | null>(null), service: "", attributes: "" };
  const server = createServer((request, response) => {
    if (request.method === "POST") {
      void it.signedIn().then((token) => response.writeHead(token === null ? 401 : 200).end(token ?? ""));
      return;
    }
    if (request.url === "/favicon.ico") {
      response.writeHead(204).end();
      return;
    }
    const here = (text = ""): string =>
      text.trim().replaceAll(EXAMPLE, (_, way: string) => it.service.replace("http", way));
    if (request.url === "/setup.js") {
      response.writeHead(200, { "content-type": "text/javascript" }).end(SETUP);
      return;
    }
    const bySetup = request.url === "/by-setup";
    const policy = `default-src 'none'; require-trusted-types-for 'script'; ${here(POLICY)}`;
    response.writeHead(200, {
      "content-type": "text/html",
      "content-security-policy": bySetup ? policy.replace("script-src", "script-src 'self'") : policy,
    });
    const tag = here(TAG).replace(" async", ` ${it.attributes} async`);
    response.end(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A shop</title>
<meta name="viewport" content="width=device-width">
${bySetup ? `<script src="/setup.js"></script>${tag.replace(/ data-token-url="[^"]*"/, "")}` : tag}</head>
<body>${BODY}</body></html>`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(it, {
    // Another site, not only another port.
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
