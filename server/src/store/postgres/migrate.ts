import pg from "pg";
import { MigrationError, pendingMigrations, readMigrations } from "./migrations.ts";
import type { AppliedMigration, Migration } from "./migrations.ts";

/** Any number will do, as long as it is ours alone: "parley" in hexadecimal ASCII. */
const LOCK = "123563833845113";
const OLDEST_SERVER = 150_000;
const LOCK_LIMIT = "15min";

const CREATE_HISTORY = `
  create table if not exists schema_migrations (
    number integer primary key,
    name text not null,
    checksum text not null,
    -- Whoever writes a row without saying so is safer taken for breaking.
    breaking boolean not null default true,
    applied_at timestamptz not null default now()
  )`;

export interface MigrateOptions {
  readonly connectionString: string;
  /** Default: the migrations that come with this version. */
  readonly directory?: string;
  readonly log?: (line: string) => void;
}

/**
 * Brings the database to this version; answers the names of the migrations it ran. Each runs in a transaction of its
 * own together with its entry in the history. Several nodes may call it at once: one works, the others wait.
 *
 * Throws MigrationError, with one line that says what to do, when the server is too old, the database is from the
 * future, a file was changed, or a migration fails (nothing of it stays).
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const files = readMigrations(options.directory);
  const client = new pg.Client({ connectionString: options.connectionString, application_name: "parley migrate" });
  client.on("error", () => undefined);
  await client.connect();
  try {
    await checkServer(client);
    await client.query(`set lock_timeout = '${LOCK_LIMIT}'`);
    await client.query(`select pg_advisory_lock(${LOCK})`);
    await client.query("set lock_timeout = 0");
    await client.query(CREATE_HISTORY);
    const pending = pendingMigrations(files, await history(client));
    for (const migration of pending) {
      options.log?.(`migration ${migration.number}: ${migration.name.replaceAll("_", " ")}`);
      await apply(client, migration);
    }
    return pending.map((migration) => migration.name);
  } finally {
    // Ends the session and with it the lock, whatever state the session is in.
    await client.end();
  }
}

/** What would run, without running it; throws like `migrate`. */
export async function migrationsToRun(options: MigrateOptions): Promise<string[]> {
  const client = new pg.Client({ connectionString: options.connectionString, application_name: "parley migrate" });
  await client.connect();
  try {
    const found = await client.query("select to_regclass('schema_migrations') is not null as found");
    const applied = found.rows[0]?.found === true ? await history(client) : [];
    return pendingMigrations(readMigrations(options.directory), applied).map(({ name }) => name);
  } finally {
    await client.end();
  }
}

async function checkServer(client: pg.Client): Promise<void> {
  const result = await client.query<{ version: number; encoding: string }>(
    `select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding`,
  );
  const { version, encoding } = result.rows[0] ?? { version: 0, encoding: "" };
  if (version < OLDEST_SERVER)
    throw new MigrationError(`PostgreSQL 15 or newer is needed, this is ${version / 10_000}`);
  if (encoding !== "UTF8") throw new MigrationError(`the database's encoding is ${encoding}: create it with UTF8`);
}

async function history(client: pg.Client): Promise<AppliedMigration[]> {
  const result = await client.query<AppliedMigration>(
    "select number, name, checksum, breaking from schema_migrations order by number",
  );
  return result.rows;
}

async function apply(client: pg.Client, { number, name, sql, checksum, breaking }: Migration): Promise<void> {
  try {
    await client.query("begin");
    await client.query(sql);
    await client.query("insert into schema_migrations (number, name, checksum, breaking) values ($1, $2, $3, $4)", [
      number,
      name,
      checksum,
      breaking,
    ]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    throw new MigrationError(`migration ${number} (${name}) failed and was undone: ${reason}`, { cause: error });
  }
}
