import type pg from "pg";
import type { Reader, Statement, TransactionOptions, Writer } from "../database.ts";
import { isConflict, isConnectionLoss, isSilence } from "./errors.ts";

const DEFAULT_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 500;

/** A client, or a pool that lends one for each statement. */
export interface Queryable {
  query(config: pg.QueryConfig | string): Promise<pg.QueryResult>;
}

/** Thrown when BEGIN itself failed: nothing was written, so the work may be started over. */
class NotBegunError extends Error {}

export function readerOf(client: Queryable): Reader {
  return {
    async query<R>(statement: Statement): Promise<R[]> {
      const result = await client.query(toConfig(statement));
      return result.rows as R[];
    },
  };
}

export function writerOf(client: Queryable): Writer {
  return {
    ...readerOf(client),
    writes: true,
    async execute(statement: Statement): Promise<number> {
      const result = await client.query(toConfig(statement));
      return result.rowCount ?? 0;
    },
  };
}

/** Copies, because node-postgres keeps and marks the config object it is given. */
function toConfig({ name, text, values }: Statement): pg.QueryConfig {
  const config: pg.QueryConfig = { text };
  if (name !== undefined) config.name = name;
  if (values !== undefined) config.values = [...values];
  return config;
}

/** One attempt on one connection: BEGIN, the work, COMMIT; ROLLBACK when the work fails. */
export async function runOnce<T>(
  client: Queryable,
  work: (tx: Writer) => Promise<T>,
  isolation: TransactionOptions["isolation"] = "read committed",
): Promise<T> {
  try {
    await client.query(`begin isolation level ${isolation}`);
  } catch (error) {
    throw new NotBegunError("the transaction could not begin", { cause: error });
  }
  let result: T;
  try {
    result = await work(writerOf(client));
  } catch (error) {
    // If the connection is gone PostgreSQL rolls back by itself; the work's own error is the one that matters.
    if (!isSilence(error)) await client.query("rollback").catch(() => undefined);
    throw error;
  }
  const outcome = await client.query("commit");
  // COMMIT of a transaction in which a statement failed (and the work swallowed it) is answered with ROLLBACK.
  if (outcome.command === "ROLLBACK") throw new Error("the transaction was rolled back: a statement in it had failed");
  return result;
}

/** Starts `attempt` over on conflicts and on connections that were dead before anything was written. */
export async function retrying<T>(attempt: () => Promise<T>, attempts = DEFAULT_ATTEMPTS): Promise<T> {
  for (let round = 1; ; round += 1) {
    try {
      return await attempt();
    } catch (error) {
      const cause = error instanceof NotBegunError ? error.cause : error;
      const worthIt = isConflict(cause) || (error instanceof NotBegunError && isConnectionLoss(cause));
      if (!worthIt || round >= attempts) throw cause;
      await pause(round);
    }
  }
}

/** Exponential with full jitter, so that transactions that collided once do not collide in step again. */
function pause(round: number): Promise<void> {
  const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** round);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * ceiling));
}
