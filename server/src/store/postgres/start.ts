import { performance } from "node:perf_hooks";
import type { Database } from "../database.ts";
import { runningServer, startEmbeddedPostgres } from "./embedded.ts";
import type { EmbeddedPostgres } from "./embedded.ts";
import { migrate } from "./migrate.ts";
import { openDatabase } from "./pool.ts";

export interface StartOptions {
  /** undefined starts the embedded server below `dataDirectory`. */
  readonly databaseUrl: string | undefined;
  readonly dataDirectory: string;
  readonly databasePassword: string;
  readonly log: (line: string) => void;
}

/** Starts or reaches the database, brings it to this version and opens it. Closing it stops an embedded server. */
export async function startDatabase(options: StartOptions): Promise<Database> {
  const { log } = options;
  const embedded = options.databaseUrl === undefined ? await startEmbedded(options) : undefined;
  const connectionString = embedded?.connectionString ?? options.databaseUrl ?? "";
  try {
    await migrate({ connectionString, log });
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
  const database = openDatabase({
    connectionString,
    onIdleError: (error) => log(`a database connection was lost: ${error.message}`),
  });
  const close = async (): Promise<void> => {
    await database.close();
    await embedded?.stop();
  };
  return { ...database, close, [Symbol.asyncDispose]: close };
}

async function startEmbedded({ dataDirectory, databasePassword, log }: StartOptions): Promise<EmbeddedPostgres> {
  const began = performance.now();
  const embedded = await startEmbeddedPostgres({ directory: dataDirectory, password: databasePassword, log });
  log(`embedded PostgreSQL is up after ${Math.round(performance.now() - began)} ms`);
  return embedded;
}

/**
 * For tools that work on a database which a running Parley may have open: reaches the server of that one where there is one,
 * else starts or reaches it as `startDatabase` does.
 */
export async function reachDatabase(options: StartOptions): Promise<Database> {
  const running =
    options.databaseUrl === undefined ? runningServer(options.dataDirectory, options.databasePassword) : undefined;
  return await startDatabase(running === undefined ? options : { ...options, databaseUrl: running });
}
