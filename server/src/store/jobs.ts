import type { Reader, Writer } from "./database.ts";

/** Jobs are kept by Graphile Worker in its own schema, which `migrateJobs` makes (https://worker.graphile.org/docs/schema). */

export interface NewJob {
  readonly task: string;
  /** Small: ids, not contents. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** Adding a job whose key is already waiting replaces it, so that whatever runs twice asks once. */
  readonly key?: string;
  /** Not before this; default at once. */
  readonly runAt?: Date;
  /** Tries before it is left as dead; default 25, which with exponential back-off is about three days. */
  readonly maxAttempts?: number;
}

/** Adds jobs in the caller's transaction: they exist if, and only if, it commits. Of jobs with the same key the last one counts. */
export async function addJobs(tx: Writer, jobs: readonly NewJob[]): Promise<void> {
  if (jobs.length === 0) return;
  await tx.execute({
    name: "add_jobs",
    text: `SELECT FROM graphile_worker.add_jobs(array(
             SELECT json_populate_recordset(NULL::graphile_worker.job_spec, $1::json)))`,
    values: [JSON.stringify(uniqueByKey(jobs).map(toSpec))],
  });
}

function toSpec({ task, payload, key, runAt, maxAttempts }: NewJob): Record<string, unknown> {
  return { identifier: task, payload, job_key: key, run_at: runAt, max_attempts: maxAttempts };
}

/** In the order of their keys, so that two transactions that add the same jobs do not wait for each other in a circle. */
function uniqueByKey(jobs: readonly NewJob[]): NewJob[] {
  const byKey = new Map(jobs.flatMap((job) => (job.key === undefined ? [] : [[job.key, job] as const])));
  const keyed = [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, job]) => job);
  return [...jobs.filter((job) => job.key === undefined), ...keyed];
}

/** Takes back a job that has not started; one that has is not tried again if it fails. */
export async function removeJob(tx: Writer, key: string): Promise<void> {
  await tx.execute({ name: "remove_job", text: "SELECT FROM graphile_worker.remove_job($1)", values: [key] });
}

export interface JobCounts {
  /** Not started, or failed and to be tried again. */
  readonly waiting: number;
  readonly running: number;
  /** Dead letters: failed as often as they may. */
  readonly dead: number;
}

/** One pass over the table: for metrics, not for every request. */
export async function countJobs(db: Reader): Promise<JobCounts> {
  const [row] = await db.query<JobCounts>({
    name: "count_jobs",
    text: `SELECT (count(*) FILTER (WHERE locked_at IS NULL AND attempts < max_attempts))::integer AS waiting,
             (count(*) FILTER (WHERE locked_at IS NOT NULL))::integer AS running,
             (count(*) FILTER (WHERE locked_at IS NULL AND attempts >= max_attempts))::integer AS dead FROM graphile_worker.jobs`,
  });
  return row ?? { waiting: 0, running: 0, dead: 0 };
}

/** Removes dead letters that nobody has touched since `before`, at most `limit`; answers how many. */
export async function deleteDeadJobs(tx: Writer, before: Date, limit: number): Promise<number> {
  return await tx.execute({
    name: "delete_dead_jobs",
    text: `SELECT FROM graphile_worker.complete_jobs(array(
             SELECT id FROM graphile_worker.jobs
             WHERE locked_at IS NULL AND attempts >= max_attempts AND updated_at < $1 LIMIT $2))`,
    values: [before, limit],
  });
}

/**
 * The library takes a number from the sequence of its table of tasks whenever jobs are added, though tasks are hardly ever new, and
 * stops working when an integer is used up. Long before that, this begins anew after the highest one in use.
 */
export async function rewindTaskIds(tx: Writer): Promise<void> {
  await tx.execute({
    name: "rewind_task_ids",
    text: `SELECT setval(s.name, (SELECT coalesce(max(id), 0) + 1 FROM graphile_worker._private_tasks), false)
           FROM (SELECT pg_get_serial_sequence('graphile_worker._private_tasks', 'id')::regclass AS name) s
           JOIN pg_sequences q ON format('%I.%I', q.schemaname, q.sequencename)::regclass = s.name
           WHERE q.last_value > 1000000000`,
  });
}
