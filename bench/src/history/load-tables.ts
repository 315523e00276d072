import pg from "pg";
import { copyInto, type Copy } from "./copy.ts";

/**
 * Empties the tables (named with their columns), takes their indexes away, lets `fill` copy rows into all of them, and makes the indexes again: sorting once is
 * many times faster than finding a place for each row. The server must have nothing else to do. Rows are frozen at once (`FREEZE`),
 * as a vacuum would leave them.
 */
export async function loadTables<Names extends string>(
  connectionString: string,
  tables: Readonly<Record<Names, string>>,
  fill: (copies: Readonly<Record<Names, Copy>>) => Promise<void>,
  say: (line: string) => void,
): Promise<void> {
  const names = Object.keys(tables) as Names[];
  const clients = await Promise.all(names.map(() => connect(connectionString)));
  try {
    const indexes = await Promise.all(clients.map((client, index) => strip(client, names[index] as string)));
    const copies = await Promise.all(
      clients.map((client, index) => {
        const name = names[index] as Names;
        return copyInto(client, `COPY ${name} (${tables[name]}) FROM STDIN (FREEZE)`);
      }),
    );
    await fill(Object.fromEntries(names.map((name, index) => [name, copies[index]])) as Record<Names, Copy>);
    await Promise.all(copies.map((copy) => copy.end()));
    say("the indexes");
    await Promise.all(clients.map((client, index) => restore(client, indexes[index] ?? [])));
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query("SET synchronous_commit = off; SET maintenance_work_mem = '768MB'");
  return client;
}

/** Begins the transaction; answers the statements that make the indexes again. */
async function strip(client: pg.Client, table: string): Promise<string[]> {
  await client.query(`BEGIN; TRUNCATE ${table}`);
  const { rows } = await client.query<{ make: string; drop: string }>(
    `SELECT CASE WHEN k.oid IS NULL THEN pg_get_indexdef(i.indexrelid)
         ELSE format('ALTER TABLE %s ADD CONSTRAINT %I %s', i.indrelid::regclass, k.conname, pg_get_constraintdef(k.oid)) END AS make,
       CASE WHEN k.oid IS NULL THEN format('DROP INDEX %s', i.indexrelid::regclass)
         ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', i.indrelid::regclass, k.conname) END AS drop
     FROM pg_index i LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid
     WHERE i.indrelid = $1::regclass ORDER BY i.indexrelid`,
    [table],
  );
  for (const { drop } of rows) await client.query(drop);
  return rows.map(({ make }) => make);
}

async function restore(client: pg.Client, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await client.query(statement);
  await client.query("COMMIT");
}
