import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import { runFollower, type Follower, type FollowerDeps, type FollowerRunner } from "../src/followers/follower.ts";
import { adoptLog } from "../src/store/change-log-origin.ts";
import type { Change } from "../src/store/changes.ts";
import type { Database, DedicatedConnection, Writer } from "../src/store/database.ts";
import { createTestDatabase, type TestDatabase } from "./harness/database.ts";
import { until } from "./harness/until.ts";

let store: TestDatabase;
let database: Database;
let running: AsyncDisposable[];

beforeEach(async () => {
  store = await createTestDatabase();
  database = store.open();
  running = [];
});
afterEach(async () => {
  for (const one of running.toReversed()) await one[Symbol.asyncDispose]();
  await store.close();
});

function start(follower: Follower, deps: Partial<FollowerDeps> = {}): FollowerRunner {
  const runner = runFollower({ database, onTrouble: () => undefined, paceMs: 0, ...deps }, follower);
  running.push(runner);
  return runner;
}

/** A follower that remembers what it was given, page by page. */
function recorder(name = `f-${randomUUID()}`): Follower & { pages: Change[][] } {
  const pages: Change[][] = [];
  return {
    name,
    pages,
    handle(_tx, changes) {
      pages.push([...changes]);
      return Promise.resolve(undefined);
    },
  };
}

async function log(tx: Writer, conversationId: string, ...versions: number[]): Promise<void> {
  for (const version of versions) {
    await tx.execute({
      text: `INSERT INTO changes (conversation_id, version, type, subject_id, actor_id, at)
             VALUES ($1, $2, 'message.created', gen_random_uuid(), gen_random_uuid(), now())`,
      values: [conversationId, version],
    });
  }
}

const commit = (conversationId: string, ...versions: number[]) =>
  database.transaction((tx) => log(tx, conversationId, ...versions));
const versions = (pages: Change[][], conversationId: string) =>
  pages
    .flat()
    .filter((change) => change.conversationId === conversationId)
    .map((change) => change.version);

/** A transaction of another connection that has written and not committed yet. */
async function openTransaction(): Promise<DedicatedConnection> {
  const connection = await database.connect();
  await connection.execute({ text: "BEGIN" });
  return connection;
}

