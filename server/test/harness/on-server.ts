import pg from "pg";

/** Runs one statement on a connection of its own, as an administrator would. */
export async function onServer<R extends object>(connectionString: string, sql: string): Promise<R[]> {
  const client = new pg.Client({ connectionString, application_name: "test administration" });
  await client.connect();
  try {
    const result = await client.query<R>(sql);
    return result.rows;
  } finally {
    await client.end();
  }
}
