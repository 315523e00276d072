import { rmSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { startEmbeddedPostgres } from "../../src/store/postgres/embedded.ts";
import { migrate } from "../../src/store/postgres/migrate.ts";
import { makeDataDirectory } from "./data-directory.ts";
import { sweepLeftovers } from "./leftovers.ts";
import { databaseUrl, onServer } from "./on-server.ts";
import { TEMPLATE } from "./template.ts";

const PREFIX = "parley-test-";

/**
 * One PostgreSQL for the whole run, with a migrated template database that every test file clones (a few
 * milliseconds each). fsync is off here: these databases live no longer than the run, and the tests that are about
 * durability start a server of their own. With PARLEY_TEST_DATABASE_URL (a superuser's, of its database `postgres`) it is
 * that server instead: how other versions of PostgreSQL are tested.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweepLeftovers(PREFIX);
  const given = process.env["PARLEY_TEST_DATABASE_URL"];
  const server =
    given === undefined
      ? await startThrowaway()
      : { admin: given, stop: () => onServer(given, `drop database ${TEMPLATE}`) };
  const { admin } = server;
  if (given !== undefined) await onServer(admin, `drop database if exists ${TEMPLATE}`);
  await onServer(admin, `create database ${TEMPLATE}`);
  await migrate({ connectionString: databaseUrl(admin, TEMPLATE) });
  project.provide("postgresUrl", admin);

  return async () => {
    const leaked = await onServer<{ application_name: string; datname: string }>(
      admin,
      `select application_name, datname from pg_stat_activity
        where backend_type = 'client backend' and pid <> pg_backend_pid()`,
    );
    await server.stop();
    if (leaked.length > 0) throw new Error(`connections were left open: ${JSON.stringify(leaked)}`);
  };
}

async function startThrowaway() {
  const directory = makeDataDirectory(PREFIX);
  const server = await startEmbeddedPostgres({ directory, password: "test", fsync: false });
  return {
    admin: server.connectionStringFor("postgres"),
    async stop() {
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

declare module "vitest" {
  interface ProvidedContext {
    /** The test server's maintenance database. */
    postgresUrl: string;
  }
}
