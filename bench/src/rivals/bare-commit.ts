import pg from "pg";

/** One row into a table of one column, committed and answered: the least a durable write can cost from Node. */
export async function openBareCommit(
  connectionString: string,
): Promise<{ commit(): Promise<void>; close(): Promise<void> }> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query("CREATE TABLE IF NOT EXISTS bench_commits (n bigint)");
  let number = 0;
  return {
    async commit() {
      await client.query({
        name: "commit",
        text: "INSERT INTO bench_commits (n) VALUES ($1)",
        values: [(number += 1)],
      });
    },
    close: () => client.end(),
  };
}
