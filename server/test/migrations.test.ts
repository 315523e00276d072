import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { migrate, migrationsToRun } from "../src/store/postgres/migrate.ts";
import { createTestDatabase } from "./harness/database.ts";
import type { TestDatabase } from "./harness/database.ts";
import { onServer } from "./harness/on-server.ts";

let directory: string;
let database: TestDatabase;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "parley-migrations-"));
  database = await createTestDatabase("empty");
});
afterEach(async () => {
  rmSync(directory, { recursive: true });
  await database.close();
});

function write(name: string, sql: string): void {
  writeFileSync(join(directory, name), sql);
}

function run(): Promise<string[]> {
  return migrate({ connectionString: database.connectionString, directory });
}

const FIRST = "create table things (n int);";

test("run once each, in order", async () => {
  write("0001_things.sql", FIRST);
  write("0002_names.sql", "alter table things add column name text;");
  expect(await migrationsToRun({ connectionString: database.connectionString, directory })).toEqual([
    "things",
    "names",
  ]);
  expect(await run()).toEqual(["things", "names"]);
  expect(await run()).toEqual([]);
});

test("started by several nodes at once, run once", async () => {
  write("0001_things.sql", `${FIRST} select pg_sleep(0.2);`);
  const outcomes = await Promise.all([run(), run(), run()]);
  expect(outcomes.flat()).toEqual(["things"]);
});

test("one that fails leaves nothing, says which it was, and may be run again", async () => {
  write("0001_things.sql", FIRST);
  write("0002_broken.sql", "create table half (n int); select 1 / 0;");
  await expect(run()).rejects.toThrow("migration 2 (broken) failed and was undone: division by zero");
  const [left] = await onServer(database.connectionString, "select to_regclass('half') is null as gone");
  expect(left).toEqual({ gone: true });
  write("0002_broken.sql", "create table whole (n int);");
  expect(await run()).toEqual(["broken"]);
});

test("one that was changed after it ran is refused; changed line ends are no change", async () => {
  write("0001_things.sql", `${FIRST}\n`);
  await run();
  write("0001_things.sql", `${FIRST}\r\n`);
  expect(await run()).toEqual([]);
  write("0001_things.sql", `${FIRST} -- better`);
  await expect(run()).rejects.toThrow(/0001_things was changed after this database had run it/);
});

test("a database from the future is refused, unless what it has more is marked as harmless to old code", async () => {
  write("0001_things.sql", FIRST);
  await run();
  const insert = (number: number, breaking: string): Promise<object[]> =>
    onServer(
      database.connectionString,
      `insert into schema_migrations (number, name, checksum, breaking) values (${number}, 'later', 'x', ${breaking})`,
    );
  await insert(2, "false");
  expect(await run()).toEqual([]);
  await insert(3, "default");
  await expect(run()).rejects.toThrow(/comes from a newer Parley \(migration 0003_later, this one knows 1\)/);
});

test("the mark --! breaking is remembered", async () => {
  write("0001_things.sql", `-- A table.\n--! breaking\n${FIRST}`);
  write("0002_more.sql", "create table more (n int);");
  await run();
  const rows = await onServer(database.connectionString, "select breaking from schema_migrations order by number");
  expect(rows).toEqual([{ breaking: true }, { breaking: false }]);
});

test("files out of order and stray files are refused", async () => {
  write("0001_things.sql", FIRST);
  write("0003_gap.sql", "select 1;");
  await expect(run()).rejects.toThrow("0003_gap.sql: expected number 2");
  rmSync(join(directory, "0003_gap.sql"));
  write("notes.txt", "");
  await expect(run()).rejects.toThrow(/notes.txt is not named like a migration/);
});
