import type { Cache, CacheHost, Kept, OpenCache, Standing } from "../store/kept.ts";
import type { ConversationState } from "../store/state.ts";
import { liveWindow } from "../store/windows.ts";
import { openCacheDatabase, type CacheBatch, type CacheContent, type CacheDatabase } from "./database.ts";
import { fromRecords, toRecords, type CacheRecord, type RecordLimits } from "./records.ts";
import { createShelf, type Shelf } from "./shelf.ts";

/** How much a cache keeps, and where. */
export interface CacheOptions {
  /** Newest messages kept of each conversation. Default 200. */
  readonly messages?: number;
  /** Conversations kept, those with the newest activity. Default 500. */
  readonly conversations?: number;
  /** Characters kept in all, about. Beyond it, conversations lose their messages, that with the oldest activity first. Default 8,000,000. */
  readonly size?: number;
  /** Default: the platform's. Where there is none, nothing is kept. */
  readonly indexedDB?: IDBFactory;
}

/** Of one conversation's messages. */
const WINDOW_CHARS = 500_000;
/** A start does not wait longer for a database that does not answer. */
const OPEN_MS = 5_000;
/** Soon, since a page may be gone at any moment, but not for each of many changes. */
const FIRST_WRITE_MS = 200;
const NEXT_WRITE_MS = 1_000;
/** Failures in a row after which nothing is kept any more. */
const MAX_FAILURES = 3;

/**
 * Keeps conversations and their newest messages in IndexedDB, so that the next start shows them at once, also without a
 * network, and then asks only for what has changed. Give what it answers to `connect` as `cache`.
 *
 * It is kept for each service and account apart, in the clear, until `parley.clearCache()`. Tabs share it. Where the
 * browser keeps nothing (a private window, a full disk), everything works as without it.
 */
export function createCache(options: CacheOptions = {}): Cache {
  return (name, host) => {
    const factory = options.indexedDB ?? (typeof indexedDB === "undefined" ? undefined : indexedDB);
    const limits = { messages: options.messages ?? 200, windowChars: WINDOW_CHARS };
    const shelf = createShelf({ conversations: options.conversations ?? 500, chars: options.size ?? 8_000_000 });
    return factory ? useDatabase({ name, host, factory, limits, shelf }) : NOTHING;
  };
}

const NOTHING: OpenCache = {
  kept: Promise.resolve(undefined),
  clear: () => Promise.resolve(),
  close: () => undefined,
};

interface Use {
  readonly name: string;
  readonly host: CacheHost;
  readonly factory: IDBFactory;
  readonly limits: RecordLimits;
  readonly shelf: Shelf;
}

