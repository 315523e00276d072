import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A line to PostgreSQL whose present connections can fall silent for ever, without being closed. */
export async function startLine(connectionString: string) {
  const target = new URL(connectionString.replace("@/", "@socket/"));
  const directory = target.searchParams.get("host");
  const stranded = new Set<Socket>();
  const sockets = new Set<Socket>();
  let isMute = false;
  const server = createServer((near) => {
    if (isMute) {
      sockets.add(near);
      return;
    }
    const far = directory
      ? connect(`${directory}/.s.PGSQL.${target.searchParams.get("port") ?? "5432"}`)
      : connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("error", () => undefined);
      from.on("close", () => void (stranded.has(from) ? undefined : to.destroy()));
      from.on("data", (bytes) => void (stranded.has(from) ? undefined : to.write(bytes)));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `postgresql://${target.username}:${target.password}@127.0.0.1:${port}${target.pathname}`,
    /** Connections that are open. */
    count: () => [...sockets].filter((socket) => !socket.destroyed).length / 2,
    /** From now on new connections are taken and never answered. */
    mute: () => void (isMute = true),
    strand: () => sockets.forEach((socket) => stranded.add(socket)),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
