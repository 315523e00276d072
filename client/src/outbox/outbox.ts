import type { ErrorCode, Message } from "@parley/protocol";
import { createBackOff } from "../back-off.ts";
import type { Clock } from "../clock.ts";
import { isPassing, ParleyError } from "../errors.ts";
import { createCell, type Observable } from "../observable.ts";
import { uuidv7 } from "../uuid.ts";
import {
  type Destination,
  type Draft,
  inOrder,
  laneOf,
  type OutboxEntry,
  type Outgoing,
  type OutgoingState,
} from "./entry.ts";
import type { OutboxLock } from "./lock.ts";
import type { OutboxStorage } from "./storage.ts";

export interface OutboxDeps {
  /** Resolves once it is known whose outbox it is. */
  readonly storage: Promise<OutboxStorage>;
  readonly lock: OutboxLock;
  /** Asked once the storage is there. */
  readonly lockName: () => string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Whether sending makes sense now. */
  readonly isOnline: () => boolean;
  /** Resolves with the stored message, or with nothing where it was scheduled; rejects with a `ParleyError`. */
  readonly send: (entry: OutboxEntry) => Promise<Message | undefined>;
  readonly onSent: (entry: OutboxEntry, message: Message | undefined) => void;
}

export interface Outbox {
  /** Everything on its way, and what failed, in the order of sending. */
  readonly entries: Observable<readonly Outgoing[]>;
  /** Resolves once the entry is kept; it is in `entries` at once. Rejects where it cannot be kept. */
  add(to: Destination, draft: Draft): { readonly outgoing: Outgoing; readonly kept: Promise<void> };
  /** Sends a failed one again, in its old place; of others, nothing happens. Resolves once that is kept. */
  retry(id: string): Promise<void>;
  /** Lets go of one that is not being sent. Answers whether it did. */
  discard(id: string): Promise<boolean>;
  /** The message is seen in its conversation: nothing is to be shown or sent any more. */
  arrived(id: string): void;
  /** The connection is there: send what is to be sent. */
  wake(): void;
  close(): void;
}

