import type { Change } from "../store/changes.ts";
import { countUnread, lockCursor, lookAhead, moveCursor, readLog, type LogPage } from "../store/change-log.ts";
import type { Reader, Transactor, Writer } from "../store/database.ts";
import { runLoop, type Loop } from "./loop.ts";

/** A background reader of the change log with its own cursor (DESIGN 2.11). */
export interface Follower {
  /** Name of its cursor, for ever. */
  readonly name: string;
  /** Changes it is given at once; a larger transaction comes whole. Default 500. */
  readonly pageSize?: number;
  /** Nobody would notice that a page was done twice, so its commit need not wait for the disk, which messages want. Default false. */
  readonly isRepeatable?: boolean;
  /**
   * Does what follows from the changes, in the transaction that advances the cursor: rows and jobs, nothing outside of
   * PostgreSQL. Sorted by conversation and version. May be called again with the same changes after a failure, and with fewer of
   * them. Answers what is left to do once it is committed: hints to those who watch live, which must not throw.
   */
  handle(tx: Writer, changes: readonly Change[]): Promise<(() => void) | undefined>;
}

export interface FollowerRunner extends Loop {
  /** Everything that was committed before the call has been handled when this resolves. For tests and for draining. */
  idle(): Promise<void>;
}

export interface FollowerDeps {
  readonly database: Reader & Transactor;
  readonly onTrouble: (error: unknown, message: string) => void;
  /** How many changes the follower has not read, counted up to a thousand; told about once a second. */
  readonly onLag?: (follower: string, changes: number) => void;
  /**
   * Pages are begun at most this often, so that many small commits are read together: what follows is written at once while it is
   * quiet, and this much later at most while it is not. Default 200 ms.
   */
  readonly paceMs?: number;
}

/** Without a hint. */
const IDLE_MS = 500;
/** While an older transaction still runs and holds back what is there. */
const HELD_MS = 20;
const LONGEST_REST_MS = 100;
const LAG_EVERY_MS = 1_000;
const LAG_LIMIT = 1_000;

/**
 * Runs a follower until it is disposed: page by page while there is something, then at a hint, at the latest every half second. Any
 * number of nodes may run the same one: its cursor is locked while a page is handled, and the others pass.
 *
 * A page that fails is tried again after a growing pause, and halved each time, so that in the end only the transaction that is at
 * fault stands still. It is never passed over: the lag shows it.
 */
export function runFollower(deps: FollowerDeps, follower: Follower): FollowerRunner {
  const { database } = deps;
  const largest = follower.pageSize ?? 500;
  let limit = largest;
  let lagAt = 0;

  const loop = runLoop({
    name: `follower ${follower.name}`,
    paceMs: deps.paceMs ?? 200,
    onTrouble: deps.onTrouble,
    async round(signal) {
      await tellLag();
      const state = await lookAhead(database, follower.name);
      if (state === "nothing") return IDLE_MS;
      if (state === "held") return HELD_MS;
      return await handlePages(signal);
    },
  });

  async function handlePages(signal: AbortSignal): Promise<number> {
    for (;;) {
      const began = performance.now();
      let page: LogPage | undefined;
      try {
        await handlePage(database, follower, limit, (read) => {
          page = read;
        });
      } catch (error) {
        limit = Math.max(1, Math.floor(Math.min(limit, page?.changes.length ?? limit) / 2));
        throw error;
      }
      // Nothing, though there was something: another node is at it.
      if (!page) return IDLE_MS / 2;
      limit = Math.min(largest, limit * 2);
      if (page.isLast || signal.aborted) return 0;
      await tellLag();
      // Who is far behind works half of the time: sends need the database too.
      await rest(performance.now() - began);
    }
  }

  async function tellLag(): Promise<void> {
    if (!deps.onLag || performance.now() - lagAt < LAG_EVERY_MS) return;
    lagAt = performance.now();
    deps.onLag(follower.name, await countUnread(database, follower.name, LAG_LIMIT));
  }

  return {
    ...loop,
    async idle() {
      for (;;) {
        loop.wake();
        if (await isCaughtUp(database, follower.name)) return;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}

function rest(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.min(LONGEST_REST_MS, milliseconds));
  });
}

async function handlePage(
  database: Transactor,
  follower: Follower,
  limit: number,
  onPage: (page: LogPage | undefined) => void,
): Promise<void> {
  const committed = await database.transaction(async (tx) => {
    const cursor = await lockCursor(tx, follower.name, follower.isRepeatable);
    const page = cursor === undefined ? undefined : await readLog(tx, cursor, limit);
    onPage(page);
    if (!page) return undefined;
    const hint = await follower.handle(tx, page.changes);
    await moveCursor(tx, follower.name, page.nextXid);
    return hint;
  });
  committed?.();
}

/** Nothing is beyond the cursor, and nobody is at work on what was. */
async function isCaughtUp(database: Reader & Transactor, name: string): Promise<boolean> {
  if ((await lookAhead(database, name)) !== "nothing") return false;
  return await database.transaction(async (tx) => {
    const cursor = await lockCursor(tx, name);
    return cursor !== undefined && (await readLog(tx, cursor, 1)) === undefined;
  });
}
