import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { CLOSE_CODES, LIMITS } from "@parley/protocol";
import { WebSocketServer, type WebSocket } from "ws";
import type { Hub } from "../../realtime/hub.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { createAuthenticate, type AuthenticateDeps } from "./authenticate.ts";
import { createClientAddress, type TrustedProxies } from "./client-address.ts";
import { createCommandTable, type SocketServices } from "./command-table.ts";
import { Connection, type ConnectionShare } from "./connection.ts";
import { SUBPROTOCOL, tokenOf } from "./credentials.ts";
import { createDispatch } from "./dispatch.ts";
import { SOCKET_LIMITS, type SocketLimits } from "./limits.ts";
import { Flusher } from "./outbox.ts";
import { createErrorReply, type ErrorReplyDeps } from "./replies.ts";
import { refuseUpgrade } from "./refuse-upgrade.ts";

export const SOCKET_PATH = "/v1/messaging/ws";

export interface SocketServerDeps extends ErrorReplyDeps, Pick<AuthenticateDeps, "authentication" | "epoch"> {
  readonly hub: Pick<Hub, "attach" | "begin" | "leave" | "renew" | "open" | "close">;
  readonly services: SocketServices;
  readonly metrics: Pick<Metrics, "sockets" | "socketCloses" | "slowCloses" | "droppedSignals">;
  readonly trustProxy: TrustedProxies;
  readonly limits?: Partial<SocketLimits>;
  /** Milliseconds since the epoch; default the system's clock. */
  readonly now?: () => number;
  /** Milliseconds of a clock that nobody sets, for how long something takes; default the process's own. */
  readonly ticks?: () => number;
}

export interface SocketServer extends AsyncDisposable {
  /** Serves sockets on the server's event `upgrade`. */
  attach(server: Server): void;
  /** Takes no more sockets and no more commands, answers those under way, and closes everything with 1012. */
  close(): Promise<void>;
}

interface ParleySocket extends WebSocket {
  connection?: Connection;
}

/** The WebSocket of DESIGN section 7. */
export function createSocketServer(deps: SocketServerDeps): SocketServer {
  const { hub, metrics, now = Date.now, ticks = () => performance.now() } = deps;
  const limits = { ...SOCKET_LIMITS, ...deps.limits };
  const errorReply = createErrorReply(deps);
  const authenticate = createAuthenticate({
    ...deps,
    errorReply,
    heartbeatSeconds: limits.heartbeatSeconds,
    now,
    onConnected: () => metrics.sockets.inc(),
  });
  const dispatch = createDispatch({
    authenticate,
    commands: createCommandTable({ hub, services: deps.services, replayBytes: limits.replayBytes, now }),
    errorReply,
    ticks,
  });
  const share: ConnectionShare = {
    limits,
    flusher: new Flusher(),
    ticks,
    onDropped: () => metrics.droppedSignals.inc(),
    onSlow: () => metrics.slowCloses.inc(),
  };
  const addressOf = createClientAddress(deps.trustProxy);
  const handshakes = new WebSocketServer(handshakeOptions(limits));
  handshakes.on("wsClientError", (_error, socket) => refuseUpgrade(socket, 400));
  const connections = new Set<Connection>();
  const servers: Server[] = [];
  const sweeping = setInterval(sweep, limits.sweepMs).unref();
  let closing: Promise<void> | undefined;

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = (request.url ?? "/").split("?", 1)[0];
    if (path !== SOCKET_PATH) {
      // Somebody else may serve that path; if nobody else listens, nobody does.
      if (servers.every((server) => server.listenerCount("upgrade") === 1)) refuseUpgrade(socket, 404);
    } else if (closing || connections.size >= limits.sockets) refuseUpgrade(socket, 503);
    else handshakes.handleUpgrade(request, socket, head, (opened) => open(opened, request));
  }

  function open(socket: ParleySocket, request: IncomingMessage): void {
    const actAs = [request.headers["parley-act-as"] ?? []].flat()[0];
    const connection = new Connection(socket, { address: addressOf(request), actAs }, share);
    socket.connection = connection;
    connections.add(connection);
    // The same functions for every socket: thousands of closures would be much of the memory.
    socket.on("message", onMessage);
    socket.on("ping", onSign);
    socket.on("pong", onSign);
    socket.on("error", ignore);
    socket.on("close", onClose);
    const token = tokenOf(request);
    if (token !== undefined) dispatch.admit(connection, token);
  }

  function onMessage(this: ParleySocket, data: unknown, isBinary: boolean): void {
    if (this.connection) dispatch.receive(this.connection, data as Buffer, isBinary);
  }

  function onSign(this: ParleySocket): void {
    if (this.connection) this.connection.lastHeardAt = ticks();
  }

  function onClose(this: ParleySocket, code: number): void {
    const { connection } = this;
    if (!connection) return;
    connection.isDeaf = true;
    connections.delete(connection);
    metrics.socketCloses.inc({ code: closeLabel(connection.closedWith ?? code) });
    if (!connection.session) return;
    metrics.sockets.dec();
    hub.leave(connection.session);
  }

  /** Everything that time brings, for all sockets: one timer, one look at each. */
  function sweep(): void {
    const at = { now: now(), ticks: ticks() };
    for (const connection of connections) {
      const reason = connection.overdue(at);
      if (reason) connection.close(reason);
    }
  }

  async function drain(): Promise<void> {
    for (const connection of connections) connection.isDeaf = true;
    await until(limits.stopMs, (connection) => {
      if (connection.inFlight === 0 && !connection.isAuthenticating) connection.close("restart");
      return connection.closedWith !== undefined;
    });
    for (const connection of connections) connection.close("restart");
    await until(limits.closeMs, () => false);
    for (const { socket } of connections) socket.terminate();
    clearInterval(sweeping);
    for (const server of servers) server.off("upgrade", upgrade);
    handshakes.close();
  }

  /** Waits until all connections are gone or done. */
  async function until(milliseconds: number, isDone: (connection: Connection) => boolean): Promise<void> {
    const end = performance.now() + milliseconds;
    for (;;) {
      const isOver = [...connections].map(isDone).every(Boolean);
      if (isOver || performance.now() > end) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  const close = (): Promise<void> => (closing ??= drain());
  return {
    attach(server) {
      servers.push(server);
      server.on("upgrade", upgrade);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function handshakeOptions(
  limits: SocketLimits,
): ConstructorParameters<typeof WebSocketServer>[0] & { closeTimeout: number } {
  return {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    // Frames above the documented size are answered with an error; only what is far above it ends the socket (1009).
    maxPayload: 2 * LIMITS.body,
    maxFragments: 1_024,
    maxBufferedChunks: 4_096,
    closeTimeout: limits.closeMs,
    handleProtocols: (protocols) => protocols.has(SUBPROTOCOL) && SUBPROTOCOL,
  };
}

/** What broke is told by the close that follows. */
function ignore(): void {
  // Nothing to do.
}

const KNOWN_CODES = new Set<number>([1000, 1001, 1005, 1006, 1007, 1009, ...Object.values(CLOSE_CODES)]);

/** Peers may send any code, and labels have to stay few. */
function closeLabel(code: number): string {
  return KNOWN_CODES.has(code) ? String(code) : "other";
}
