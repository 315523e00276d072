import pg from "pg";

/** Connections for the library that runs jobs, which needs the driver's own pool. */
export interface JobPool extends AsyncDisposable {
  readonly pool: pg.Pool;
}

/**
 * Opens connections of their own for jobs. `onError` hears of those that die: without somebody who listens, a connection that
 * breaks while nobody asks anything of it would end the process.
 */
export function openJobPool(connectionString: string, connections: number, onError: (error: Error) => void): JobPool {
  const pool = new pg.Pool({
    connectionString,
    application_name: "parley jobs",
    max: connections,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    // Nothing the library asks takes long: without an answer the connection is half open.
    query_timeout: 30_000,
    idleTimeoutMillis: 30_000,
  });
  pool.on("error", onError);
  pool.on("connect", (client) => client.on("error", onError));
  return { pool, [Symbol.asyncDispose]: () => pool.end() };
}
