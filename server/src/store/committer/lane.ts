import { ParleyError } from "@parley/protocol";
import type { ConversationId } from "../../domain/ids.ts";
import type { CommittedChange } from "../changes.ts";
import type { Database, DedicatedConnection } from "../database.ts";
import { isConflict, isConnectionLoss, isCutShort, isDuplicateKey } from "../postgres/errors.ts";
import { commitChanges } from "./commit-changes.ts";
import { commitSends, sentChange, warmUp, type SupportQuota } from "./commit-sends.ts";
import type { SendOutcome } from "./operations.ts";
import { LaneQueue, type ChangeOperation, type Operation, type SendOperation } from "./lane-queue.ts";

/** Changes in one transaction: each takes several round trips, and all heads stay locked until the last is done. */
const MAX_CHANGES = 32;
const LONGEST_RECONNECT_MS = 1_000;

export interface LaneOptions {
  readonly database: Database;
  /** Messages in one statement. */
  readonly maxBatch: number;
  /** An operation that could not be committed for this long is refused with `overloaded`. */
  readonly maxWaitMs: number;
  /** A statement of a batch that takes longer is given up, and tried again while its operations may wait. */
  readonly statementMs: number;
  readonly quota: SupportQuota | null;
  /** Called after each commit, before its callers are answered. Must not throw. */
  readonly onCommitted: (changes: CommittedChange[]) => void;
  /** One call a batch, for metrics: how many were written and how long the statement took. */
  readonly onBatch: (size: number, milliseconds: number) => void;
  readonly onTrouble: (error: unknown, message: string) => void;
}

/**
 * One of the committer's lanes: a queue, a connection and a loop that writes whatever gathered while the previous
 * transaction was in flight. An operation leaves the lane only answered or refused.
 */
export class Lane {
  readonly queue = new LaneQueue();
  readonly #options: LaneOptions;
  #connection: DedicatedConnection | undefined;
  #wake: { readonly by: "push" | "close"; readonly now: () => void } | undefined;
  #closing = false;
  readonly #done: Promise<void>;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  push(operation: Operation): void {
    this.queue.push(operation);
    if (this.#wake?.by === "push") this.#wake.now();
  }

