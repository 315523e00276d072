import {
  Logger,
  parseCronItems,
  run,
  runMigrations,
  type Runner,
  type RunnerOptions,
  type TaskList,
} from "graphile-worker";
import type { Database } from "../store/database.ts";
import { openJobPool } from "../store/jobs-pool.ts";
import { runJobRescue } from "./job-rescue.ts";
import { runLoop } from "./loop.ts";
import { createWorkerLocks, type WorkerLocks } from "./worker-locks.ts";

export interface Attempt {
  /** 1 the first time. */
  readonly number: number;
  /** If this one fails, the job is left as dead. */
  readonly isLast: boolean;
  /** Aborted when the node shuts down and has waited long enough. */
  readonly signal: AbortSignal;
}

/**
 * What a task may be told. What it throws puts the job back with exponential back-off until its attempts are used up. A job is done
 * at least once: if its node dies before that is written down, another does it again.
 */
export type Task = (payload: Readonly<Record<string, unknown>>, attempt: Attempt) => Promise<void>;

export type Tasks = Readonly<Record<string, Task>>;

/** A task that is to be done again and again, by one of the nodes. */
export interface Recurrence {
  readonly task: string;
  /** Five fields, as in a crontab, in UTC. */
  readonly match: string;
}

type Level = "error" | "warning" | "info" | "debug";
export type JobLog = (level: Level, message: string, meta?: unknown) => void;

export interface JobRunnerDeps {
  readonly database: Database;
  readonly tasks: Tasks;
  readonly recurrences?: readonly Recurrence[];
  /** Jobs at once on this node; default 4. */
  readonly concurrency?: number;
  readonly log: JobLog;
  /** How often it looks for jobs of dead nodes; default 3,000 ms. */
  readonly rescueEveryMs?: number;
}

/** The library would take other values from the environment or a file in the working directory. */
const SCHEMA = "graphile_worker";
const POLL_MS = 1_000;
/** A runner that lived this long had started well: its successor need not wait. */
const WELL_STARTED_MS = 10_000;

/** Makes or updates the schema of the job queue. Safe when several nodes start at once. */
export async function migrateJobs(connectionString: string, log: JobLog): Promise<void> {
  await using jobs = openJobPool(connectionString, 1, (error) =>
    log("warning", "a job connection was lost", { error }),
  );
  await runMigrations({ pgPool: jobs.pool, schema: SCHEMA, logger: workerLogger(log) });
}

/** Runs jobs until it is disposed; jobs in progress are finished first. When the database was away it goes on by itself. */
export function startJobRunner(deps: JobRunnerDeps): AsyncDisposable {
  const onTrouble = (error: unknown, message: string): void => deps.log("warning", message, { error });
  const locks = createWorkerLocks({ database: deps.database, onTrouble });
  const rescue = runJobRescue({
    database: deps.database,
    onTrouble,
    onRescue: (workers) => deps.log("warning", "jobs of nodes that died were given back", { workers }),
    ...(deps.rescueEveryMs === undefined ? {} : { everyMs: deps.rescueEveryMs }),
  });
  const runner = runLoop({
    name: "running jobs",
    onTrouble,
    async round(signal) {
      const started = performance.now();
      const failure = await runUntil(deps, locks, signal);
      if (failure === undefined) return 0;
      if (performance.now() - started < WELL_STARTED_MS) throw failure;
      onTrouble(failure, "the job runner ended; another one is started");
      return 0;
    },
  });
  return {
    async [Symbol.asyncDispose]() {
      await runner[Symbol.asyncDispose]();
      await Promise.all([rescue[Symbol.asyncDispose](), locks[Symbol.asyncDispose]()]);
    },
  };
}

/** Runs jobs until the signal, or until the library gives up; answers why it did. */
async function runUntil(deps: JobRunnerDeps, locks: WorkerLocks, signal: AbortSignal): Promise<Error | undefined> {
  const concurrency = deps.concurrency ?? 4;
  // One more for the library's listener, one for what it does beside jobs.
  await using jobs = openJobPool(deps.database.connectionString, concurrency + 2, (error) =>
    deps.log("warning", "a job connection was lost", { error }),
  );
  const workers = new Set<string>();
  const stopped = aborted(signal);
  try {
    const runner = await run({
      pgPool: jobs.pool,
      schema: SCHEMA,
      taskList: toTaskList(deps.tasks),
      parsedCronItems: parseCronItems(
        (deps.recurrences ?? []).map(({ task, match }) => ({ task, match, options: { backfillPeriod: 0 } })),
      ),
      concurrency,
      noHandleSignals: true,
      pollInterval: POLL_MS,
      logger: workerLogger(deps.log),
      preset: presetFor(async (worker) => {
        workers.add(worker);
        await Promise.race([locks.hold(worker), stopped]);
      }),
    });
    return await ended(runner, stopped);
  } finally {
    // Its jobs are done by now, or given back; what the library could not write down any more, the rescue finds.
    for (const worker of workers) locks.release(worker);
  }
}

async function ended(runner: Runner, stopped: Promise<undefined>): Promise<Error | undefined> {
  const gaveUp = runner.promise.then(
    () => new Error("the job runner stopped by itself"),
    (error: unknown) => (error instanceof Error ? error : new Error("the job runner failed", { cause: error })),
  );
  const failure = await Promise.race([gaveUp, stopped]);
  if (failure) return failure;
  await runner.stop();
  await gaveUp;
  return undefined;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

/**
 * `onStart` is waited for before a pool of workers takes its first job. The library writes down the end of a job without waiting for
 * it; only with the delays, be they 0, does it hear of a failure there, which would otherwise end the process.
 */
function presetFor(onStart: (worker: string) => Promise<void>): NonNullable<RunnerOptions["preset"]> {
  return {
    plugins: [
      {
        name: "parley-worker-locks",
        version: "1.0.0",
        worker: { hooks: { startWorker: (_context, { worker }) => onStart(worker.workerPool.id) } },
      },
    ],
    worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 },
  };
}

function toTaskList(tasks: Tasks): TaskList {
  const taskList: TaskList = {};
  for (const [name, task] of Object.entries(tasks)) {
    taskList[name] = async (payload, { job, abortSignal }) => {
      const attempt = {
        number: job.attempts,
        isLast: job.attempts >= job.max_attempts,
        signal: abortSignal ?? new AbortController().signal,
      };
      await task(payload as Readonly<Record<string, unknown>>, attempt);
    };
  }
  return taskList;
}

/** Its lines about each job are for who looks for a fault. */
const LEVELS: Readonly<Record<"error" | "warning" | "info" | "debug", Level>> = {
  error: "error",
  warning: "warning",
  info: "debug",
  debug: "debug",
};

function workerLogger(log: JobLog): Logger {
  return new Logger(() => (level, message, meta) => log(LEVELS[level], message, meta));
}
