import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, inject } from "vitest";
import type { Database } from "../../src/store/database.ts";
import { openDatabase } from "../../src/store/postgres/pool.ts";
import type { DatabaseOptions } from "../../src/store/postgres/pool.ts";
import { databaseUrl, onServer } from "./on-server.ts";
import { TEMPLATE } from "./template.ts";

export interface TestDatabase extends AsyncDisposable {
  readonly connectionString: string;
  /** Opens it; closed with the test database. */
  open(options?: Omit<DatabaseOptions, "connectionString">): Database;
  /** Closes everything that was opened here, fails if other connections are left, and drops the database. */
  close(): Promise<void>;
}

/** A fresh, migrated database, cloned from the run's template. `empty` leaves the migrations out. */
export async function createTestDatabase(kind: "migrated" | "empty" = "migrated"): Promise<TestDatabase> {
  const admin = inject("postgresUrl");
  const name = `test_${randomBytes(6).toString("hex")}`;
  await onServer(admin, `create database ${name} template ${kind === "migrated" ? TEMPLATE : "template0"}`);
  const connectionString = databaseUrl(admin, name);
  const opened: Database[] = [];

  const close = async (): Promise<void> => {
    await Promise.all(opened.map((database) => database.close()));
    const leaked = await connectionsTo(admin, name);
    await onServer(admin, `drop database if exists ${name} with (force)`);
    if (leaked.length > 0) throw new Error(`connections were left open: ${leaked.join(", ")}`);
  };
  return {
    connectionString,
    open(options = {}) {
      const database = openDatabase({ applicationName: "test", ...options, connectionString });
      opened.push(database);
      return database;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The same for a whole test file: made before its tests, closed and checked for leaks after them. */
export function useTestDatabase(): { readonly database: Database; readonly connectionString: string } {
  let test: TestDatabase | undefined;
  let database: Database | undefined;
  beforeAll(async () => {
    test = await createTestDatabase();
    database = test.open();
  });
  afterAll(() => test?.close());
  return {
    get database() {
      if (database === undefined) throw new Error("the test database is made in beforeAll");
      return database;
    },
    get connectionString() {
      if (test === undefined) throw new Error("the test database is made in beforeAll");
      return test.connectionString;
    },
  };
}

/** A closed connection stays in the view for a moment, until its backend has ended. */
async function connectionsTo(admin: string, name: string): Promise<string[]> {
  const deadline = Date.now() + 2_000;
  for (;;) {
    const rows = await onServer<{ application_name: string }>(
      admin,
      `select application_name from pg_stat_activity where datname = '${name}' and backend_type = 'client backend'`,
    );
    if (rows.length === 0 || Date.now() > deadline) return rows.map((row) => row.application_name);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
