import { Socket } from "node:net";
import pg from "pg";
import { MigrationError, pendingMigrations, readMigrations } from "./migrations.ts";
import type { AppliedMigration, Migration } from "./migrations.ts";

/** Any number will do, as long as it is ours alone: "parley" in hexadecimal ASCII. */
export const MIGRATION_LOCK = "123563833845113";
const OLDEST_SERVER = 150_000;
/** How long another node may migrate before this one gives up. */
const LOCK_LIMIT_MS = 900_000;
const LOCK_POLL_MS = 100;
const CONNECT_LIMIT_MS = 10_000;
/** A timer can wait no longer. */
const LONGEST_TIMEOUT_MS = 2_147_483_647;

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
  /** An answer that takes longer, of anything but a migration itself, will not come any more; default 12,000 ms. */
  readonly silenceMs?: number;
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
  const { client, end } = prepareConnection(options);
  try {
    await client.connect();
    await checkServer(client);
    await lock(client);
    await client.query(CREATE_HISTORY);
    const pending = pendingMigrations(files, await history(client));
    for (const migration of pending) {
      options.log?.(`migration ${migration.number}: ${migration.name.replaceAll("_", " ")}`);
      await apply(client, migration);
    }
    return pending.map((migration) => migration.name);
  } finally {
    await end();
  }
}

/** What would run, without running it; throws like `migrate`. */
export async function migrationsToRun(options: MigrateOptions): Promise<string[]> {
  const { client, end } = prepareConnection(options);
  try {
    await client.connect();
    const found = await client.query("select to_regclass('schema_migrations') is not null as found");
    const applied = found.rows[0]?.found === true ? await history(client) : [];
    return pendingMigrations(readMigrations(options.directory), applied).map(({ name }) => name);
  } finally {
    await end();
  }
}

interface Connection {
  readonly client: pg.Client;
  /** Ends the session and with it the lock, whatever state the session is in. */
  readonly end: () => Promise<void>;
}

/** A node that starts has nobody who would drop a connection on which no answer comes: it would start for ever. */
function prepareConnection({ connectionString, silenceMs = 12_000 }: MigrateOptions): Connection {
  const line = new Socket();
  const client = new pg.Client({
    connectionString,
    application_name: "parley migrate",
    keepAlive: true,
    connectionTimeoutMillis: Math.min(CONNECT_LIMIT_MS, silenceMs),
    query_timeout: silenceMs,
    stream: () => line,
  });
  client.on("error", () => undefined);
  return {
    client,
    async end() {
      // The good-bye may not be answered, either.
      const timer = setTimeout(() => line.destroy(), silenceMs);
      await client.end();
      clearTimeout(timer);
    },
  };
}

/** Asked again and again rather than waited for in one statement, so that a connection that fell silent is noticed. */
async function lock(client: pg.Client): Promise<void> {
  // A holder whose machine has vanished lets go within half a minute.
  await client.query("set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3");
  const deadline = performance.now() + LOCK_LIMIT_MS;
  for (;;) {
    const { rows } = await client.query<{ locked: boolean }>(
      `select pg_try_advisory_lock(${MIGRATION_LOCK}) as locked`,
    );
    if (rows[0]?.locked === true) return;
    if (performance.now() > deadline)
      throw new MigrationError("another node has been migrating the database for too long: see what it does");
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
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
    await client.query(unlimited(sql));
    await client.query("insert into schema_migrations (number, name, checksum, breaking) values ($1, $2, $3, $4)", [
      number,
      name,
      checksum,
      breaking,
    ]);
    await client.query(unlimited("commit"));
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    throw new MigrationError(`migration ${number} (${name}) failed and was undone: ${reason}`, { cause: error });
  }
}

/** Takes as long as it takes. */
function unlimited(text: string): pg.QueryConfig {
  // The driver knows it for a single statement, too; its types do not say so.
  return Object.assign({ text }, { query_timeout: LONGEST_TIMEOUT_MS });
}
