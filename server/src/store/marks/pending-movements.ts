import { ParleyError } from "@parley/protocol";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { laterMark, NOTHING_READ, type Mark, type Place } from "../../domain/marks.ts";

/** How far reading moves. */
export interface ReadTarget extends Place {
  /** Ordinal of the first of the reader's own messages that end here without a gap; null where it is not their own. */
  readonly ownFrom: number | null;
  /** Moves only if everything before `ownFrom` was read. */
  readonly onlyIfAllRead: boolean;
}

export interface MovementOutcome {
  /** As committed. */
  readonly mark: Mark;
  readonly previous: Mark;
}

export interface Waiter {
  readonly read: ReadTarget | null;
  readonly deliveredSeq: number;
  readonly enqueuedAt: number;
  readonly resolve: (outcome: MovementOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** Movements of one mark that are written as one. */
export interface Movement {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  read: ReadTarget | null;
  deliveredSeq: number;
  waiters: Waiter[];
}

export interface NewMovement {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  readonly read: ReadTarget | null;
  readonly deliveredSeq: number;
}

/**
 * One reading that has the effect of the two in their order; null where there is none, because the second one's condition
 * takes the stored mark to decide.
 */
export function mergeReads(first: ReadTarget | null, second: ReadTarget | null): ReadTarget | null {
  if (!first || !second) return first ?? second;
  if (second.onlyIfAllRead) {
    if ((second.ownFrom ?? 0) > first.ordinal + 1) return null;
    if (first.onlyIfAllRead && second.ordinal < (first.ownFrom ?? 0) - 1) return null;
    return higher(first, second, first.onlyIfAllRead);
  }
  if (!first.onlyIfAllRead || second.ordinal >= first.ordinal) return higher(first, second, false);
  // Whether the first one takes effect, and so goes further than the second, only the stored mark can tell.
  return null;
}

function higher(first: ReadTarget, second: ReadTarget, onlyIfAllRead: boolean): ReadTarget {
  const [low, high] = second.ordinal > first.ordinal ? [first, second] : [second, first];
  const isOneRun = low.ownFrom !== null && high.ownFrom !== null && high.ownFrom <= low.ordinal + 1;
  const ownFrom = isOneRun ? Math.min(low.ownFrom ?? 0, high.ownFrom ?? 0) : high.ownFrom;
  return { seq: high.seq, ordinal: high.ordinal, ownFrom, onlyIfAllRead };
}

/**
 * Movements of marks that wait to be written: at most one is written at a time for each mark, and those that wait behind it are
 * merged, so that memory is bounded by the marks that move and not by how often.
 */
export class PendingMovements {
  readonly #waiting = new Map<string, Movement[]>();
  readonly #capacity: number;
  #size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** Throws `overloaded` when there is no room. */
  push(movement: NewMovement, waiter?: Waiter): void {
    const key = keyOf(movement);
    const movements = this.#waiting.get(key);
    const last = movements?.at(-1);
    const merged = last && mergeInto(last, movement);
    if (merged) {
      if (waiter) last.waiters.push(waiter);
      return;
    }
    if (this.#size >= this.#capacity) throw full();
    const added: Movement = { ...movement, waiters: waiter ? [waiter] : [] };
    if (movements) movements.push(added);
    else this.#waiting.set(key, [added]);
    this.#size += 1;
  }

  /** Takes the first movement of each of up to `limit` marks. */
  take(limit: number): Movement[] {
    const keys: string[] = [];
    for (const key of this.#waiting.keys()) {
      if (keys.length >= limit) break;
      keys.push(key);
    }
    const taken: Movement[] = [];
    for (const key of keys) {
      const [first, ...rest] = this.#waiting.get(key) ?? [];
      if (first) taken.push(first);
      this.#waiting.delete(key);
      // To the end of the line, so that a busy mark does not keep others waiting.
      if (rest.length > 0) this.#waiting.set(key, rest);
    }
    this.#size -= taken.length;
    return taken;
  }

  /** Puts back what was taken but not written, before everything else of its mark. */
  putBack(movements: readonly Movement[]): void {
    for (const movement of movements) {
      const key = keyOf(movement);
      this.#waiting.set(key, [movement, ...(this.#waiting.get(key) ?? [])]);
    }
    this.#size += movements.length;
  }

  /** Everything that waits. */
  all(): Movement[] {
    return [...this.#waiting.values()].flat();
  }

  /** Those of one mark, in order. */
  of(conversationId: ConversationId, userId: UserId): readonly Movement[] {
    return this.#waiting.get(keyOf({ conversationId, userId })) ?? [];
  }
}

export function keyOf({ conversationId, userId }: { conversationId: ConversationId; userId: UserId }): string {
  return conversationId + userId;
}

/** Whether the movement could be merged into the one that waits. */
function mergeInto(waiting: Movement, movement: NewMovement): boolean {
  const read = mergeReads(waiting.read, movement.read);
  if (!read && (waiting.read || movement.read)) return false;
  waiting.read = read;
  waiting.deliveredSeq = Math.max(waiting.deliveredSeq, movement.deliveredSeq);
  return true;
}

/** The mark after a movement, as far as it can be told without asking. */
export function moved(mark: Mark, { read, deliveredSeq }: Pick<Movement, "read" | "deliveredSeq">): Mark {
  const takesEffect = read && (!read.onlyIfAllRead || mark.lastReadOrdinal >= (read.ownFrom ?? 0) - 1);
  return laterMark(mark, {
    ...NOTHING_READ,
    ...(takesEffect ? { lastReadSeq: read.seq, lastReadOrdinal: read.ordinal } : {}),
    lastDeliveredSeq: Math.max(deliveredSeq, takesEffect ? read.seq : 0),
  });
}

function full(): ParleyError {
  return new ParleyError("overloaded", {
    detail: "Too many marks are waiting to be written. Mark it again.",
    retryAfterSeconds: 1,
  });
}