describe("a follower", () => {
  test("is given every change once, in order, and goes on where it stopped", async () => {
    const [a, b] = [uuidv7(), uuidv7()];
    await commit(a, 1, 2);
    await commit(b, 1);
    const follower = recorder();
    const first = start(follower);
    await first.idle();
    await commit(a, 3);
    first.wake();
    await first.idle();
    await first[Symbol.asyncDispose]();
    await commit(a, 4);
    await start(follower).idle();
    expect(versions(follower.pages, a)).toEqual([1, 2, 3, 4]);
    expect(versions(follower.pages, b)).toEqual([1]);
  });

  test("does not miss a transaction that began before others and commits after them", async () => {
    const [slow, quick] = [uuidv7(), uuidv7()];
    const follower = recorder();
    const runner = start(follower);
    const other = await openTransaction();
    await log(other, slow, 1);
    await commit(quick, 1, 2);
    runner.wake();
    await new Promise((resolve) => setTimeout(resolve, 150));
    // Versions of `quick` are visible to everyone, but a lower transaction id may still come.
    expect(follower.pages).toEqual([]);
    await other.execute({ text: "COMMIT" });
    await runner.idle();
    expect(versions(follower.pages, slow)).toEqual([1]);
    expect(versions(follower.pages, quick)).toEqual([1, 2]);
  });

  test("goes on at once when the transaction that held it back is undone", async () => {
    const quick = uuidv7();
    const follower = recorder();
    const runner = start(follower);
    const other = await openTransaction();
    await log(other, uuidv7(), 1);
    await commit(quick, 1);
    runner.wake();
    await other.execute({ text: "ROLLBACK" });
    const started = performance.now();
    await until(() => follower.pages.length > 0);
    expect(performance.now() - started).toBeLessThan(400);
    expect(follower.pages.flat()).toHaveLength(1);
  });

  test("is at most a second behind without a hint", async () => {
    const follower = recorder();
    const runner = start(follower);
    await runner.idle();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const id = uuidv7();
    await commit(id, 1);
    const started = performance.now();
    await until(() => follower.pages.length > 0);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test("never has a transaction cut in two, even one that is larger than its page", async () => {
    const [a, b, c] = [uuidv7(), uuidv7(), uuidv7()];
    await commit(a, 1, 2, 3);
    await commit(b, 1, 2, 3, 4, 5, 6, 7);
    await commit(c, 1, 2);
    await commit(a, 4);
    const follower = { ...recorder(), pageSize: 4 };
    await start(follower).idle();
    expect(follower.pages.map((page) => page.map((change) => [change.conversationId, change.version]))).toEqual([
      [
        [a, 1],
        [a, 2],
        [a, 3],
      ],
      [b, b, b, b, b, b, b].map((id, index) => [id, index + 1]),
      [
        [a, 4],
        [c, 1],
        [c, 2],
      ],
    ]);
  });

  test("of two nodes works on one of them at a time, and neither doubles nor skips", async () => {
    const id = uuidv7();
    let atOnce = 0;
    const seen: number[] = [];
    const follower: Follower = {
      name: "shared",
      pageSize: 5,
      async handle(_tx, changes) {
        atOnce += 1;
        expect(atOnce).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 2));
        seen.push(...changes.map((change) => change.version));
        atOnce -= 1;
        return undefined;
      },
    };
    const nodes = [start(follower), start(follower, { database: store.open() })];
    for (let version = 1; version <= 60; version += 1) {
      await commit(id, version);
      nodes[version % 2]?.wake();
    }
    await Promise.all(nodes.map((node) => node.idle()));
    expect(seen).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
  });

  test("goes on where another node died in the middle of a page", async () => {
    const id = uuidv7();
    await commit(id, 1, 2);
    const dead = await openTransaction();
    await dead.execute({
      text: "INSERT INTO follower_cursors (name, next_xid) VALUES ('mortal', '0') ON CONFLICT DO NOTHING",
    });
    await dead.execute({ text: "COMMIT; BEGIN" });
    await dead.query({ text: "SELECT FROM follower_cursors WHERE name = 'mortal' FOR UPDATE" });
    const follower = recorder("mortal");
    const runner = start(follower);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(follower.pages).toEqual([]);
    await dead.close();
    await runner.idle();
    expect(versions(follower.pages, id)).toEqual([1, 2]);
  });
});