/** The outbox: what is said here stays until the service has it, in order within each conversation, always under the same id. */
export function createOutbox(deps: OutboxDeps): Outbox {
  const { clock } = deps;
  const entries = createCell<readonly Outgoing[]>([]);
  const kept = new Map<string, OutboxEntry>();
  const sent = new Map<string, Message>();
  /** Being written, or put back by hand: what the storage says of them is older. */
  const unsettled = new Map<string, number>();
  const busy = new Set<string>();
  const sending = new Set<string>();
  const pauses = new Map<string, () => void>();
  const backOffs = new Map<string, ReturnType<typeof createBackOff>>();
  const ending = new AbortController();
  /** Said before it was known what an earlier life has left. */
  let early: string[] | undefined = [];
  let storage: OutboxStorage | undefined;
  let isLeader = false;
  let lastAt = 0;

  const publish = (): void => entries.set(inOrder(kept.values()).map((entry) => present(entry)));

  function present(entry: OutboxEntry): Outgoing {
    const message = sent.get(entry.id);
    const state: OutgoingState = message
      ? "sent"
      : entry.reason
        ? "failed"
        : sending.has(entry.id)
          ? "sending"
          : "queued";
    return { ...entry, state, ...(message ? { message } : {}) };
  }

  async function start(): Promise<void> {
    storage = await deps.storage;
    if (ending.signal.aborted) return;
    storage.onChange(() => void reload());
    await reload();
    await deps.lock.hold(deps.lockName(), ending.signal, async () => {
      if (ending.signal.aborted) return;
      isLeader = true;
      await reload();
      await new Promise<void>((resolve) => ending.signal.addEventListener("abort", () => resolve(), { once: true }));
      isLeader = false;
    });
  }

  /** Takes over what the storage has: of an earlier life, or of another tab. */
  async function reload(): Promise<void> {
    const before = new Set(unsettled.keys());
    const rows = await storage?.load();
    if (!rows || ending.signal.aborted) return;
    const stored = new Map(rows.map((row) => [row.id, row]));
    const isMine = (id: string): boolean => before.has(id) || unsettled.has(id) || sending.has(id) || sent.has(id);
    for (const id of kept.keys()) if (!stored.has(id) && !isMine(id)) kept.delete(id);
    for (const [id, row] of stored) if (!isMine(id)) kept.set(id, row);
    // Clocks go backwards; the order of sending does not.
    lastAt = Math.max(lastAt, ...rows.map(({ at }) => at));
    if (early) putBehind(rows, early);
    publish();
    run();
  }

  /** What was said in this life comes after all that was said in an earlier one. */
  function putBehind(rows: readonly OutboxEntry[], ids: readonly string[]): void {
    early = undefined;
    const latest = Math.max(0, ...rows.filter(({ id }) => !ids.includes(id)).map(({ at }) => at));
    for (const id of ids) {
      const entry = kept.get(id);
      if (!entry || entry.at > latest) continue;
      lastAt += 1;
      const moved = { ...entry, at: lastAt };
      kept.set(id, moved);
      void write(id, (store) => store.put(moved)).catch(() => undefined);
    }
  }

  async function write(id: string, work: (storage: OutboxStorage) => Promise<void>): Promise<void> {
    unsettled.set(id, (unsettled.get(id) ?? 0) + 1);
    try {
      await work(await deps.storage);
    } finally {
      const left = (unsettled.get(id) ?? 1) - 1;
      if (left > 0) unsettled.set(id, left);
      else unsettled.delete(id);
    }
  }

  /** Starts what may be sent: the first of each lane. */
  function run(): void {
    if (!isLeader || !deps.isOnline() || ending.signal.aborted) return;
    const blocked = new Set<string>();
    for (const entry of inOrder(kept.values())) {
      const lane = laneOf(entry);
      if (entry.reason || sent.has(entry.id) || blocked.has(lane)) continue;
      blocked.add(lane);
      // It is sent only once it is kept: else a crash could forget what was said, and the user would say it again.
      if (unsettled.has(entry.id)) continue;
      if (!busy.has(lane) && !pauses.has(lane)) void attempt(lane, entry);
    }
  }

  async function attempt(lane: string, entry: OutboxEntry): Promise<void> {
    busy.add(lane);
    sending.add(entry.id);
    publish();
    try {
      const message = await deps.send(entry);
      backOffs.delete(lane);
      settle(entry, message);
    } catch (error) {
      if (isPassing(error)) pause(lane, error as ParleyError);
      else fail(entry, error);
    } finally {
      busy.delete(lane);
      sending.delete(entry.id);
      publish();
      run();
    }
  }

  function settle(entry: OutboxEntry, message: Message | undefined): void {
    if (!message) kept.delete(entry.id);
    else if (kept.has(entry.id)) sent.set(entry.id, message);
    publish();
    deps.onSent(entry, message);
    void write(entry.id, (store) => store.remove(entry.id)).catch(() => undefined);
  }

  function fail(entry: OutboxEntry, error: unknown): void {
    const reason =
      error instanceof ParleyError
        ? { code: error.code as ErrorCode, message: error.message }
        : { code: "internal" as const, message: String(error) };
    const failed = { ...entry, reason };
    if (kept.has(entry.id)) kept.set(entry.id, failed);
    void write(entry.id, (store) => store.put(failed)).catch(() => undefined);
  }

  /** A limit, an overload or a lost connection: the lane waits, so that nothing overtakes. */
  function pause(lane: string, error: ParleyError): void {
    if (ending.signal.aborted || error.code === "closed") return;
    const backOff = backOffs.get(lane) ?? createBackOff(deps.random);
    backOffs.set(lane, backOff);
    // A new connection wakes it anyway.
    const ms = Math.max((error.retryAfterSeconds ?? 0) * 1_000, backOff.next());
    pauses.set(
      lane,
      clock.after(ms, () => {
        pauses.delete(lane);
        run();
      }),
    );
  }

  // Where nothing can be kept (a private window, a full disk) it is still sent, while this lives.
  start().catch(() => {
    isLeader = !ending.signal.aborted;
    run();
  });

  return {
    entries,
    add(to, draft) {
      lastAt = Math.max(clock.now(), lastAt + 1);
      const entry: OutboxEntry = { id: uuidv7(lastAt), to, draft, at: lastAt };
      kept.set(entry.id, entry);
      early?.push(entry.id);
      const writing = write(entry.id, (store) => store.put(entry));
      writing.then(run, run);
      publish();
      return { outgoing: present(entry), kept: writing };
    },
    async retry(id) {
      const entry = kept.get(id);
      if (!entry?.reason) return;
      const { reason: _, ...again } = entry;
      kept.set(id, again);
      publish();
      await write(id, (store) => store.put(again));
      run();
    },
    async discard(id) {
      const entry = kept.get(id);
      if (!entry || sending.has(id) || sent.has(id)) return false;
      kept.delete(id);
      publish();
      await write(id, (store) => store.remove(id));
      return true;
    },
    arrived(id) {
      if (!kept.delete(id)) return;
      sent.delete(id);
      publish();
      void write(id, (store) => store.remove(id)).catch(() => undefined);
    },
    wake() {
      for (const [lane, cancel] of pauses) {
        cancel();
        pauses.delete(lane);
      }
      run();
    },
    close() {
      ending.abort();
      for (const cancel of pauses.values()) cancel();
      void deps.storage.then(
        (opened) => opened.close(),
        () => undefined,
      );
    },
  };
}
