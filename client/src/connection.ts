import type { CommandInput, ConnectedFrame, OkCommand, OkData, ServerFrame } from "@parley/protocol";
import { createBackOff } from "./back-off.ts";
import type { Clock } from "./clock.ts";
import { hasCode, ParleyError } from "./errors.ts";
import { createCell, type Observable } from "./observable.ts";
import type { Tokens } from "./tokens.ts";

/**
 * - `connecting`: a socket is being opened and authenticated
 * - `catching-up`: live, and what was missed is on its way
 * - `online`: everything is known
 * - `offline`: waiting for the next attempt
 * - `unauthorised`: there is no token that the service takes; nothing is attempted until `reconnect()`
 * - `closed`: for good
 */
export type ConnectionState = "connecting" | "catching-up" | "online" | "offline" | "unauthorised" | "closed";

/** As much of a WebSocket as is used: the platform's own, or `ws`. */
export interface SocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { code: number }) => void): void;
}
export type SocketConstructor = new (url: string) => SocketLike;

/** Calls back when it is worth to look at once: back on line, or on screen again. Answers what ends it. */
export type WakeSource = (wake: () => void) => () => void;

export interface ConnectionDeps {
  readonly url: string;
  readonly tokens: Tokens;
  readonly WebSocket: SocketConstructor;
  readonly clock: Clock;
  readonly random: () => number;
  readonly wake: WakeSource;
  /** Every frame, in order, before the promise of the command it answers. */
  readonly onFrame: (frame: ServerFrame) => void;
  readonly onLost: () => void;
}

type CommandType = CommandInput["type"];
type DataOf<Type extends CommandType> = Extract<CommandInput, { type: Type }>["data"];
type AnswerOf<Type extends CommandType> = Type extends OkCommand ? OkData<Type> : unknown;

export interface Connection {
  readonly state: Observable<ConnectionState>;
  /** Sends a command and resolves with its answer. Rejects with `offline` when the connection is not there or breaks. */
  request<Type extends CommandType>(type: Type, data: DataOf<Type>): Promise<AnswerOf<Type>>;
  /** What was missed is known. */
  caughtUp(): void;
  /** Tries now: after a sign-in, or when the user asks to. */
  reconnect(): void;
  close(): void;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
  readonly cancelTimer: () => void;
}

interface Session {
  readonly socket: SocketLike;
  readonly pending: Map<string, Pending>;
  heardAt: number;
  isAuthenticated: boolean;
  readonly timers: Map<string, () => void>;
}

const CONNECT_MS = 15_000;
const ANSWER_MS = 30_000;
const SILENCE_MS = 60_000;
const PROBE_MS = 5_000;
/** A connection that lasted so long has held: the next attempts begin at 1 s again. */
const HELD_MS = 5_000;
const LONG_PAUSE_MS = 30_000;
const RENEW_BEFORE_MS = 60_000;
/** Renewals that fail are tried again so often until the token ends. */
const RENEW_AGAIN_MS = 5_000;

const CLOSED = { protocolError: 4400, unauthenticated: 4401, revoked: 4403, rateLimited: 4429 };

