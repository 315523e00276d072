import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import {
  migrateJobs,
  startJobRunner,
  type Attempt,
  type JobRunnerDeps,
  type Tasks,
} from "../src/followers/job-runner.ts";
import type { Database } from "../src/store/database.ts";
import { addJobs, countJobs, deleteDeadJobs, removeJob, type NewJob } from "../src/store/jobs.ts";
import { createTestDatabase, type TestDatabase } from "./harness/database.ts";
import { onServer } from "./harness/on-server.ts";
import { until } from "./harness/until.ts";

let store: TestDatabase;
let database: Database;
let running: AsyncDisposable[];

const silent = (): void => undefined;

beforeEach(async () => {
  store = await createTestDatabase();
  database = store.open();
  running = [];
  await migrateJobs(store.connectionString, silent);
});
afterEach(async () => {
  for (const one of running.toReversed()) await one[Symbol.asyncDispose]();
  await store.close();
});

function start(tasks: Tasks, deps: Partial<JobRunnerDeps> = {}): AsyncDisposable {
  const runner = startJobRunner({ database, tasks, log: silent, rescueEveryMs: 300, ...deps });
  running.push(runner);
  return runner;
}

const add = (...jobs: NewJob[]) => database.transaction((tx) => addJobs(tx, jobs));
const killConnections = (like: string) =>
  database.query({
    text: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE $1`,
    values: [like],
  });

describe("jobs", () => {
  test("exist if, and only if, the transaction that adds them commits", async () => {
    const done: unknown[] = [];
    start({ note: (payload) => Promise.resolve(void done.push(payload)) });
    const undone = database.transaction(async (tx) => {
      await addJobs(tx, [{ task: "note", payload: { n: 1 } }]);
      throw new Error("changed my mind");
    });
    await expect(undone).rejects.toThrow("changed my mind");
    await add({ task: "note", payload: { n: 2 } });
    await until(() => done.length > 0);
    await until(async () => (await countJobs(database)).waiting + (await countJobs(database)).running === 0);
    expect(done).toEqual([{ n: 2 }]);
  });

  test("of one key are one job, the latest, also when they come in one call", async () => {
    await add({ task: "note", payload: { n: 1 }, key: "k" }, { task: "note", payload: { n: 2 }, key: "k" });
    await add({ task: "note", payload: { n: 3 }, key: "k" }, { task: "note", payload: { n: 4 } });
    expect(await countJobs(database)).toEqual({ waiting: 2, running: 0, dead: 0 });
    const done: unknown[] = [];
    start({ note: (payload) => Promise.resolve(void done.push(payload["n"])) });
    await until(() => done.length === 2);
    expect(done.toSorted()).toEqual([3, 4]);
  });

  test("wait for their time, and can be taken back before", async () => {
    await add(
      { task: "note", payload: { n: 1 }, key: "soon", runAt: new Date(Date.now() + 1_000) },
      { task: "note", payload: { n: 2 }, key: "never", runAt: new Date(Date.now() + 500) },
    );
    await database.transaction((tx) => removeJob(tx, "never"));
    const done: { n: unknown; at: number }[] = [];
    const began = Date.now();
    start({ note: ({ n }) => Promise.resolve(void done.push({ n, at: Date.now() })) });
    await until(() => done.length === 1);
    expect(done[0]?.n).toBe(1);
    expect((done[0]?.at ?? 0) - began).toBeGreaterThan(800);
  });

  test("that fail are tried again, and in the end are left as dead letters that can be counted and cleared", async () => {
    const attempts: Attempt[] = [];
    start({
      flaky: (_payload, attempt) => {
        attempts.push(attempt);
        return attempt.number === 1 ? Promise.reject(new Error("the first time")) : Promise.resolve();
      },
      hopeless: () => Promise.reject(new Error("every time")),
    });
    await add({ task: "flaky", payload: {}, maxAttempts: 2 }, { task: "hopeless", payload: {}, maxAttempts: 1 });
    await until(() => attempts.length === 2);
    expect(attempts.map(({ number, isLast }) => ({ number, isLast }))).toEqual([
      { number: 1, isLast: false },
      { number: 2, isLast: true },
    ]);
    await until(async () => (await countJobs(database)).dead === 1);
    expect(await countJobs(database)).toEqual({ waiting: 0, running: 0, dead: 1 });
    const clear = (before: Date) => database.transaction((tx) => deleteDeadJobs(tx, before, 10));
    expect(await clear(new Date(Date.now() - 60_000))).toBe(0);
    expect(await clear(new Date(Date.now() + 60_000))).toBe(1);
    expect(await countJobs(database)).toEqual({ waiting: 0, running: 0, dead: 0 });
  });

  test("are shared by several nodes that start at once, each done once", async () => {
    await Promise.all([1, 2, 3].map(() => migrateJobs(store.connectionString, silent)));
    const done: unknown[] = [];
    const note: Tasks = { note: ({ n }) => Promise.resolve(void done.push(n)) };
    start(note);
    start(note, { database: store.open() });
    await add(...Array.from({ length: 100 }, (_, n) => ({ task: "note", payload: { n } })));
    await until(() => done.length >= 100);
    await until(async () => (await countJobs(database)).running === 0);
    expect(new Set(done).size).toBe(100);
    expect(done).toHaveLength(100);
  });

  test("in progress are finished before the runner stops", async () => {
    let isFinished = false;
    const runner = start({
      slow: async () => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        isFinished = true;
      },
    });
    await add({ task: "slow", payload: {} });
    await until(async () => (await countJobs(database)).running === 1);
    await runner[Symbol.asyncDispose]();
    expect(isFinished).toBe(true);
    expect(await countJobs(database)).toEqual({ waiting: 0, running: 0, dead: 0 });
  });
});

describe("the migration of the queue", () => {
  test("is safe when several nodes start at once on an empty database", async () => {
    await using empty = await createTestDatabase("empty");
    await Promise.all([1, 2, 3, 4].map(() => migrateJobs(empty.connectionString, silent)));
    expect(await countJobs(empty.open())).toEqual({ waiting: 0, running: 0, dead: 0 });
  });
});

/** A job that runs, here, until it is told to finish. */
async function startLong() {
  let finish = silent;
  const end = new Promise<void>((resolve) => (finish = resolve));
  const job = {
    started: 0,
    finish: () => finish(),
    tasks: {
      long: async () => {
        job.started += 1;
        await end;
      },
    } satisfies Tasks,
  };
  start(job.tasks);
  await add({ task: "long", payload: {} });
  await until(() => job.started === 1);
  return job;
}

describe("a node that dies", () => {
  test("leaves a job that another node does within seconds", async () => {
    await add({ task: "note", payload: { n: 1 } });
    await database.transaction((tx) =>
      tx.execute({
        text: "UPDATE graphile_worker._private_jobs SET locked_at = now(), locked_by = 'pool-dead', attempts = 1",
      }),
    );
    const done: unknown[] = [];
    const began = performance.now();
    start({ note: ({ n }) => Promise.resolve(void done.push(n)) });
    await until(() => done.length === 1, 5_000);
    // Twice in a row without its lock.
    expect(performance.now() - began).toBeGreaterThan(300);
  });

  test("is told from one that only takes long", async () => {
    const job = await startLong();
    start(job.tasks, { database: store.open() });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(job.started).toBe(1);
    job.finish();
    await until(async () => (await countJobs(database)).running === 0);
    expect(job.started).toBe(1);
  });

  test("is told from one that lost its connection for a moment", async () => {
    const job = await startLong();
    start(job.tasks, { database: store.open(), rescueEveryMs: 1_000 });
    await killConnections("% dedicated");
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(job.started).toBe(1);
    job.finish();
    await until(async () => (await countJobs(database)).running === 0);
  });
});

/** As if PostgreSQL were down: every connection breaks, and nobody gets a new one until it is let up again. */
async function takeDown(): Promise<() => Promise<void>> {
  const [row] = await database.query<{ name: string }>({ text: "SELECT current_database() AS name" });
  const name = row?.name ?? "";
  const admin = inject("postgresUrl");
  await onServer(admin, `ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`);
  await onServer(admin, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
  return async () => void (await onServer(admin, `ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`));
}

/** What would have ended the process while `work` was done. */
async function faultsDuring(work: () => Promise<void>): Promise<readonly unknown[]> {
  const faults: unknown[] = [];
  const onFault = (error: unknown): void => void faults.push(error);
  process.on("unhandledRejection", onFault);
  process.on("uncaughtException", onFault);
  try {
    await work();
    return faults;
  } finally {
    process.off("unhandledRejection", onFault);
    process.off("uncaughtException", onFault);
  }
}

describe("a lost database connection", () => {
  test("of a database that stays away for seconds does not end the process; what ran meanwhile is done again", async () => {
    const faults = await faultsDuring(async () => {
      const done: unknown[] = [];
      let down: Promise<() => Promise<void>> | undefined;
      const endWhileAway = async (payload: Readonly<Record<string, unknown>>): Promise<void> => {
        await (down ??= takeDown());
        done.push(payload["n"]);
      };
      start({
        succeed: endWhileAway,
        fail: async (payload) => {
          await endWhileAway(payload);
          throw new Error("cannot be written down");
        },
      });
      await add({ task: "succeed", payload: { n: 1 } }, { task: "fail", payload: { n: 2 }, maxAttempts: 2 });
      await until(() => done.length >= 1);
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      await (
        await down
      )?.();
      await until(
        async () => (await countJobs(database)).dead === 1 && (await countJobs(database)).waiting === 0,
        25_000,
      );
      expect(done.filter((n) => n === 1).length).toBeGreaterThanOrEqual(1);
    });
    expect(faults).toEqual([]);
  }, 40_000);

  test("while nothing runs, while a job runs and while its end is written down does not end the process", async () => {
    const faults = await faultsDuring(async () => {
      const done: unknown[] = [];
      start({
        note: async ({ n }) => {
          if (n === 2) await killConnections("parley jobs");
          done.push(n);
          if (n === 3) throw new Error("fails while its connection is gone");
        },
        killer: async () => {
          await killConnections("parley jobs");
          throw new Error("fails, and cannot write it down");
        },
      });
      await add({ task: "note", payload: { n: 1 } });
      await until(() => done.includes(1));
      await killConnections("parley jobs");
      await killConnections("% dedicated");
      await add({ task: "note", payload: { n: 2 } });
      await until(() => done.includes(2), 20_000);
      await add({ task: "killer", payload: {}, maxAttempts: 1 });
      await until(async () => (await countJobs(database)).dead === 1, 20_000);
      await add({ task: "note", payload: { n: 4 } });
      await until(() => done.includes(4), 20_000);
    });
    expect(faults).toEqual([]);
  });
});
