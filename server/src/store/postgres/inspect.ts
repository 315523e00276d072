import pg from "pg";

/** What an operator wants to know about a database before trusting Parley to it. */
export interface Inspection {
  /** As `180004`. */
  readonly version: number;
  readonly encoding: string;
  /** Whether the C library's idea of letters finds trigrams in Chinese text; undefined before pg_trgm is installed. */
  readonly trigramsInAnyScript: boolean | undefined;
  /** Extensions Parley needs that the server does not offer. */
  readonly missingExtensions: readonly string[];
  readonly fsync: boolean;
  /** How far the database's clock is ahead of this machine's, less the way there and back. */
  readonly clockAheadMs: number;
}

const EXTENSIONS = ["pg_trgm", "unaccent"];
const CONNECT_LIMIT_MS = 5_000;

/** Looks at the server without changing anything. Throws when it cannot be reached. */
export async function inspectDatabase(connectionString: string): Promise<Inspection> {
  const client = new pg.Client({
    connectionString,
    application_name: "parley doctor",
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    statement_timeout: CONNECT_LIMIT_MS,
  });
  await client.connect();
  try {
    const asked = Date.now();
    const clock = await client.query<{ now: Date }>("select clock_timestamp() as now");
    const middle = (asked + Date.now()) / 2;
    const result = await client.query<
      Omit<Inspection, "clockAheadMs" | "trigramsInAnyScript"> & { hasTrigrams: boolean }
    >(
      `select current_setting('server_version_num')::int as version,
              current_setting('server_encoding') as encoding,
              current_setting('fsync')::boolean as fsync,
              array(select unnest($1::text[]) except select name from pg_available_extensions) as "missingExtensions",
              exists (select from pg_extension where extname = 'pg_trgm') as "hasTrigrams"`,
      [EXTENSIONS],
    );
    const [row] = result.rows;
    if (row === undefined) throw new Error("the database answered nothing");
    const { hasTrigrams, ...facts } = row;
    return {
      ...facts,
      clockAheadMs: (clock.rows[0]?.now.getTime() ?? middle) - middle,
      trigramsInAnyScript: hasTrigrams ? await findsTrigrams(client) : undefined,
    };
  } finally {
    await client.end();
  }
}

async function findsTrigrams(client: pg.Client): Promise<boolean> {
  const result = await client.query<{ found: boolean }>("select cardinality(show_trgm('你好世界')) > 0 as found");
  return result.rows[0]?.found ?? false;
}
