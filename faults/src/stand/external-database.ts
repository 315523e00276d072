import { join } from "node:path";
import { serverAccount } from "@parley/server/store/postgres/embedded/account.js";
import { findBinaries } from "@parley/server/store/postgres/embedded/binaries.js";
import { ensureCluster, SUPERUSER } from "@parley/server/store/postgres/embedded/cluster.js";
import { startServer, type Endpoint, type RunningServer } from "@parley/server/store/postgres/embedded/server.js";
import pg from "pg";
import { descendantsOf, signalAll } from "./processes.ts";

const PASSWORD = "faults";
const DATABASE = "parley";
const GIVE_UP_MS = 30_000;

/** A PostgreSQL that is not the service's own: it stays dead until the harness starts it again. */
export interface ExternalDatabase {
  readonly endpoint: Endpoint;
  readonly pid: number;
  readonly isRunning: boolean;
  /** How to reach it, from here or through a line on this port. */
  url(port?: number): string;
  /** SIGKILL for a crash, SIGQUIT for an `immediate` shutdown; waits until it and what it has started are gone. */
  end(signal: "SIGKILL" | "SIGQUIT" | "SIGINT"): Promise<void>;
  /** Starts it where it is not running, and waits until it has recovered. */
  start(): Promise<void>;
}

/** Makes a cluster in the directory and starts it, as durable as any (fsync on). */
export async function startExternalDatabase(directory: string): Promise<ExternalDatabase> {
  const account = serverAccount();
  const binaries = findBinaries(account);
  const cluster = join(directory, "cluster");
  await ensureCluster(cluster, { binaries, account, password: PASSWORD, log: () => undefined });
  const endpoint: Endpoint = { host: cluster, port: 5432 };
  const options = { directory: cluster, endpoint, binaries, account, fsync: true };
  let server: RunningServer | undefined = await startServer(options);
  watch(server);

  function watch(started: RunningServer): void {
    void started.exited.then(() => {
      if (server === started) server = undefined;
    });
  }
  const urlOf = (database: string, port?: number): string =>
    port === undefined
      ? `postgresql://${SUPERUSER}:${PASSWORD}@/${database}?host=${encodeURIComponent(endpoint.host)}&port=${endpoint.port}`
      : `postgresql://${SUPERUSER}:${PASSWORD}@127.0.0.1:${port}/${database}`;
  const admin = new pg.Client({ connectionString: urlOf("postgres") });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${DATABASE}`);
  await admin.end();

  return {
    endpoint,
    get pid() {
      return server?.pid ?? 0;
    },
    get isRunning() {
      return server !== undefined;
    },
    url: (port) => urlOf(DATABASE, port),
    async end(signal) {
      const doomed = server;
      if (!doomed) return;
      const backends = descendantsOf(doomed.pid);
      signalAll([doomed.pid], signal);
      // The backends of a killed server notice by themselves, but one that is stopped or reads no more might not.
      if (signal === "SIGKILL") signalAll(backends, "SIGKILL");
      await doomed.exited;
      server = undefined;
    },
    async start() {
      if (server) return;
      const deadline = Date.now() + GIVE_UP_MS;
      for (;;) {
        try {
          server = await startServer(options);
          watch(server);
          return;
        } catch (error) {
          if (Date.now() > deadline) throw error;
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      }
    },
  };
}
