import { createServer, request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>Parley</title>
<script type="module">
  import { connect, createCache } from "/sdk.js";
  const { account, token } = Object.fromEntries(new URLSearchParams(location.search));
  window.parley = connect({ url: location.origin, account, getToken: () => token, cache: createCache() });
</script>`;

/** A site with a plain page that loads the SDK, and before the service a gate that a test may close. */
export interface Site {
  readonly url: string;
  /** Where the service is now. */
  lead(serviceUrl: string): void;
  /** The service cannot be reached; what is connected breaks. The page itself can be loaded still. */
  shut(): void;
  open(): void;
  /** What the service says on sockets does not arrive any more, until they break; what it is told does. */
  mute(isMute: boolean): void;
  /** Connections to the service that were tried since the last call. */
  attempts(): number;
  close(): Promise<void>;
}

export async function startSite(): Promise<Site> {
  const script = await bundle();
  const sockets = new Set<Duplex>();
  let target = "";
  let isShut = false;
  let isMute = false;
  let attempts = 0;

  const server = createServer((request, response) => {
    if (!request.url?.startsWith("/v1/")) serve(request, response, script);
    else if (isShut) request.socket.destroy();
    else pass(request, response, target);
  });
  server.on("upgrade", (request, socket: Socket, head: Buffer) => {
    attempts += 1;
    socket.on("error", () => undefined);
    if (isShut) {
      socket.destroy();
      return;
    }
    const { hostname, port } = new URL(target);
    const service = connect(Number(port), hostname);
    for (const each of [socket, service]) {
      sockets.add(each);
      each.on("error", () => undefined);
      each.on("close", () => {
        sockets.delete(each);
        socket.destroy();
        service.destroy();
      });
    }
    service.on("connect", () => {
      service.write(`${request.method} ${request.url} HTTP/1.1\r\n${headerLines(request)}\r\n\r\n`);
      service.write(head);
    });
    socket.on("data", (chunk: Buffer) => service.write(chunk));
    service.on("data", (chunk: Buffer) => isMute || socket.write(chunk));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lead(serviceUrl) {
      target = serviceUrl;
    },
    shut() {
      isShut = true;
      cut();
    },
    open() {
      isShut = false;
    },
    mute(now) {
      isMute = now;
    },
    attempts() {
      const count = attempts;
      attempts = 0;
      return count;
    },
    async close() {
      cut();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The SDK with its cache, as an application's bundler would put them together. */
async function bundle(): Promise<string> {
  const entry = "site.js";
  const source = (path: string): string => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)));
  const made = await rolldown({
    input: entry,
    platform: "browser",
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) =>
          id === entry
            ? `export { connect } from ${source("../../../src/mod.ts")};
               export { createCache } from ${source("../../../src/cache/mod.ts")};`
            : undefined,
      },
    ],
  });
  const { output } = await made.generate({ format: "esm" });
  await made.close();
  return output[0].code;
}

function serve(request: IncomingMessage, response: ServerResponse, script: string): void {
  const isScript = request.url === "/sdk.js";
  response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
  response.end(isScript ? script : PAGE);
}

function pass(request: IncomingMessage, response: ServerResponse, target: string): void {
  const { method, headers } = request;
  const onward = forward(new URL(request.url ?? "/", target), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}

function headerLines({ rawHeaders }: IncomingMessage): string {
  return rawHeaders
    .flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []))
    .join("\r\n");
}
