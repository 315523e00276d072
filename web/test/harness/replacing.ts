import { createServer, request, type IncomingMessage } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

export interface Replacing extends AsyncDisposable {
  readonly url: string;
  /** From now on this path is answered with what `change` makes of the service's answer. */
  replace(path: string, change: (text: string) => string): void;
}

/** The service with some of its files changed: as it will be after an update. */
export async function startReplacing(to: string): Promise<Replacing> {
  const { hostname, port, host } = new URL(to);
  const changes = new Map<string, (text: string) => string>();
  const sockets = new Set<Socket>();
  const ask = (incoming: IncomingMessage, headers: IncomingMessage["headers"]) =>
    request({ hostname, port, method: incoming.method, path: incoming.url, headers: { ...headers, host } });

  const server = createServer((incoming, outgoing) => {
    const change = changes.get(incoming.url ?? "");
    if (!change) {
      const asked = ask(incoming, incoming.headers).on("response", (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      asked.on("error", () => outgoing.destroy());
      incoming.pipe(asked);
      return;
    }
    ask(incoming, {})
      .on("response", (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => {
          const { etag: _, "content-length": __, ...headers } = answer.headers;
          outgoing.writeHead(200, headers).end(change(Buffer.concat(chunks).toString()));
        });
      })
      .end();
  });
  server.on("upgrade", (incoming, near: Socket) => {
    const far = connect(Number(port), hostname);
    const lines = Object.entries(incoming.headers).map(([name, value]) => `${name}: ${String(value)}`);
    far.write([`GET ${incoming.url} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
    for (const socket of [near, far]) socket.on("error", () => undefined);
    near.pipe(far).pipe(near);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    replace: (path, change) => void changes.set(path, change),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
