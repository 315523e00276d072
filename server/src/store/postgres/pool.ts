import pg from "pg";
import type { ConnectOptions, Database, DedicatedConnection, Reader, TransactionOptions, Writer } from "../database.ts";
import { connectDedicated } from "./dedicated.ts";
import { isSilence } from "./errors.ts";
import { readerOf, retrying, runOnce } from "./transaction.ts";
import { typeParsers } from "./types.ts";

export interface DatabaseOptions {
  readonly connectionString: string;
  /** Shown in pg_stat_activity, so that an operator sees whose connection it is. */
  readonly applicationName?: string;
  /** Connections for reads; default 10. */
  readonly readers?: number;
  /** Connections for transactions; default 10. Lanes of the committer bring their own. */
  readonly writers?: number;
  /** A read that takes longer is cancelled; default 10,000 ms. */
  readonly readTimeoutMs?: number;
  /** The same for a statement of a transaction; default 30,000 ms. */
  readonly writeTimeoutMs?: number;
  /**
   * How much longer than a statement may take its answer is waited for; then the connection is taken for half open (a machine or a
   * network that died without a word) and dropped. Default 2,000 ms.
   */
  readonly silenceMs?: number;
  /** How long to wait for a free or a new connection; default 10,000 ms. */
  readonly connectTimeoutMs?: number;
  /** Told of connections that died while idle, which is no caller's error. */
  readonly onIdleError?: (error: Error) => void;
}

/** Connects lazily: the first query is the first to notice that nobody answers. Reads and writes queue apart. */
export function openDatabase(options: DatabaseOptions): Database {
  const { connectionString, applicationName = "parley" } = options;
  const writeTimeout = options.writeTimeoutMs ?? 30_000;
  const readTimeout = options.readTimeoutMs ?? 10_000;
  const silence = options.silenceMs ?? 2_000;
  const shared: pg.PoolConfig = {
    connectionString,
    types: typeParsers,
    keepAlive: true,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
    idleTimeoutMillis: 30_000,
  };
  const reads = createPool(options, {
    ...shared,
    application_name: `${applicationName} read`,
    max: options.readers ?? 10,
    statement_timeout: readTimeout,
    query_timeout: readTimeout + silence,
  });
  const writes = createPool(options, {
    ...shared,
    application_name: `${applicationName} write`,
    max: options.writers ?? 10,
    statement_timeout: writeTimeout,
    query_timeout: writeTimeout + silence,
    idle_in_transaction_session_timeout: writeTimeout,
  });
  const dedicated = new Set<DedicatedConnection>();

  async function connect({ statementMs = writeTimeout }: ConnectOptions = {}): Promise<DedicatedConnection> {
    const connection = await connectDedicated({
      ...shared,
      application_name: `${applicationName} dedicated`,
      statement_timeout: statementMs,
      query_timeout: statementMs + silence,
      idle_in_transaction_session_timeout: statementMs,
    });
    dedicated.add(connection);
    connection.lost.addEventListener("abort", () => dedicated.delete(connection), { once: true });
    return connection;
  }

  async function closeAll(): Promise<void> {
    await Promise.all([...dedicated].map((connection) => connection.close()));
    await Promise.all([reads.end(), writes.end()]);
  }
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeAll());

  return {
    // A single statement needs no transaction: the pool lends any free connection for it.
    ...readerOf(reads),
    connectionString,
    transaction: <T>(work: (tx: Writer) => Promise<T>, transaction: TransactionOptions = {}) =>
      retrying(() => borrowed(writes, (client) => runOnce(client, work, transaction.isolation)), transaction.attempts),
    snapshot: (work) => borrowed(reads, (client) => runSnapshot(client, work)),
    connect,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function createPool(options: DatabaseOptions, config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(config);
  pool.on("error", (error) => options.onIdleError?.(error));
  return pool;
}

async function borrowed<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let failure: Error | undefined;
  const onError = (error: Error): void => {
    failure = error;
  };
  client.on("error", onError);
  try {
    return await work(client);
  } catch (error) {
    if (isSilence(error)) failure = error as Error;
    throw error;
  } finally {
    client.off("error", onError);
    // A connection that broke is thrown away instead of being lent to the next.
    client.release(failure);
  }
}

async function runSnapshot<T>(client: pg.PoolClient, work: (reader: Reader) => Promise<T>): Promise<T> {
  await client.query("begin isolation level repeatable read read only");
  let isSilent = false;
  try {
    return await work(readerOf(client));
  } catch (error) {
    isSilent = isSilence(error);
    throw error;
  } finally {
    // Nobody would answer that either.
    if (!isSilent) await client.query("commit").catch(() => undefined);
  }
}
