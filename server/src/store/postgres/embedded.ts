import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { serverAccount } from "./embedded/account.ts";
import { findBinaries } from "./embedded/binaries.ts";
import { SUPERUSER, ensureCluster, placeCluster } from "./embedded/cluster.ts";
import { lockDirectory } from "./embedded/lock.ts";
import { atExit, signal } from "./embedded/processes.ts";
import { chooseEndpoint, runningEndpoint, startServer, stopOrphan } from "./embedded/server.ts";
import type { Endpoint, RunningServer } from "./embedded/server.ts";

const DATABASE = "parley";
/** A server that keeps dying is started again ever more slowly: for each death of the last minute it is waited so much longer. */
const PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const RECENT_MS = 60_000;

export interface EmbeddedOptions {
  /** The data directory: the cluster is made in it, and it is locked for this process. */
  readonly directory: string;
  readonly password: string;
  /** Default true. Off, a crash of the machine may lose or break the database: for throw-away ones only. */
  readonly fsync?: boolean;
  readonly log?: (line: string) => void;
}

export interface EmbeddedPostgres extends AsyncDisposable {
  readonly connectionString: string;
  /** The server's process, as of now: it changes when a dead server was started again. */
  pid(): number;
  /** For another database of the same server. */
  connectionStringFor(database: string): string;
  stop(): Promise<void>;
}

/**
 * Starts a real PostgreSQL of its own below the data directory, with fsync on, and keeps it running.
 *
 * The lock comes first: two Parleys on one directory would stop each other's server. Then a server that outlived a
 * killed Parley is stopped, and the new one recovers what that one had committed. Throws one clear line when the
 * directory is in use or the server does not start.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { directory, password, log = () => undefined } = options;
  mkdirSync(directory, { recursive: true });
  const unlock = lockDirectory(directory);
  try {
    const account = serverAccount();
    const binaries = findBinaries(account);
    const cluster = placeCluster(directory, account, log);
    await stopOrphan(cluster, log);
    await ensureCluster(cluster, { binaries, account, password, log });
    const endpoint = await chooseEndpoint(cluster);
    const fsync = options.fsync ?? true;
    const start = (): Promise<RunningServer> => startServer({ directory: cluster, endpoint, binaries, account, fsync });
    const server = await start();
    await ensureDatabase(server.endpoint, password);
    return supervise({ server, start, unlock, password, log });
  } catch (error) {
    unlock();
    throw error;
  }
}

/** How to reach the server of a Parley that runs on this directory right now; undefined when none does. */
export function runningServer(directory: string, password: string): string | undefined {
  const endpoint = runningEndpoint(join(directory, "postgres"));
  return endpoint === undefined ? undefined : urlOf(endpoint, password, DATABASE);
}

interface Supervision {
  readonly server: RunningServer;
  readonly start: () => Promise<RunningServer>;
  readonly unlock: () => void;
  readonly password: string;
  readonly log: (line: string) => void;
}

/** Starts the server again whenever it dies under us (killed for memory, say), for as long as it takes. */
function supervise({ server, start, unlock, password, log }: Supervision): EmbeddedPostgres {
  let current = server;
  let stopping: Promise<void> | undefined;
  const stopped = new AbortController();
  let deaths: number[] = [];
  const noteDeath = (): void => {
    const now = performance.now();
    deaths = [...deaths.filter((at) => now - at < RECENT_MS), now];
  };
  // If Node ends without stop(), at least ask the server to end; it does so by itself.
  const forget = atExit(() => signal(current.pid, "SIGINT"));

  const restart = async (): Promise<RunningServer> => {
    for (;;) {
      await sleep(Math.min(LONGEST_PAUSE_MS, PAUSE_MS * deaths.length), undefined, { signal: stopped.signal });
      try {
        return await start();
      } catch (error) {
        // A full disk, say. Nobody else would start it, and the node is of no use without it.
        log(`PostgreSQL could not be started again, and that is tried again: ${String(error)}`);
        noteDeath();
      }
    }
  };
  const watch = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await current.exited;
      if (stopped.signal.aborted) return;
      noteDeath();
      log(`PostgreSQL (process ${current.pid}) died and is started again`);
      current = await restart();
    }
    // It came up while everything was being stopped.
    await current.end();
  };
  const watching = watch().catch((error: unknown) => {
    if (!stopped.signal.aborted) log(`PostgreSQL is not watched any more: ${String(error)}`);
  });

  const halt = async (): Promise<void> => {
    forget();
    stopped.abort();
    await current.end();
    await watching;
    unlock();
  };
  const stop = (): Promise<void> => (stopping ??= halt());
  const connectionStringFor = (database: string): string => urlOf(server.endpoint, password, database);
  return {
    connectionString: connectionStringFor(DATABASE),
    connectionStringFor,
    pid: () => current.pid,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function ensureDatabase(endpoint: Endpoint, password: string): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(endpoint, password, "postgres") });
  await client.connect();
  try {
    const found = await client.query("select 1 from pg_database where datname = $1", [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}

function urlOf({ host, port }: Endpoint, password: string, database: string): string {
  const secret = encodeURIComponent(password);
  if (!host.startsWith("/")) return `postgresql://${SUPERUSER}:${secret}@${host}:${port}/${database}`;
  return `postgresql://${SUPERUSER}:${secret}@/${database}?host=${encodeURIComponent(host)}&port=${port}`;
}
