import { rmSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { startEmbeddedPostgres } from "../../src/store/postgres/embedded.ts";
import { migrate } from "../../src/store/postgres/migrate.ts";
import { makeDataDirectory } from "./data-directory.ts";
import { sweepLeftovers } from "./leftovers.ts";
import { onServer } from "./on-server.ts";
import { TEMPLATE } from "./template.ts";

const PREFIX = "parley-test-";

/**
 * One PostgreSQL for the whole run, with a migrated template database that every test file clones (a few
 * milliseconds each). fsync is off here: these databases live no longer than the run, and the tests that are about
 * durability start a server of their own.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweepLeftovers(PREFIX);
  const directory = makeDataDirectory(PREFIX);
  const server = await startEmbeddedPostgres({ directory, password: "test", fsync: false });
  const admin = server.connectionStringFor("postgres");
  await onServer(admin, `create database ${TEMPLATE}`);
  await migrate({ connectionString: server.connectionStringFor(TEMPLATE) });
  project.provide("postgresUrl", admin);

  return async () => {
    const leaked = await onServer<{ application_name: string; datname: string }>(
      admin,
      `select application_name, datname from pg_stat_activity
        where backend_type = 'client backend' and pid <> pg_backend_pid()`,
    );
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
    if (leaked.length > 0) throw new Error(`connections were left open: ${JSON.stringify(leaked)}`);
  };
}

declare module "vitest" {
  interface ProvidedContext {
    /** The test server's maintenance database. */
    postgresUrl: string;
  }
}
