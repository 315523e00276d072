import type { ServerResponse } from "node:http";
import { endpoints, ParleyError } from "@parley/protocol";
import type { Session, Sink } from "../../realtime/audience.ts";
import type { Frame } from "../../realtime/frames.ts";
import type { Hub } from "../../realtime/hub.ts";
import type { Identity } from "../../services/authentication.ts";
import { toProblem } from "./errors.ts";
import { streamRoute, type Route, type Stream } from "./pipeline.ts";

export interface EventStreamsDeps {
  readonly hub: Pick<Hub, "attach" | "begin" | "leave">;
  /** A signal was left out for a client that is behind. */
  readonly onDropped: () => void;
  /** A stream was ended because its client did not keep up. */
  readonly onSlow: () => void;
  readonly onTrouble: (error: unknown, message: string) => void;
  readonly limits?: Partial<EventStreamLimits>;
  /** Milliseconds since the epoch; default the system's clock. */
  readonly now?: () => number;
  /** Milliseconds of a clock that nobody sets, for how long something takes; default the process's own. */
  readonly ticks?: () => number;
}

export interface EventStreamLimits {
  /** Streams of this node. */
  readonly streams: number;
  /** From one sign of life to the next, so that proxies keep the connection open. */
  readonly heartbeatMs: number;
  /** How often it is looked at what time brings: one timer for all streams. */
  readonly sweepMs: number;
  /** Bytes that may wait to be read: past half of it signals are dropped, past all of it the stream ends. */
  readonly budgetBytes: number;
}

const LIMITS: EventStreamLimits = { streams: 10_000, heartbeatMs: 15_000, sweepMs: 1_000, budgetBytes: 2 * 1_048_576 };

/** After how long a browser reconnects. */
const RETRY_MS = 2_000;

export interface EventStreams extends AsyncDisposable {
  readonly routes: Route[];
}

/** `GET /v1/events`: the socket's events for clients without a socket, each as `event: <type>` and `data: <the event as JSON>`. */
export function createEventStreams(deps: EventStreamsDeps): EventStreams {
  const { hub, now = Date.now, ticks = () => performance.now() } = deps;
  const limits = { ...LIMITS, ...deps.limits };
  const streams = new Set<EventStream>();
  const sweeping = setInterval(sweep, limits.sweepMs).unref();
  let isStopped = false;

  async function serve(identity: Identity, requestId: string, { response, headers }: Stream): Promise<void> {
    const stream = new EventStream(response, identity.expiresAt, { ...deps, budgetBytes: limits.budgetBytes });
    let session: Session;
    try {
      if (isStopped || streams.size >= limits.streams) throw full();
      session = await hub.attach(identity.caller, stream, identity.tokenId);
    } catch (error) {
      refuse(error, requestId, { response, headers });
      return;
    }
    // From here on everything is told: whoever has the headers knows that.
    if (isStopped || response.destroyed) {
      hub.leave(session);
      response.destroy();
      return;
    }
    streams.add(stream);
    response.on("error", () => undefined);
    response.on("close", () => {
      streams.delete(stream);
      hub.leave(session);
    });
    response.writeHead(200, {
      ...headers,
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      // Proxies that gather answers would keep the events back.
      "x-accel-buffering": "no",
    });
    stream.write(`retry: ${RETRY_MS}\n\n`);
    stream.heardAt = ticks();
    hub.begin(session);
  }

  function refuse(error: unknown, requestId: string, { response, headers }: Stream): void {
    if (!(error instanceof ParleyError)) deps.onTrouble(error, "a stream of events could not begin");
    const problem = toProblem(error instanceof ParleyError ? error : full(), requestId);
    const { retry_after_seconds: retryAfter } = problem;
    response.writeHead(problem.status, {
      ...headers,
      "content-type": "application/problem+json; charset=utf-8",
      ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
    });
    response.end(JSON.stringify(problem));
  }

  function sweep(): void {
    const at = ticks();
    for (const stream of streams) {
      if (now() >= stream.endsAt) stream.end();
      else if (at - stream.heardAt >= limits.heartbeatMs) {
        stream.heardAt = at;
        stream.write(": still here\n\n");
      }
    }
  }

  return {
    routes: [
      streamRoute(endpoints.streamEvents, ({ identity, requestId }, stream) => void serve(identity, requestId, stream)),
    ],
    [Symbol.asyncDispose]() {
      isStopped = true;
      clearInterval(sweeping);
      for (const stream of streams) stream.end();
      return Promise.resolve();
    },
  };
}

interface EventStreamShare extends Pick<EventStreamsDeps, "onDropped" | "onSlow"> {
  readonly budgetBytes: number;
}

/** One client that listens. */
class EventStream implements Sink {
  /** When its token ends. */
  readonly endsAt: number;
  heardAt = 0;
  readonly #response: ServerResponse;
  readonly #share: EventStreamShare;
  #isOver = false;

  constructor(response: ServerResponse, expiresAt: number | null, share: EventStreamShare) {
    this.endsAt = expiresAt ?? Number.POSITIVE_INFINITY;
    this.#response = response;
    this.#share = share;
  }

  push(frame: Frame): void {
    if (this.#isOver) return;
    const { budgetBytes, onDropped, onSlow } = this.#share;
    const waiting = this.#response.writableLength;
    if (waiting > budgetBytes / 2 && frame.kind !== "change") onDropped();
    else if (waiting > budgetBytes) {
      this.#isOver = true;
      onSlow();
      // The hub may be in the middle of telling many.
      setImmediate(() => this.#response.destroy());
    } else this.write(`event: ${frame.type}\ndata: ${frame.text}\n\n`);
  }

  write(text: string): void {
    if (!this.#isOver && !this.#response.writableEnded) this.#response.write(text);
  }

  end(): void {
    this.#isOver = true;
    this.#response.end();
  }
}

function full(): ParleyError {
  return new ParleyError("overloaded", {
    detail: "This node takes no more streams of events now. Try again in a moment.",
    retryAfterSeconds: 2,
  });
}
