import { ParleyError } from "@parley/protocol";
import type { ConversationId } from "../../domain/ids.ts";
import { Lane, type LaneOptions } from "./lane.ts";
import type { Operation } from "./lane-queue.ts";
import type { ChangeOptions, ChangeWriter, SendOutcome, SendRequest } from "./operations.ts";

export interface CommitterOptions extends Omit<LaneOptions, "maxBatch" | "maxWaitMs" | "statementMs"> {
  /** Lanes, each with a connection of its own; a conversation is always in the same one. Default 4. */
  readonly lanes?: number;
  /** Messages in one statement; default 256. */
  readonly maxBatch?: number;
  /** Operations that may wait in all lanes together; more are refused with `overloaded`. Default 10,000. */
  readonly maxQueued?: number;
  /** How long an operation may wait for the database; default 10,000 ms. */
  readonly maxWaitMs?: number;
  /** How long a statement of a batch may take, and as long the locks of a connection that fell silent are held; default 10,000 ms. */
  readonly statementMs?: number;
}

/**
 * Group commit (DESIGN 2.4): the one way in for everything that takes a version. Writes of a conversation are committed in the
 * order in which they were given.
 */
export interface Committer extends AsyncDisposable {
  /** Writes a message. Rejects with `overloaded` when the queue is full or the database is away for too long. */
  send(request: SendRequest): Promise<SendOutcome>;
  /**
   * Runs `work` in a transaction under the lock of the conversation's head and commits it. What `work` throws undoes it and is
   * passed on. `work` may be run more than once, so it must have no effect outside of the transaction.
   */
  change<T>(
    conversationId: ConversationId,
    work: (change: ChangeWriter) => Promise<T>,
    options?: ChangeOptions,
  ): Promise<T>;
  /** Operations that wait now. */
  queued(): number;
  /** Takes nothing more, commits what waits, then closes the connections. */
  close(): Promise<void>;
}

export function createCommitter(options: CommitterOptions): Committer {
  const {
    lanes: laneCount = 4,
    maxQueued = 10_000,
    maxBatch = 256,
    maxWaitMs = 10_000,
    statementMs = 10_000,
  } = options;
  const lanes = Array.from({ length: laneCount }, () => new Lane({ ...options, maxBatch, maxWaitMs, statementMs }));
  let closing: Promise<void> | undefined;

  const queued = (): number => lanes.reduce((sum, lane) => sum + lane.queue.size, 0);

  function admit(operation: Operation): void {
    if (closing) operation.reject(shuttingDown());
    else if (queued() >= maxQueued) operation.reject(full());
    else laneOf(lanes, operation.conversationId).push(operation);
  }

  const close = (): Promise<void> => (closing ??= Promise.all(lanes.map((lane) => lane.close())).then(() => undefined));

  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        const { conversationId } = request;
        admit({
          kind: "send",
          conversationId,
          request,
          resolve,
          reject,
          enqueuedAt: performance.now(),
          maybeCommitted: false,
        });
      }),
    change: <T>(
      conversationId: ConversationId,
      work: (change: ChangeWriter) => Promise<T>,
      changeOptions: ChangeOptions = {},
    ) =>
      new Promise<T>((resolve, reject) => {
        const settle = resolve as (value: unknown) => void;
        admit({
          kind: "change",
          conversationId,
          work,
          options: changeOptions,
          resolve: settle,
          reject,
          enqueuedAt: performance.now(),
        });
      }),
    queued,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** By the last hex digits of the id: of a UUIDv7 those are random, while the first ones are the time. */
function laneOf(lanes: readonly Lane[], id: ConversationId): Lane {
  return lanes[Number.parseInt(id.slice(-6), 16) % lanes.length] as Lane;
}

function full(): ParleyError {
  return new ParleyError("overloaded", {
    detail: "Too many writes are waiting. Send it again with the same id.",
    retryAfterSeconds: 1,
  });
}

function shuttingDown(): ParleyError {
  return new ParleyError("overloaded", {
    detail: "This node is shutting down. Send it again with the same id.",
    retryAfterSeconds: 1,
  });
}
