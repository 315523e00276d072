import type { DedicatedConnection, Writer } from "./database.ts";

/**
 * Which workers are alive. A job says by which worker it is locked, and a worker that dies leaves it locked: the library would wait
 * four hours. So each worker's node holds an advisory lock of its name for as long as it lives: PostgreSQL lets go of it when the
 * connection ends, however it ends.
 */
const LOCK = "hashtextextended('parley job worker ' || %, 0)";

function lockOf(name: string): string {
  return LOCK.replace("%", name);
}

/** A node whose machine vanishes does not close its connection: PostgreSQL shall notice within half a minute. */
export async function watchConnection(connection: DedicatedConnection): Promise<void> {
  await connection.execute({
    text: "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3",
  });
}

/** Says that the worker lives, until the connection ends. */
export async function lockWorker(connection: DedicatedConnection, worker: string): Promise<void> {
  await connection.execute({ text: `SELECT pg_advisory_lock(${lockOf("$1::text")})`, values: [worker] });
}

export async function unlockWorker(connection: DedicatedConnection, worker: string): Promise<void> {
  await connection.execute({ text: `SELECT pg_advisory_unlock(${lockOf("$1::text")})`, values: [worker] });
}

/** Workers that have jobs, but no node that lives. */
export async function findLostWorkers(tx: Writer): Promise<string[]> {
  const rows = await tx.query<{ worker: string }>({
    name: "find_lost_workers",
    text: `WITH busy AS MATERIALIZED (SELECT DISTINCT locked_by AS worker FROM graphile_worker.jobs WHERE locked_by IS NOT NULL)
           SELECT worker FROM busy WHERE pg_try_advisory_xact_lock(${lockOf("worker")})`,
  });
  return rows.map((row) => row.worker);
}

/** Gives the jobs of these workers back, of those that are still lost; answers which. */
export async function releaseLostWorkers(tx: Writer, workers: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ worker: string }>({
    name: "release_lost_workers",
    text: `WITH given AS MATERIALIZED (SELECT unnest($1::text[]) AS worker),
             lost AS MATERIALIZED (SELECT worker FROM given WHERE pg_try_advisory_xact_lock(${lockOf("worker")}))
           SELECT worker FROM lost, LATERAL graphile_worker.force_unlock_workers(ARRAY[worker])`,
    values: [workers],
  });
  return rows.map((row) => row.worker);
}
