import { spawn, spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { CONTENT } from "../load/content.ts";
import { atEnd, temporaryFolder } from "../machine/ending.ts";
import type { Scene } from "../stage.ts";

/** pgbench comes with PostgreSQL (Debian: postgresql-contrib), not with the embedded server. */
export function hasPgbench(): boolean {
  return spawnSync("pgbench", ["--version"]).status === 0;
}

const SCRIPT = `\\set n random(1, :scenes)
BEGIN;
SELECT conversation_id AS conversation, sender AS sender FROM bench_scenes WHERE n = :n \\gset
SELECT head + 1 AS version, message_count + 1 AS ordinal FROM conversation_heads WHERE conversation_id = :conversation::uuid FOR UPDATE \\gset
SELECT rights AS rights FROM members WHERE conversation_id = :conversation::uuid AND user_id = :sender::uuid AND left_at IS NULL \\gset
WITH i AS (SELECT gen_random_uuid() AS id), m AS (
INSERT INTO messages (conversation_id, seq, ordinal, version, id, sender_id, content_type, content, fingerprint, created_at)
SELECT :conversation::uuid, :version, :ordinal, :version, i.id, :sender::uuid, 'text', '${CONTENT}', '\\x00', now() FROM i
), c AS (
INSERT INTO changes (conversation_id, version, type, subject_id, actor_id, at)
SELECT :conversation::uuid, :version, 'message.created', i.id, :sender::uuid, now() FROM i)
UPDATE conversation_heads SET head = :version, message_count = :ordinal, last_message_seq = :version, last_message_at = now() WHERE conversation_id = :conversation::uuid;
COMMIT;
`;

/** The same transaction, one message at a time, from PostgreSQL's own load generator: no Node between. */
export async function pgbenchRate(
  connectionString: string,
  scenes: readonly Scene[],
  clients: number,
  seconds: number,
): Promise<number> {
  await nameScenes(connectionString, scenes);
  await using folder = temporaryFolder("parley-pgbench-");
  const script = join(folder.path, "send.sql");
  await writeFile(script, SCRIPT);
  const times = ["-c", String(clients), "-j", "2", "-T", String(seconds)];
  const output = await run([
    ...["-n", "-f", script, "-D", `scenes=${scenes.length}`],
    ...times,
    ...["-M", "prepared", connectionString],
  ]);
  const rate = /tps = ([\d.]+)/.exec(output)?.[1];
  if (rate === undefined) throw new Error(`pgbench said nothing of its rate:\n${output}`);
  return Number(rate);
}

async function nameScenes(connectionString: string, scenes: readonly Scene[]): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query("DROP TABLE IF EXISTS bench_scenes");
  await client.query("CREATE TABLE bench_scenes (n integer PRIMARY KEY, conversation_id uuid, sender uuid)");
  await client.query(
    "INSERT INTO bench_scenes SELECT * FROM json_to_recordset($1::json) AS s (n integer, conversation_id uuid, sender uuid)",
    [
      JSON.stringify(
        scenes.map((scene, index) => ({ n: index + 1, conversation_id: scene.id, sender: scene.members[0] })),
      ),
    ],
  );
  await client.query("ANALYZE bench_scenes");
  await client.end();
}

function run(args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("pgbench", args, { stdio: ["ignore", "pipe", "pipe"] });
    const ended = new Promise((gone) => child.once("close", gone));
    const stop = atEnd(async () => {
      child.kill();
      await ended;
    });
    let output = "";
    child.stdout.on("data", (chunk) => (output += String(chunk)));
    child.stderr.on("data", (chunk) => (output += String(chunk)));
    child.once("error", reject);
    child.once("close", (code) => {
      void stop();
      if (code === 0) resolve(output);
      else reject(new Error(`pgbench ended with ${code}:\n${output}`));
    });
  });
}
