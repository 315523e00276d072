import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A line to the service that keeps its address while it is cut, mended, or leads to another process. */
export interface Line extends AsyncDisposable {
  readonly url: string;
  /** Ends every connection, and takes none until it is mended. */
  cut(): void;
  /** `to`: where it leads from now on. */
  mend(to?: string): void;
}

export async function startLine(to: string): Promise<Line> {
  const sockets = new Set<Socket>();
  let target = new URL(to);
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    for (const [from, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("error", () => undefined);
      from.on("close", () => {
        sockets.delete(from);
        other.destroy();
      });
      from.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const hangUp = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    url: `http://127.0.0.1:${port}`,
    cut() {
      isCut = true;
      hangUp();
    },
    mend(next) {
      if (next !== undefined) target = new URL(next);
      isCut = false;
    },
    async [Symbol.asyncDispose]() {
      hangUp();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