  /** Commits what is queued, then ends. What cannot be committed because the database is away is refused. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#wake?.now();
    await this.#done;
    await this.#connection?.close();
  }

  async #run(): Promise<void> {
    let failures = 0;
    // Before there is anything to write, so that the first message does not wait for it.
    await this.#connected();
    for (;;) {
      const turn = this.queue.take({ sends: this.#options.maxBatch, changes: MAX_CHANGES }, performance.now());
      const sends = turn.sends.filter((operation) => !this.#refuseExpired(operation));
      const changes = turn.changes.filter((operation) => !this.#refuseExpired(operation));
      if (sends.length === 0 && changes.length === 0) {
        if (this.#closing && this.queue.size === 0) return;
        if (turn.sends.length + turn.changes.length === 0) await this.#sleep(this.queue.delay(performance.now()));
        continue;
      }
      const connection = await this.#connected();
      if (!connection) {
        this.#putBack([...sends, ...changes]);
        this.#refuseHopeless();
        failures += 1;
        // Not to be woken by what is pushed meanwhile: the database would be asked for a connection at every send.
        if (!this.#closing) await this.#sleep(Math.min(LONGEST_RECONNECT_MS, 20 * 2 ** failures), "close");
        continue;
      }
      failures = 0;
      // Of different conversations, so their order means nothing.
      if (sends.length > 0) this.#settle(connection, sends, await this.#send(connection, sends, turn.wait));
      if (changes.length > 0) this.#settle(connection, changes, await this.#change(connection, changes, turn.wait));
    }
  }

  async #connected(): Promise<DedicatedConnection | undefined> {
    if (this.#connection && !this.#connection.lost.aborted) return this.#connection;
    let connection: DedicatedConnection | undefined;
    try {
      connection = await this.#options.database.connect({ statementMs: this.#options.statementMs });
      // The batch is planned once, maybe while tables are empty: only lookups by index stay linear as they grow.
      await connection.execute({
        text: `SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;
               SET plan_cache_mode = force_generic_plan; SET lock_timeout = '200ms'`,
      });
      await warmUp(connection);
      this.#connection = connection;
    } catch (error) {
      this.#options.onTrouble(error, "the committer has no database connection");
      await connection?.close().catch(() => undefined);
      this.#connection = undefined;
    }
    return this.#connection;
  }

  /** Answers what was decided; returns, in order, the operations that have to be tried again. */
  async #send(
    connection: DedicatedConnection,
    operations: readonly SendOperation[],
    wait: boolean,
  ): Promise<readonly SendOperation[]> {
    const started = performance.now();
    let outcomes: Awaited<ReturnType<typeof commitSends>>;
    try {
      outcomes = await commitSends(
        connection,
        operations.map((operation) => operation.request),
        { wait, quota: this.#options.quota },
      );
    } catch (error) {
      return await this.#sendFailed(connection, operations, error);
    }
    this.#options.onBatch(operations.length, performance.now() - started);
    this.#tell(
      outcomes.flatMap((outcome) =>
        outcome !== "busy" && outcome.outcome === "sent" ? [sentChange(outcome.message, outcome.thread)] : [],
      ),
    );
    const busy: SendOperation[] = [];
    for (const [index, outcome] of outcomes.entries()) {
      const operation = operations[index] as SendOperation;
      if (outcome === "busy") busy.push(operation);
      else answer(operation, () => operation.resolve(ofOperation(outcome, operation)));
    }
    return busy;
  }

  /** The whole batch was rolled back. One bad message must not hurt its neighbours: by conversation, then singly. */
  async #sendFailed(
    connection: DedicatedConnection,
    operations: readonly SendOperation[],
    error: unknown,
  ): Promise<readonly SendOperation[]> {
    if (isConnectionLoss(error) || connection.lost.aborted) {
      for (const operation of operations) operation.maybeCommitted = true;
      return operations;
    }
    if (isConflict(error) || isCutShort(error)) return operations;
    const [only] = operations;
    if (only && operations.length === 1) {
      // The same id was just written by another lane or node: next time it is found.
      if (isDuplicateKey(error, "messages_id")) return operations;
      answer(only, () => only.reject(error));
      return [];
    }
    const groups = byConversation(operations).map(([, group]) => group);
    return groups.length > 1
      ? await this.#sendApart(connection, groups)
      : await this.#sendSingly(connection, operations);
  }

  async #sendApart(connection: DedicatedConnection, groups: readonly SendOperation[][]): Promise<SendOperation[]> {
    const left: SendOperation[] = [];
    for (const group of groups)
      left.push(...(connection.lost.aborted ? group : await this.#send(connection, group, false)));
    return left;
  }

  /** In order: once one has to be tried again, those behind it must not overtake it. */
  async #sendSingly(connection: DedicatedConnection, operations: readonly SendOperation[]): Promise<SendOperation[]> {
    const left: SendOperation[] = [];
    for (const operation of operations)
      left.push(...(left.length > 0 ? [operation] : await this.#send(connection, [operation], false)));
    return left;
  }

  async #change(
    connection: DedicatedConnection,
    operations: readonly ChangeOperation[],
    wait: boolean,
  ): Promise<ChangeOperation[]> {
    const result = await commitChanges(connection, operations, wait);
    this.#tell(result.changes);
    for (const [operation, settle] of result.settled) answer(operation, () => settle(operation));
    return operations.filter((operation) => !answered.has(operation));
  }

  #tell(changes: CommittedChange[]): void {
    if (changes.length === 0) return;
    try {
      this.#options.onCommitted(changes);
    } catch (error) {
      // They are committed: their callers must learn that, whatever the listener does. The log still has them.
      this.#options.onTrouble(error, "committed changes could not be told");
    }
  }

  /** After a turn: what has to be tried again goes back, a little later where somebody else was in the way. */
  #settle(connection: DedicatedConnection, operations: readonly Operation[], left: readonly Operation[]): void {
    const heldUp = new Set(left.map((operation) => operation.conversationId));
    for (const { conversationId } of operations) if (!heldUp.has(conversationId)) this.queue.settled(conversationId);
    this.#putBack(left);
    if (connection.lost.aborted) return;
    for (const id of heldUp) if (this.queue.has(id)) this.queue.contend(id, performance.now());
  }

  #putBack(operations: readonly Operation[]): void {
    for (const [id, group] of byConversation(operations)) {
      this.queue.putBack(group.filter((operation) => !this.#refuseExpired(operation)));
      if (!this.queue.has(id)) this.queue.settled(id);
    }
  }

  #refuseExpired(operation: Operation): boolean {
    if (performance.now() - operation.enqueuedAt <= this.#options.maxWaitMs) return false;
    answer(operation, () => operation.reject(tookTooLong()));
    return true;
  }

  /** Without a database: what has waited too long, or everything when the node is about to end. */
  #refuseHopeless(): void {
    const hopeless = this.queue.expire(
      this.#closing ? Number.POSITIVE_INFINITY : performance.now() - this.#options.maxWaitMs,
    );
    for (const operation of hopeless) answer(operation, () => operation.reject(tookTooLong()));
  }

  /** Until the time is over (without one: for ever), the lane closes or, unless only closing may wake it, something is pushed. */
  #sleep(milliseconds: number | undefined, by: "push" | "close" = "push"): Promise<void> {
    return new Promise((resolve) => {
      const now = (): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = milliseconds === undefined ? undefined : setTimeout(now, milliseconds);
      this.#wake = { by, now };
    });
  }
}

/** Operations that have been resolved or rejected: each is answered exactly once. */
const answered = new WeakSet<Operation>();

function answer(operation: Operation, settle: () => void): void {
  if (answered.has(operation)) throw new Error("an operation of the committer was answered twice");
  answered.add(operation);
  settle();
}

function ofOperation(outcome: SendOutcome, operation: SendOperation): SendOutcome {
  return outcome.outcome === "duplicate" ? { ...outcome, own: operation.maybeCommitted } : outcome;
}

function byConversation<O extends Operation>(operations: readonly O[]): [ConversationId, O[]][] {
  const groups = new Map<ConversationId, O[]>();
  for (const operation of operations) {
    const group = groups.get(operation.conversationId);
    if (group) group.push(operation);
    else groups.set(operation.conversationId, [operation]);
  }
  return [...groups];
}

function tookTooLong(): ParleyError {
  return new ParleyError("overloaded", {
    detail: "The write waited too long for the database. Send it again with the same id.",
    retryAfterSeconds: 2,
  });
}
