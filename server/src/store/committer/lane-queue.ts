import type { ConversationId, MessageId } from "../../domain/ids.ts";
import type { ChangeOptions, ChangeWriter, SendOutcome, SendRequest } from "./operations.ts";

interface Pending<T> {
  readonly conversationId: ConversationId;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
  /** By the monotonic clock (`performance.now()`), as are all times here: one that is set must not make anybody wait. */
  readonly enqueuedAt: number;
}

export interface SendOperation extends Pending<SendOutcome> {
  readonly kind: "send";
  readonly request: SendRequest;
  /** The commit was tried and its end is unknown: finding the message already there then means that it was ours. */
  maybeCommitted: boolean;
}

export interface ChangeOperation extends Pending<unknown> {
  readonly kind: "change";
  readonly work: (change: ChangeWriter) => Promise<unknown>;
  readonly options: ChangeOptions;
}

export type Operation = SendOperation | ChangeOperation;

/** What one turn of a lane commits: first the sends as one statement, then the changes as one transaction. */
export interface Turn {
  readonly sends: SendOperation[];
  readonly changes: ChangeOperation[];
  /** It holds one conversation alone, whose head was held by somebody else for too long: wait for the lock, in line. */
  readonly wait: boolean;
}

export interface TurnLimits {
  readonly sends: number;
  readonly changes: number;
}

/** A conversation whose head was held by somebody else (another node) when its turn came. */
interface Contention {
  readonly since: number;
  readonly attempts: number;
  readonly notBefore: number;
}

const FIRST_DELAY_MS = 4;
const LONGEST_DELAY_MS = 64;
/** After this long of finding the head locked, the conversation stands in line for the lock. */
const PATIENCE_MS = 100;

/**
 * The operations that wait for a lane, in order per conversation and in turn between conversations, so that a busy
 * conversation does not starve the others. Not bounded here: the committer counts what it lets in.
 */
export class LaneQueue {
  readonly #waiting = new Map<ConversationId, Operation[]>();
  readonly #contended = new Map<ConversationId, Contention>();
  /** The last turn waited for a lock: the next one is for those who need not. */
  #waited = false;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(operation: Operation): void {
    const operations = this.#waiting.get(operation.conversationId);
    if (operations) operations.push(operation);
    else this.#waiting.set(operation.conversationId, [operation]);
    this.#size += 1;
  }

  /** Puts operations of one conversation back before everything else of it, to be tried again at once. */
  putBack(operations: readonly Operation[]): void {
    const [first] = operations;
    if (!first) return;
    this.#waiting.set(first.conversationId, [...operations, ...(this.#waiting.get(first.conversationId) ?? [])]);
    this.#size += operations.length;
  }

  /** The conversation's head was locked: it is tried again a little later, later each time, until `settled`. */
  contend(id: ConversationId, now: number): void {
    const { since, attempts } = this.#contended.get(id) ?? { since: now, attempts: 0 };
    const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempts);
    // Jitter, so that two nodes that collided do not collide in step again.
    this.#contended.set(id, { since, attempts: attempts + 1, notBefore: now + delay * (0.5 + Math.random() / 2) });
  }

  /** The head was free, or nothing of the conversation waits any more. */
  settled(id: ConversationId): void {
    this.#contended.delete(id);
  }

  has(id: ConversationId): boolean {
    return this.#waiting.has(id);
  }

  /** Takes the next turn; empty when nothing may run yet. */
  take(limits: TurnLimits, now: number): Turn {
    const patient = this.#takeContended(limits, now);
    this.#waited = patient !== undefined;
    return patient ?? this.#takeGathered(limits, now);
  }

  /** One conversation that was kept waiting for long. Alone: its neighbours must not wait for its lock. */
  #takeContended(limits: TurnLimits, now: number): Turn | undefined {
    if (this.#waited) return undefined;
    for (const [id, { since, notBefore }] of this.#contended) {
      const operations = this.#waiting.get(id);
      if (!operations || notBefore > now || now - since < PATIENCE_MS) continue;
      const turn: Turn = { sends: [], changes: [], wait: true };
      this.#move(id, operations, turn, limits);
      return turn;
    }
    return undefined;
  }

  #takeGathered(limits: TurnLimits, now: number): Turn {
    const turn: Turn = { sends: [], changes: [], wait: false };
    const leftovers: [ConversationId, Operation[]][] = [];
    for (const [id, operations] of this.#waiting) {
      if (turn.sends.length >= limits.sends && turn.changes.length >= limits.changes) break;
      const contention = this.#contended.get(id);
      if (contention && (contention.notBefore > now || now - contention.since >= PATIENCE_MS)) continue;
      const rest = this.#move(id, operations, turn, limits);
      if (rest) leftovers.push([id, rest]);
    }
    // To the end of the line, and only now: a map that grows while it is walked would give them a second run in this turn.
    for (const [id, rest] of leftovers) {
      this.#waiting.delete(id);
      this.#waiting.set(id, rest);
    }
    return turn;
  }

  /** Moves a run from the front of the conversation's operations into the turn; answers what is left of them if it took any. */
  #move(id: ConversationId, operations: Operation[], turn: Turn, limits: TurnLimits): Operation[] | undefined {
    const taken = takeRun(operations, turn, limits);
    if (taken === 0) return undefined;
    this.#size -= taken;
    if (taken === operations.length) {
      this.#waiting.delete(id);
      return undefined;
    }
    const rest = operations.slice(taken);
    this.#waiting.set(id, rest);
    return rest;
  }

  /** Milliseconds until a conversation that is contended may be tried; undefined when none waits for that. */
  delay(now: number): number | undefined {
    let soonest: number | undefined;
    for (const [id, { notBefore }] of this.#contended) {
      if (this.#waiting.has(id)) soonest = Math.min(soonest ?? notBefore, notBefore);
    }
    return soonest === undefined ? undefined : Math.max(0, soonest - now);
  }

  /** Takes out everything that was given before `time`. */
  expire(time: number): Operation[] {
    const expired: Operation[] = [];
    for (const [id, operations] of this.#waiting) {
      const alive = operations.filter((operation) => operation.enqueuedAt >= time);
      if (alive.length === operations.length) continue;
      expired.push(...operations.filter((operation) => operation.enqueuedAt < time));
      if (alive.length > 0) this.#waiting.set(id, alive);
      else {
        this.#waiting.delete(id);
        this.#contended.delete(id);
      }
    }
    this.#size -= expired.length;
    return expired;
  }
}

/**
 * Moves the longest run of one kind from the front of a conversation's operations into the turn. A run of sends ends before
 * a message whose id or parent is in the run already: the statement reads both from the tables.
 */
function takeRun(operations: readonly Operation[], turn: Turn, limits: TurnLimits): number {
  const [first] = operations;
  if (!first) return 0;
  let taken = 0;
  if (first.kind === "change") {
    for (const operation of operations) {
      if (operation.kind !== "change" || turn.changes.length >= limits.changes) break;
      turn.changes.push(operation);
      taken += 1;
    }
    return taken;
  }
  const ids = new Set<MessageId>();
  for (const operation of operations) {
    if (operation.kind !== "send" || turn.sends.length >= limits.sends) break;
    const { id, parentId } = operation.request;
    if (ids.has(id) || (parentId && ids.has(parentId))) break;
    ids.add(id);
    turn.sends.push(operation);
    taken += 1;
  }
  return taken;
}
