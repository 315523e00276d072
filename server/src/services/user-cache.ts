import { LRUCache } from "lru-cache";
import type { UserId } from "../domain/ids.ts";
import type { Reader } from "../store/database.ts";
import { findUsers, type UserRow } from "../store/users.ts";
import { Gathering } from "./gathering.ts";

/** A row is used no longer than this: how late another node's change of a user is noticed at most. */
const FRESH_MS = 5_000;
/** A row asked for after this is read again behind the asker's back, so that nobody waits for users who are active. */
const REFRESH_MS = 2_000;
/** How often rows that are too old are let go. */
const SWEEP_MS = 2_000;
const CAPACITY = 50_000;
const BATCH = 500;
/** Statements under way at once; what is asked for meanwhile is gathered for the next. */
const MAX_READINGS = 2;

/** Users as last read, for what asks about the same people again and again: authentication and the senders of messages. */
export interface UserCache {
  /** From memory alone; undefined where that takes asking. */
  peek(id: UserId): UserRow | undefined;
  get(id: UserId): Promise<UserRow | undefined>;
  /** Unknown ids are left out. */
  many(ids: readonly UserId[]): Promise<Map<UserId, UserRow>>;
  /** What this node has just written is what it reads from now on. */
  put(row: UserRow): void;
  forget(id: UserId): void;
}

interface Entry {
  readonly row: UserRow;
  readonly loadedAt: number;
}

export function createUserCache(deps: { db: Reader; now?: () => number }): UserCache {
  const now = deps.now ?? (() => performance.now());
  const entries = new LRUCache<UserId, Entry>({ max: CAPACITY });
  const loading = new Map<UserId, Promise<UserRow | undefined>>();
  const lookups = new Gathering<UserId, UserRow | undefined>({
    width: MAX_READINGS,
    maxWaiting: Number.POSITIVE_INFINITY,
    maxWeight: BATCH,
    weigh: () => 1,
    async serve(ids) {
      const rows = new Map((await findUsers(deps.db, ids)).map((row) => [row.id, row]));
      return ids.map((id) => rows.get(id));
    },
  });
  let sweeping: NodeJS.Timeout | undefined;

  function keep(id: UserId, entry: Entry): void {
    entries.set(id, entry);
    sweepSoon();
  }

  /** What is too old to be used is let go: of ten thousand people who came together, most say nothing for hours. */
  function sweepSoon(): void {
    sweeping ??= setTimeout(() => {
      sweeping = undefined;
      const oldest = now() - FRESH_MS;
      const old = [...entries.entries()].filter(([, { loadedAt }]) => loadedAt <= oldest);
      for (const [id] of old) entries.delete(id);
      if (entries.size > 0) sweepSoon();
    }, SWEEP_MS).unref();
  }

  function peek(id: UserId): UserRow | undefined {
    const entry = entries.get(id);
    if (entry === undefined) return undefined;
    const age = now() - entry.loadedAt;
    if (age >= FRESH_MS) return undefined;
    // Should it fail, the row becomes too old and the next one who asks hears of it.
    if (age >= REFRESH_MS) read(id).catch(() => undefined);
    return entry.row;
  }

  function read(id: UserId): Promise<UserRow | undefined> {
    const running = loading.get(id);
    if (running) return running;
    const loadedAt = now();
    const reading = lookups
      .ask(id)
      .then((row) => {
        // Whoever wrote meanwhile has taken this reading out of the map: what it brings is from before.
        if (loading.get(id) !== reading) return entries.get(id)?.row ?? row;
        if (row) keep(id, { row, loadedAt });
        else entries.delete(id);
        return row;
      })
      .finally(() => {
        if (loading.get(id) === reading) loading.delete(id);
      });
    loading.set(id, reading);
    return reading;
  }

  return {
    peek,
    async get(id) {
      return peek(id) ?? (await read(id));
    },
    async many(ids) {
      const found = new Map<UserId, UserRow>();
      const missing: UserId[] = [];
      for (const id of ids) {
        const row = peek(id);
        if (row) found.set(id, row);
        else missing.push(id);
      }
      for (const row of await Promise.all(missing.map(read))) if (row) found.set(row.id, row);
      return found;
    },
    put(row) {
      loading.delete(row.id);
      keep(row.id, { row, loadedAt: now() });
    },
    forget(id) {
      loading.delete(id);
      entries.delete(id);
    },
  };
}
