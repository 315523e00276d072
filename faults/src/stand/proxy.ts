import { connect, createServer, type AddressInfo, type NetConnectOpts, type Socket } from "node:net";

/** What the line does to bytes at this moment. */
export interface Weather {
  /** Milliseconds by which bytes are held up, in each direction. */
  readonly delayMs: number;
  /** Nothing comes through, and nobody is told: both ends believe that they are connected. */
  readonly isSilent: boolean;
  /** New connections are refused. */
  readonly isClosed: boolean;
}

const FAIR: Weather = { delayMs: 0, isSilent: false, isClosed: false };

/** A line between two parties of which neither knows that it is there. */
export interface FaultProxy extends AsyncDisposable {
  readonly port: number;
  /** Where new connections lead from now on. */
  retarget(target: NetConnectOpts): void;
  set(weather: Partial<Weather>): void;
  calm(): void;
  /** Ends connections with a reset: all, or each with this probability. */
  cut(chosen?: () => boolean): number;
  /** Present connections never carry a byte again, nor are they closed; new ones are fine. */
  strand(): number;
  /** Ends what is left of stranded connections. */
  sweep(): void;
}

interface Line {
  readonly ends: readonly [Socket, Socket];
  isStranded: boolean;
}

export async function startProxy(): Promise<FaultProxy> {
  const lines = new Set<Line>();
  const stranded = new Set<Line>();
  let weather = FAIR;
  let target: NetConnectOpts | undefined;

  const server = createServer({ allowHalfOpen: false }, (near) => {
    if (!target || weather.isClosed) {
      near.on("error", () => undefined);
      reset(near);
      return;
    }
    const far = connect(target);
    const line: Line = { ends: [near, far], isStranded: false };
    lines.add(line);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.setNoDelay(true);
      from.on("error", () => undefined);
      from.on("close", () => {
        lines.delete(line);
        if (!line.isStranded) to.destroy();
      });
      forward(line, from, to, () => weather);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const sweep = (): void => {
    for (const { ends } of stranded) for (const end of ends) reset(end);
    stranded.clear();
  };
  const dispose = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    sweep();
    for (const { ends } of lines) for (const end of ends) end.destroy();
    await closed;
  };
  return {
    port: (server.address() as AddressInfo).port,
    retarget: (next) => void (target = next),
    set: (change) => void (weather = { ...weather, ...change }),
    calm: () => void (weather = FAIR),
    cut(chosen = () => true) {
      const doomed = [...lines].filter(chosen);
      for (const { ends } of doomed) for (const end of ends) reset(end);
      return doomed.length;
    },
    strand() {
      for (const line of lines) {
        line.isStranded = true;
        stranded.add(line);
      }
      return lines.size;
    },
    sweep,
    [Symbol.asyncDispose]: dispose,
  };
}

/** As when the other end has died; sockets of the file system know no reset. */
function reset(socket: Socket): void {
  if (socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

const POLL_MS = 5;

/** Copies bytes in order, late where it has to be; a full receiver holds up its sender, as on a real line. */
function forward(line: Line, from: Socket, to: Socket, weather: () => Weather): void {
  void (async () => {
    try {
      for await (const chunk of from) {
        const { delayMs } = weather();
        if (delayMs > 0) await pause(delayMs);
        while (line.isStranded || weather().isSilent) {
          if (from.destroyed || to.destroyed) return;
          await pause(POLL_MS);
        }
        if (!to.write(chunk as Buffer)) await drained(to);
      }
    } catch {
      // Either end broke; the listeners for `close` do what follows.
    }
  })();
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off("drain", done);
      socket.off("close", done);
      resolve();
    };
    socket.on("drain", done);
    socket.on("close", done);
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
