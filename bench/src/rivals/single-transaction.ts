import { randomInt } from "node:crypto";
import pg from "pg";
import { v7 as uuidv7 } from "uuid";
import { CONTENT } from "../load/content.ts";
import type { Scene } from "../stage.ts";
import { ratePerSecond } from "../stats.ts";

/**
 * One transaction per message, as one would write it: lock the head, look whether the sender is a member, write the message, the
 * change and the head. Four statements and COMMIT, prepared, each awaited.
 */
export async function singleTransactionRate(
  connectionString: string,
  scenes: readonly Scene[],
  clients: number,
  seconds: number,
): Promise<number> {
  const connections = await Promise.all(
    Array.from({ length: clients }, async () => {
      const client = new pg.Client({ connectionString });
      await client.connect();
      return client;
    }),
  );
  try {
    return await ratePerSecond(seconds, clients, async (worker) => {
      const scene = scenes[randomInt(scenes.length)] as Scene;
      await sendAlone(
        connections[worker] as pg.Client,
        scene,
        scene.members[randomInt(scene.members.length)] as string,
      );
      return 1;
    });
  } finally {
    await Promise.all(connections.map((connection) => connection.end()));
  }
}

async function sendAlone(client: pg.Client, scene: Scene, sender: string): Promise<void> {
  const id = uuidv7();
  await client.query("BEGIN");
  const head = await client.query<{ head: string; message_count: string }>({
    name: "lock",
    text: "SELECT head, message_count FROM conversation_heads WHERE conversation_id = $1 FOR UPDATE",
    values: [scene.id],
  });
  const member = await client.query({
    name: "member",
    text: "SELECT rights FROM members WHERE conversation_id = $1 AND user_id = $2 AND left_at IS NULL",
    values: [scene.id, sender],
  });
  const row = head.rows[0];
  if (!row || member.rowCount !== 1) throw new Error("the stage is not as it was set");
  const version = Number(row.head) + 1;
  await client.query({
    name: "write",
    text: WRITE,
    values: [scene.id, version, Number(row.message_count) + 1, id, sender, CONTENT],
  });
  await client.query("COMMIT");
}

const WRITE = `
  WITH message AS (
    INSERT INTO messages (conversation_id, seq, ordinal, version, id, sender_id, content_type, content, fingerprint, created_at)
    VALUES ($1, $2, $3, $2, $4, $5, 'text', $6, '\\x00', now())
  ), change AS (
    INSERT INTO changes (conversation_id, version, type, subject_id, actor_id, at) VALUES ($1, $2, 'message.created', $4, $5, now())
  )
  UPDATE conversation_heads SET head = $2, message_count = $3, last_message_seq = $2, last_message_at = now() WHERE conversation_id = $1`;
