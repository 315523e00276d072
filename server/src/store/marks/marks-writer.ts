import { ParleyError } from "@parley/protocol";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { NOTHING_READ, type Mark, type Place } from "../../domain/marks.ts";
import type { Database, DedicatedConnection } from "../database.ts";
import { errorCode, isConflict, isConnectionLoss, isOutOfRoom } from "../postgres/errors.ts";
import { keyOf, moved, PendingMovements, type Movement, type MovementOutcome } from "./pending-movements.ts";
import { RecentMarks } from "./recent-marks.ts";
import { writeMovements, type WrittenMovement } from "./write-movements.ts";

export interface MarksWriterOptions {
  readonly database: Pick<Database, "connect">;
  /** Marks written by one statement; default 500. */
  readonly maxBatch?: number;
  /** Movements that may wait; more are refused with `overloaded`, and own messages do not advance their sender's mark. Default 100,000. */
  readonly maxPending?: number;
  /** From one batch to the next at least, so that movements gather and commits are left for messages. Default 20 ms. */
  readonly intervalMs?: number;
  /**
   * The same while nobody waits for an answer: own messages move their senders' marks, and those who write fast merge into one
   * movement. Default five times the other, so 100 ms.
   */
  readonly ownIntervalMs?: number;
  /** How long a movement may wait for the database before its caller is told `overloaded`; default 10,000 ms. */
  readonly maxWaitMs?: number;
  /** After the commit, before the callers are answered: what moved. Must not throw. */
  readonly onMoved: (movements: readonly MarkMoved[]) => void;
  readonly onTrouble: (error: unknown, message: string) => void;
}

/** A mark that has just been committed further on. */
export interface MarkMoved {
  readonly conversationId: ConversationId;
  /** In support conversations STAFF_MARK for all staff together. */
  readonly userId: UserId;
  readonly lastReadSeq: number;
  readonly lastReadOrdinal: number;
  readonly lastDeliveredSeq: number;
  readonly lastReadAt: Date | null;
  readonly moved: { readonly read: boolean; readonly delivered: boolean };
  /** It moved past nothing but messages of their own: who gets those knows anyway. */
  readonly bySending: boolean;
  /** Whether others may be told of it. */
  readonly sharesReceipts: boolean;
}

export interface Move {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  readonly read?: Place;
  readonly deliveredSeq?: number;
}

export interface OwnMessage extends Place {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  /** Only if nothing was unread before it. */
  readonly onlyIfAllRead: boolean;
}

/**
 * The one writer of marks (DESIGN 2.10): movements are merged in memory and written in batches by a connection of their own, so
 * that sends never wait for them. A crash may lose the movements of the last moment that nobody was answered for: those that
 * follow from sending.
 */
export interface MarksWriter extends AsyncDisposable {
  /** Resolves when it is committed. Never backwards: a movement to before the mark answers the mark as it is. */
  move(move: Move): Promise<MovementOutcome>;
  /** Moves the sender's mark to their message; does not wait. */
  advanceOwn(message: OwnMessage): void;
  /** What this node knows of a mark beyond what may be read from the database: lay it over with `laterMark`. */
  pending(conversationId: ConversationId, userId: UserId): Mark | undefined;
  /** Movements that wait now. */
  queued(): number;
  /** Writes what waits, then closes the connection. */
  close(): Promise<void>;
}

const LONGEST_PAUSE_MS = 1_000;
/** As in the committer's lanes: a connection that fell silent is given up, and its locks are free, a little later. */
const STATEMENT_MS = 10_000;
/** Somebody who is just joining holds the row of their mark. */
const LOCK_NOT_AVAILABLE = "55P03";
/** When closing without a database, this many failures are enough. */
const LAST_TRIES = 3;

export function createMarksWriter(options: MarksWriterOptions): MarksWriter {
  return new MarksLane(options);
}

