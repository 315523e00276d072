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

/** The same server's database of another name. `admin` names the database `postgres`. */
export function databaseUrl(admin: string, name: string): string {
  return admin.replace("/postgres?", `/${name}?`).replace(/\/postgres$/, `/${name}`);
}