describe("a follower that fails", () => {
  test("writes nothing, tries the same changes again after a pause, and tells its trouble", async () => {
    const id = uuidv7();
    await commit(id, 1);
    const troubles: string[] = [];
    const attempts: number[] = [];
    const pages: Change[][] = [];
    const follower: Follower = {
      name: "stumbling",
      async handle(tx, changes) {
        attempts.push(performance.now());
        await tx.execute({ text: "INSERT INTO instance (key, value) VALUES ('stumbled', 'here')" });
        if (attempts.length < 3) throw new Error("not yet");
        pages.push([...changes]);
        return undefined;
      },
    };
    const runner = start(follower, { onTrouble: (_error, message) => troubles.push(message) });
    runner.wake();
    await runner.idle();
    expect(versions(pages, id)).toEqual([1]);
    expect(troubles).toEqual(Array.from({ length: 2 }, () => "follower stumbling failed; it tries again"));
    const pauses = attempts.slice(1).map((at, index) => at - (attempts[index] as number));
    expect(pauses[0]).toBeGreaterThan(90);
    expect(pauses[1]).toBeGreaterThan(190);
    expect(await database.query({ text: "SELECT FROM instance WHERE key = 'stumbled'" })).toHaveLength(1);
  });

  test("does what comes before the transaction at fault, and nothing beyond it", async () => {
    const id = uuidv7();
    for (let version = 1; version <= 8; version += 1) await commit(id, version);
    const done: number[] = [];
    const follower: Follower = {
      name: "poisoned",
      handle(_tx, changes) {
        const page = changes.map((change) => change.version);
        if (page.includes(6)) return Promise.reject(new Error("this one never works"));
        return Promise.resolve(() => void done.push(...page));
      },
    };
    const lags: number[] = [];
    start(follower, { onLag: (_name, changes) => void lags.push(changes) });
    await until(() => done.length === 5, 5_000);
    expect(done).toEqual([1, 2, 3, 4, 5]);
    await until(() => lags.includes(3));
  });

  test("stops while it waits to try again, without waiting for that", async () => {
    await commit(uuidv7(), 1);
    let failures = 0;
    const follower: Follower = { name: "hopeless", handle: () => Promise.reject(new Error(String((failures += 1)))) };
    const runner = start(follower);
    await until(() => failures >= 3);
    const started = performance.now();
    await runner[Symbol.asyncDispose]();
    expect(performance.now() - started).toBeLessThan(200);
  });

  test("survives the loss of all connections", async () => {
    const id = uuidv7();
    const follower = recorder();
    const runner = start(follower);
    await commit(id, 1);
    await runner.idle();
    await database.query({
      text: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    });
    await until(() =>
      commit(id, 2).then(
        () => true,
        () => false,
      ),
    );
    await until(() => versions(follower.pages, id).length === 2);
    expect(versions(follower.pages, id)).toEqual([1, 2]);
  });
});

test("what is left to do after the commit is done after it, once", async () => {
  const id = uuidv7();
  const hints: number[] = [];
  const follower: Follower = {
    name: "hinting",
    async handle(tx) {
      await tx.execute({ text: "INSERT INTO instance (key, value) VALUES ('hint', 'committed')" });
      return () => {
        void database
          .query({ text: "SELECT FROM instance WHERE key = 'hint'" })
          .then((rows) => hints.push(rows.length));
      };
    },
  };
  start(follower).wake();
  await commit(id, 1);
  await until(() => hints.length > 0);
  expect(hints).toEqual([1]);
});

describe("a log that comes from another cluster", () => {
  const epoch = async (): Promise<string> => {
    const [row] = await database.query<{ value: string }>({ text: "SELECT value FROM instance WHERE key = 'epoch'" });
    return row?.value ?? "";
  };

  test("is given ids of this one: nothing new is passed over, and nothing handled by all is handled again", async () => {
    const [done, open, fresh] = [uuidv7(), uuidv7(), uuidv7()];
    await commit(done, 1, 2);
    await commit(open, 1, 2);
    await database.transaction((tx) =>
      tx.execute({
        text: `UPDATE changes SET xid = CASE WHEN conversation_id = $1 THEN '1000000000'::xid8 ELSE '1000000005'::xid8 END`,
        values: [done],
      }),
    );
    await database.transaction((tx) =>
      tx.execute({
        text: "INSERT INTO follower_cursors (name, next_xid) VALUES ('quick', '1000000009'), ('slow', '1000000001')",
      }),
    );
    const before = await epoch();
    expect(await Promise.all([adoptLog(database), adoptLog(database)])).toContain(true);
    expect(await epoch()).not.toBe(before);
    await commit(fresh, 1);
    const [quick, slow] = [recorder("quick"), recorder("slow")];
    await Promise.all([start(quick).idle(), start(slow).idle()]);
    expect(versions(slow.pages, done)).toEqual([]);
    expect(versions(slow.pages, open)).toEqual([1, 2]);
    for (const follower of [quick, slow]) expect(versions(follower.pages, fresh)).toEqual([1]);
    expect(await adoptLog(database)).toBe(false);
  });

  test("is told from this one's own", async () => {
    await commit(uuidv7(), 1);
    const before = await epoch();
    await start(recorder()).idle();
    expect(await adoptLog(database)).toBe(false);
    expect(await epoch()).toBe(before);
  });
});