class MarksLane implements MarksWriter {
  readonly #options: Required<MarksWriterOptions>;
  readonly #pending: PendingMovements;
  readonly #inFlight = new Map<string, Movement>();
  readonly #written = new RecentMarks();
  #connection: DedicatedConnection | undefined;
  #wake: (() => void) | undefined;
  /** Ends the pause between batches. */
  #hurry: (() => void) | undefined;
  /** The same where a movement that somebody waits for may end it. */
  #rouse: (() => void) | undefined;
  /** Somebody waits for what is pending. */
  #isAwaited = false;
  #closing = false;
  #overflowing = false;
  readonly #done: Promise<void>;

  constructor(options: MarksWriterOptions) {
    const { intervalMs = 20 } = options;
    const defaults = { maxBatch: 500, maxPending: 100_000, ownIntervalMs: 5 * intervalMs, maxWaitMs: 10_000 };
    this.#options = { ...defaults, ...options, intervalMs };
    this.#pending = new PendingMovements(this.#options.maxPending);
    this.#done = this.#run();
  }

  move({ conversationId, userId, read, deliveredSeq = 0 }: Move): Promise<MovementOutcome> {
    return new Promise((resolve, reject) => {
      const movement = {
        conversationId,
        userId,
        read: read ? { ...read, ownFrom: null, onlyIfAllRead: false } : null,
        deliveredSeq,
      };
      if (this.#closing) throw shuttingDown();
      this.#pending.push(movement, { ...movement, enqueuedAt: performance.now(), resolve, reject });
      this.#isAwaited = true;
      this.#wake?.();
      this.#rouse?.();
    });
  }

  advanceOwn({ conversationId, userId, seq, ordinal, onlyIfAllRead }: OwnMessage): void {
    try {
      this.#pending.push({
        conversationId,
        userId,
        read: { seq, ordinal, ownFrom: ordinal, onlyIfAllRead },
        deliveredSeq: 0,
      });
      this.#overflowing = false;
      this.#wake?.();
      if (this.#pending.size >= this.#options.maxBatch) this.#rouse?.();
    } catch (error) {
      if (!this.#overflowing)
        this.#options.onTrouble(error, "marks cannot keep up: senders' own marks are left where they are");
      this.#overflowing = true;
    }
  }

  pending(conversationId: ConversationId, userId: UserId): Mark | undefined {
    const key = keyOf({ conversationId, userId });
    const recent = this.#written.get(key);
    const inFlight = this.#inFlight.get(key);
    const waiting = this.#pending.of(conversationId, userId);
    if (!inFlight && waiting.length === 0) return recent;
    return [...(inFlight ? [inFlight] : []), ...waiting].reduce(moved, recent ?? NOTHING_READ);
  }

  queued(): number {
    return this.#pending.size;
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#wake?.();
    this.#hurry?.();
    await this.#done;
    await this.#connection?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(): Promise<void> {
    let failures = 0;
    for (;;) {
      const batch = this.#pending.take(this.#options.maxBatch);
      if (this.#pending.size === 0) this.#isAwaited = false;
      if (batch.length === 0) {
        if (this.#closing) return;
        await this.#sleep();
        continue;
      }
      const started = performance.now();
      for (const movement of batch) this.#inFlight.set(keyOf(movement), movement);
      try {
        await this.#write(await this.#connected(), batch);
        failures = 0;
      } catch (error) {
        failures += 1;
        this.#options.onTrouble(error, "marks could not be written; they wait");
        this.#pending.putBack(batch.filter((movement) => this.#inFlight.has(keyOf(movement))));
        this.#inFlight.clear();
        if (this.#closing && failures >= LAST_TRIES) return this.#giveUp(error);
        this.#refuseExpired();
      }
      if (failures > 0) await this.#pause(Math.min(LONGEST_PAUSE_MS, 20 * 2 ** failures));
      else await this.#rest(started);
    }
  }

  async #connected(): Promise<DedicatedConnection> {
    if (this.#connection && !this.#connection.lost.aborted) return this.#connection;
    this.#connection = await this.#options.database.connect({ statementMs: STATEMENT_MS });
    // As in the committer's lanes: the plan is kept while the tables grow, and only lookups by index stay linear.
    await this.#connection.execute({
      text: `SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;
             SET plan_cache_mode = force_generic_plan; SET lock_timeout = '2s'`,
    });
    return this.#connection;
  }

  /** Writes and settles; throws only where trying again later makes sense. One movement that cannot be written does not hurt the others. */
  async #write(connection: DedicatedConnection, batch: readonly Movement[]): Promise<void> {
    let written: WrittenMovement[];
    try {
      written = await writeMovements(connection, batch);
    } catch (error) {
      if (isPassing(error) || connection.lost.aborted) throw error;
      const [only] = batch;
      if (only && batch.length === 1) {
        this.#options.onTrouble(error, "a mark could not be written and is left where it is");
        this.#settle(only, (waiter) => waiter.reject(error));
        return;
      }
      const middle = Math.ceil(batch.length / 2);
      await this.#write(connection, batch.slice(0, middle));
      await this.#write(connection, batch.slice(middle));
      return;
    }
    this.#answer(batch, written);
  }

  #answer(batch: readonly Movement[], written: readonly WrittenMovement[]): void {
    const tell: MarkMoved[] = [];
    for (const [index, outcome] of written.entries()) {
      const movement = batch[index] as Movement;
      this.#written.set(keyOf(movement), outcome.mark);
      const movedMark = toMarkMoved(movement, outcome);
      if (movedMark) tell.push(movedMark);
    }
    if (tell.length > 0) this.#options.onMoved(tell);
    for (const [index, { mark, previous }] of written.entries()) {
      let before = previous;
      this.#settle(batch[index] as Movement, (waiter) => {
        waiter.resolve({ mark, previous: before });
        // Those that were merged into one are answered as if they had come one after the other.
        before = moved(before, waiter);
      });
    }
  }

  #settle(movement: Movement, settle: (waiter: Movement["waiters"][number]) => void): void {
    this.#inFlight.delete(keyOf(movement));
    for (const waiter of movement.waiters) settle(waiter);
    movement.waiters = [];
  }

  /** Their callers are told; the marks still move when the database is back. */
  #refuseExpired(): void {
    const oldest = performance.now() - this.#options.maxWaitMs;
    for (const movement of this.#pending.all()) {
      const expired = movement.waiters.filter((waiter) => waiter.enqueuedAt < oldest);
      movement.waiters = movement.waiters.filter((waiter) => waiter.enqueuedAt >= oldest);
      for (const waiter of expired) waiter.reject(tookTooLong());
    }
  }

  #giveUp(error: unknown): void {
    for (const movement of this.#pending.all()) this.#settle(movement, (waiter) => waiter.reject(error));
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  /** Until the next batch: shorter when somebody waits for it, or it is full. */
  async #rest(started: number): Promise<void> {
    const { intervalMs, ownIntervalMs, maxBatch } = this.#options;
    await this.#pause(started + intervalMs - performance.now());
    if (this.#isAwaited || this.#pending.size >= maxBatch) return;
    const resting = this.#pause(started + ownIntervalMs - performance.now());
    this.#rouse = this.#hurry;
    await resting;
    this.#rouse = undefined;
  }

  #pause(milliseconds: number): Promise<void> {
    if (milliseconds <= 0 || this.#closing) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function toMarkMoved(
  { read }: Movement,
  { conversationId, userId, mark, previous, sharesReceipts }: WrittenMovement,
): MarkMoved | undefined {
  const movement = {
    read: mark.lastReadSeq > previous.lastReadSeq,
    delivered: mark.lastDeliveredSeq > previous.lastDeliveredSeq,
  };
  if (!movement.read && !movement.delivered) return undefined;
  const bySending = movement.read && read?.ownFrom != null && previous.lastReadOrdinal >= read.ownFrom - 1;
  return { conversationId, userId, ...mark, moved: movement, bySending, sharesReceipts };
}

/** Trying again later makes sense. */
function isPassing(error: unknown): boolean {
  return isConflict(error) || isConnectionLoss(error) || isOutOfRoom(error) || errorCode(error) === LOCK_NOT_AVAILABLE;
}

function shuttingDown(): ParleyError {
  return new ParleyError("overloaded", { detail: "This node is shutting down. Mark it again.", retryAfterSeconds: 1 });
}

function tookTooLong(): ParleyError {
  return new ParleyError("overloaded", {
    detail: "The mark waited too long for the database. Mark it again.",
    retryAfterSeconds: 2,
  });
}
