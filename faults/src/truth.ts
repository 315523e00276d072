import pg from "pg";
import type { TrueChange, TrueMessage, Truth } from "./checker/facts.ts";

pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** A few questions to PostgreSQL itself, past the service. */
export async function withDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Makes PostgreSQL go on in its next log file, whatever room is left in this one. */
export async function useUpLogFile(url: () => string): Promise<void> {
  await withDatabase(url(), (client) => client.query("SELECT pg_switch_wal()"));
}

export async function readHeads(
  client: pg.Client,
  conversationIds: readonly string[],
): Promise<Map<string, { head: number; messageCount: number }>> {
  const { rows } = await client.query<{ id: string; head: number; message_count: number }>(
    "SELECT conversation_id AS id, head, message_count FROM conversation_heads WHERE conversation_id = ANY ($1::uuid[])",
    [conversationIds],
  );
  return new Map(rows.map(({ id, head, message_count: messageCount }) => [id, { head, messageCount }]));
}

/** Everything about these conversations, on one snapshot. `isOver`: whatever is scheduled must have been sent by now. */
export async function readTruth(
  client: pg.Client,
  conversationIds: readonly string[],
  isOver: boolean,
): Promise<Truth> {
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  const heads = await readHeads(client, conversationIds);
  const messages = await client.query<TrueMessage>(
    `SELECT m.id, m.conversation_id AS "conversationId", m.seq, m.ordinal, m.content, m.deleted_at IS NOT NULL AS "isDeleted",
       m.pinned_at IS NOT NULL AS "isPinned",
       ARRAY (SELECT r.reaction || ' ' || r.user_id FROM reactions r WHERE r.message_id = m.id) AS reactions
     FROM messages m WHERE m.conversation_id = ANY ($1::uuid[])`,
    [conversationIds],
  );
  const changes = await client.query<TrueChange>(
    `SELECT conversation_id AS "conversationId", version, type::text, subject_id AS subject FROM changes WHERE conversation_id = ANY ($1::uuid[])`,
    [conversationIds],
  );
  const scheduled = await client.query<{ id: string; status: string }>(
    "SELECT message_id AS id, status FROM scheduled_messages WHERE conversation_id = ANY ($1::uuid[])",
    [conversationIds],
  );
  await client.query("COMMIT");
  const isDue = (status: string): boolean => isOver && (status === "pending" || status === "sending");
  return {
    heads,
    messages: messages.rows,
    changes: changes.rows,
    scheduled: new Map(scheduled.rows.map(({ id, status }) => [id, { status, isDue: isDue(status) }])),
  };
}
