import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ROOT, prepare } from "./prepare.mjs";

// `npm run schema` writes server/schema.sql, what all migrations add up to; with --check it only compares.
await prepare();
const { default: pg } = await import("pg");
const { startEmbeddedPostgres } = await import("../server/dist/store/postgres/embedded.js");
const { migrate } = await import("../server/dist/store/postgres/migrate.js");
const { dumpSchema } = await import("./schema-dump.mjs");

const file = join(ROOT, "server", "schema.sql");
const directory = mkdtempSync(join(tmpdir(), "parley-schema-"));
chmodSync(directory, 0o711);
const server = await startEmbeddedPostgres({ directory, password: "schema", fsync: false });
try {
  const { connectionString } = server;
  await migrate({ connectionString });
  const client = new pg.Client({ connectionString });
  await client.connect();
  const schema = await dumpSchema(client);
  await client.end();
  if (!process.argv.includes("--check")) {
    writeFileSync(file, schema);
    console.log(`wrote ${schema.split("\n").length} lines to server/schema.sql`);
  } else if (!existsSync(file) || readFileSync(file, "utf8") !== schema) {
    console.error("server/schema.sql is not what the migrations make: run `npm run schema`");
    process.exitCode = 1;
  }
} finally {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}