export function createConnection(deps: ConnectionDeps): Connection {
  const { tokens, clock } = deps;
  const state = createCell<ConnectionState>("connecting");
  const backOff = createBackOff(deps.random);
  let session: Session | undefined;
  let attempt = 0;
  let cancelWait: (() => void) | undefined;
  let lastId = 0;
  /** Tokens refused one after the other. */
  let refusals = 0;

  const isOver = (): boolean => state.value === "closed";

  async function open(): Promise<void> {
    cancelWait?.();
    cancelWait = undefined;
    const mine = ++attempt;
    state.set("connecting");
    try {
      const token = await (refusals > 0 ? tokens.renew() : tokens.current());
      if (mine === attempt && !isOver()) begin(token);
    } catch (error) {
      if (mine !== attempt || isOver()) return;
      if (hasCode(error, "unauthenticated")) state.set("unauthorised");
      else wait(backOff.next());
    }
  }

  function begin(token: string): void {
    const socket = new deps.WebSocket(`${deps.url.replace(/^http/, "ws")}/v1/messaging/ws`);
    const mine: Session = {
      socket,
      pending: new Map(),
      heardAt: clock.now(),
      isAuthenticated: false,
      timers: new Map(),
    };
    session = mine;
    timer(mine, "connect", CONNECT_MS, () => drop(mine, 1006));
    socket.addEventListener("open", () => {
      // By the first frame, not by the subprotocol: browsers do not tell why an upgrade was refused, but they do tell a close code.
      if (session === mine) void send(mine, "authenticate", { token }).catch(() => undefined);
    });
    socket.addEventListener("message", ({ data }) => session === mine && typeof data === "string" && hear(mine, data));
    socket.addEventListener("close", ({ code }) => drop(mine, code));
    // A close always follows; without a listener `ws` would throw.
    socket.addEventListener("error", () => undefined);
  }

  function hear(mine: Session, text: string): void {
    mine.heardAt = clock.now();
    const frame = JSON.parse(text) as ServerFrame;
    if (frame.type === "connected") onConnected(mine, frame);
    deps.onFrame(frame);
    // Only answers have an id of a command; what is told unasked has none.
    const id = "id" in frame ? frame.id : undefined;
    const pending = id === undefined ? undefined : mine.pending.get(id);
    if (id === undefined || !pending || frame.type === "changes") return;
    mine.pending.delete(id);
    pending.cancelTimer();
    if (frame.type !== "error") pending.resolve("data" in frame ? frame.data : undefined);
    else {
      const { code, message, errors, retry_after_seconds: retryAfterSeconds } = frame.data;
      pending.reject(new ParleyError(code, message, { errors, retryAfterSeconds }));
    }
  }

  function onConnected(mine: Session, frame: ConnectedFrame): void {
    planRenewal(mine);
    if (mine.isAuthenticated) return;
    mine.isAuthenticated = true;
    refusals = 0;
    cancel(mine, "connect");
    timer(mine, "held", HELD_MS, () => backOff.reset());
    beat(mine, frame.data.heartbeat_seconds * 1_000);
    state.set("catching-up");
  }

  function beat(mine: Session, everyMs: number): void {
    timer(mine, "beat", everyMs, () => {
      if (clock.now() - mine.heardAt >= SILENCE_MS) drop(mine, 4408);
      else {
        void send(mine, "ping", {}).catch(() => undefined);
        beat(mine, everyMs);
      }
    });
  }

  /** A new token before the present one ends, so that the connection goes on. */
  function planRenewal(mine: Session): void {
    const end = tokens.expiresAt();
    if (end === undefined || !tokens.renewable) return;
    const left = end - clock.now();
    timer(mine, "renew", Math.max(left - RENEW_BEFORE_MS, left / 2), () => void renew(mine, end));
  }

  async function renew(mine: Session, end: number): Promise<void> {
    const again = (): void => {
      if (session === mine && clock.now() < end) timer(mine, "renew", RENEW_AGAIN_MS, () => void renew(mine, end));
    };
    try {
      const token = await tokens.renew();
      if (session !== mine) return;
      if ((tokens.expiresAt() ?? Infinity) > end) await send(mine, "authenticate", { token });
      else again();
    } catch {
      again();
    }
  }

  function send(mine: Session, type: CommandType, data: unknown): Promise<unknown> {
    const id = String(++lastId);
    return new Promise((resolve, reject) => {
      const cancelTimer = clock.after(ANSWER_MS, () => {
        mine.pending.delete(id);
        reject(new ParleyError("timeout", "The service did not answer in time."));
      });
      mine.pending.set(id, { resolve, reject, cancelTimer });
      try {
        mine.socket.send(JSON.stringify({ type, id, data }));
      } catch {
        drop(mine, 1006);
      }
    });
  }

  /** The socket is lost, or given up. Half-open ones may take minutes to close, so that is not waited for. */
  function drop(mine: Session, code: number): void {
    if (session !== mine) return;
    session = undefined;
    for (const cancelTimer of mine.timers.values()) cancelTimer();
    try {
      mine.socket.close();
    } catch {
      // It was never open.
    }
    for (const { reject, cancelTimer } of mine.pending.values()) {
      cancelTimer();
      reject(new ParleyError("offline", "The connection broke before the answer came."));
    }
    deps.onLost();
    if (isOver()) return;
    if (code === CLOSED.unauthenticated) refusals += 1;
    const isHopeless = code === CLOSED.revoked || refusals > (tokens.renewable ? 1 : 0);
    if (isHopeless) state.set("unauthorised");
    else if (code === CLOSED.protocolError || code === CLOSED.rateLimited)
      wait(LONG_PAUSE_MS * (1 + deps.random() / 2));
    else wait(code === CLOSED.unauthenticated ? 0 : backOff.next());
  }

  function wait(ms: number): void {
    state.set("offline");
    cancelWait?.();
    cancelWait = clock.after(ms, () => void open());
  }

  function timer(mine: Session, name: string, ms: number, callback: () => void): void {
    cancel(mine, name);
    mine.timers.set(name, clock.after(ms, callback));
  }

  function cancel(mine: Session, name: string): void {
    mine.timers.get(name)?.();
    mine.timers.delete(name);
  }

  /** Waiting ends at once. A connection that looks alive is asked whether it is: laptops sleep without closing sockets. */
  function onWake(): void {
    if (state.value === "offline") void open();
    const mine = session;
    if (!mine?.isAuthenticated) return;
    const asked = clock.now();
    void send(mine, "ping", {}).catch(() => undefined);
    timer(mine, "probe", PROBE_MS, () => {
      if (mine.heardAt < asked) drop(mine, 4408);
    });
  }

  const stopWaking = deps.wake(onWake);
  void open();

  return {
    state,
    request: (type, data) =>
      session?.isAuthenticated
        ? (send(session, type, data) as Promise<AnswerOf<typeof type>>)
        : Promise.reject(new ParleyError(isOver() ? "closed" : "offline", "There is no connection now.")),
    caughtUp() {
      if (state.value === "catching-up") state.set("online");
    },
    reconnect() {
      if (isOver()) return;
      refusals = 0;
      backOff.reset();
      if (session) drop(session, 1000);
      void open();
    },
    close() {
      state.set("closed");
      stopWaking();
      cancelWait?.();
      if (session) drop(session, 1000);
    },
  };
}

/** The browser's signs; elsewhere there are none. */
export const platformWake: WakeSource = (wake) => {
  const { document, addEventListener, removeEventListener } = globalThis as Partial<typeof globalThis>;
  if (!document || !addEventListener || !removeEventListener) return () => undefined;
  const onVisible = (): void => {
    if (document.visibilityState === "visible") wake();
  };
  globalThis.addEventListener("online", wake);
  document.addEventListener("visibilitychange", onVisible);
  return () => {
    globalThis.removeEventListener("online", wake);
    document.removeEventListener("visibilitychange", onVisible);
  };
};