function useDatabase({ name, host, factory, limits, shelf }: Use): OpenCache {
  const dirty = new Map<string, ConversationState>();
  const written = new Map<string, readonly unknown[]>();
  let database: CacheDatabase | undefined;
  let generation = "";
  let failures = 0;
  let writtenAt = -Infinity;
  let isOver = false;
  let cancelWrite: (() => void) | undefined;
  let writing = Promise.resolve();

  const kept = inTime(host, open()).then((content) => {
    // Later, it would come over what is known by then.
    if (!content) end();
    return content && takeOver(content);
  });

  async function open(): Promise<CacheContent> {
    const opened = await openCacheDatabase(name, factory);
    if (isOver) opened.close();
    else database = opened;
    const content = await opened.load();
    ({ generation } = content);
    return content;
  }

  function takeOver({ meta, heads, windows }: CacheContent): Kept | undefined {
    const windowOf = new Map(windows.map((record) => [record.id, record]));
    const states: ConversationState[] = [];
    for (const head of heads) {
      const window = windowOf.get(head.id);
      const state = fromRecords(head, window);
      if (!state) continue;
      states.push(state);
      written.set(state.id, partsOf(state));
      shelf.put({ id: head.id, head, window });
    }
    return meta && states.length > 0 ? { userId: meta.userId, epoch: meta.epoch, states } : undefined;
  }

  function plan(): void {
    if (isOver) return;
    const soonest = Math.max(host.clock.now() + FIRST_WRITE_MS, writtenAt + NEXT_WRITE_MS);
    cancelWrite ??= host.clock.after(soonest - host.clock.now(), flush);
  }

  function flush(): void {
    cancelWrite?.();
    cancelWrite = undefined;
    if (dirty.size === 0) return;
    writtenAt = host.clock.now();
    const standing = host.standing();
    if (!standing) {
      plan();
      return;
    }
    const states = [...dirty.values()];
    dirty.clear();
    const mayReplace = host.isOnline();
    writing = writing.then(() => write(states, standing, mayReplace)).catch(onFailure);
  }

  async function write(states: readonly ConversationState[], standing: Standing, mayReplace: boolean): Promise<void> {
    if (isOver || !database) return;
    try {
      const outcome = await database.write({ generation, ...standing }, toBatch(states), mayReplace);
      if (outcome === "stale") end();
      else if (outcome === "foreign") putBack(states);
      else for (const state of states) written.set(state.id, partsOf(state));
      failures = 0;
    } catch (error) {
      putBack(states);
      throw error;
    }
  }

  function putBack(states: readonly ConversationState[]): void {
    for (const state of states) if (!dirty.has(state.id)) dirty.set(state.id, state);
  }

  function toBatch(states: readonly ConversationState[]): CacheBatch {
    const heads: CacheRecord[] = [];
    const windows: CacheRecord[] = [];
    const removedHeads: string[] = [];
    const removedWindows: string[] = [];
    for (const state of states) {
      const { id } = state;
      const records = toRecords(state, limits);
      if (state.gone) {
        removedHeads.push(id);
        removedWindows.push(id);
        shelf.drop(id);
      }
      if (!records) continue;
      heads.push(records.head);
      if (records.window) windows.push(records.window);
      else if (shelf.hasWindow(id)) {
        // It was dropped here: what was seen before may not be seen any more.
        removedWindows.push(id);
        shelf.dropWindow(id);
      }
      shelf.put(records);
    }
    const tooMuch = shelf.overflow();
    const goneHeads = new Set([...removedHeads, ...tooMuch.heads]);
    const goneWindows = new Set([...removedWindows, ...tooMuch.windows]);
    return {
      heads: heads.filter(({ id }) => !goneHeads.has(id)),
      windows: windows.filter(({ id }) => !goneWindows.has(id)),
      removedHeads: [...goneHeads],
      removedWindows: [...goneWindows],
    };
  }

  function onFailure(error: unknown): void {
    failures += 1;
    if (error instanceof DOMException && error.name === "QuotaExceededError") shelf.shrink();
    if (failures >= MAX_FAILURES) end();
    else plan();
  }

  function end(): void {
    isOver = true;
    stopWatching();
    stopHiding();
    cancelWrite?.();
    database?.close();
  }

  const stopWatching = host.changed.subscribe(({ cell: { value } }) => {
    const before = written.get(value.id);
    const parts = partsOf(value);
    if (!value.gone && before?.every((part, index) => part === parts[index])) return;
    dirty.set(value.id, value);
    plan();
  });
  const stopHiding = onHidden(flush);

  return {
    kept,
    async clear() {
      await kept;
      // Opened anew where it did not open before, or not in time: what is there has to go.
      const ours = isOver ? await openCacheDatabase(name, factory) : database;
      database = undefined;
      end();
      await writing;
      try {
        await ours?.clear();
      } finally {
        ours?.close();
      }
    },
    close() {
      flush();
      void writing.then(end);
    },
  };
}

/** What of a state is kept: where it is the same, nothing is to be written. */
function partsOf({ version, conversation, marks, tail, windows }: ConversationState): readonly unknown[] {
  return [version, conversation, marks, tail, liveWindow(windows)];
}

/** What fails or takes too long is undefined. */
function inTime<T>(host: CacheHost, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const cancel = host.clock.after(OPEN_MS, () => resolve(undefined));
    const settle = (value: T | undefined): void => {
      cancel();
      resolve(value);
    };
    work.then(settle, () => settle(undefined));
  });
}

/** Calls back when the page leaves the screen, which may be the last that it can do. */
function onHidden(listener: () => void): () => void {
  const { document } = globalThis as Partial<typeof globalThis>;
  if (!document) return () => undefined;
  const onChange = (): void => {
    if (document.visibilityState === "hidden") listener();
  };
  document.addEventListener("visibilitychange", onChange);
  return () => document.removeEventListener("visibilitychange", onChange);
}
