import type { ConversationId, MessageId } from "../domain/ids.ts";
import type { Reader, Writer } from "./database.ts";

/** Removes movements of marks from before `time`, at most `limit`; answers how many. Index mark_movements_age. */
export async function pruneMarkMovements(tx: Writer, time: Date, limit: number): Promise<number> {
  return await tx.execute({
    name: "prune_mark_movements",
    text: `DELETE FROM mark_movements WHERE ctid = ANY (array(SELECT ctid FROM mark_movements WHERE at < $1 LIMIT $2))`,
    values: [time, limit],
  });
}

/**
 * Removes scheduled messages that were sent or cancelled before `time`, at most `limit`; answers how many. They hold a copy of what was
 * sent, which may have been deleted since.
 */
export async function pruneScheduledMessages(tx: Writer, time: Date, limit: number): Promise<number> {
  return await tx.execute({
    name: "prune_scheduled_messages",
    text: `DELETE FROM scheduled_messages WHERE id IN (
             SELECT id FROM scheduled_messages WHERE status IN ('sent', 'cancelled') AND updated_at < $1 LIMIT $2)`,
    values: [time, limit],
  });
}

/** Conversations that keep their messages for a time only. Index conversations_retention. */
export async function listRetentions(
  db: Reader,
): Promise<{ conversationId: ConversationId; retentionDays: number; now: Date }[]> {
  const rows = await db.query<{ id: string; retention_days: number; now: Date }>({
    name: "list_retentions",
    text: "SELECT id, retention_days, now()::timestamptz(3) AS now FROM conversations WHERE retention_days IS NOT NULL ORDER BY id",
  });
  return rows.map((row) => ({
    conversationId: row.id as ConversationId,
    retentionDays: row.retention_days,
    now: row.now,
  }));
}

/** Messages from before `time` that still say something, the oldest first. Primary key of `messages`. */
export async function findExpiredMessages(
  db: Reader,
  conversationId: ConversationId,
  time: Date,
  limit: number,
): Promise<MessageId[]> {
  const rows = await db.query<{ id: string }>({
    name: "find_expired_messages",
    text: `SELECT id FROM messages WHERE conversation_id = $1 AND created_at < $2 AND deleted_at IS NULL ORDER BY seq LIMIT $3`,
    values: [conversationId, time, limit],
  });
  return rows.map((row) => row.id as MessageId);
}

/** Forgets what deleted messages from before `time` held, and what stood in them before their edits; answers of how many. */
export async function forgetExpiredMessages(
  tx: Writer,
  conversationId: ConversationId,
  time: Date,
  limit: number,
): Promise<number> {
  return await tx.execute({
    name: "forget_expired_messages",
    text: `WITH gone AS MATERIALIZED (
             SELECT m.id FROM messages m WHERE m.conversation_id = $1 AND m.created_at < $2 AND m.deleted_at IS NOT NULL AND (
               EXISTS (SELECT FROM deleted_contents d WHERE d.message_id = m.id) OR EXISTS (SELECT FROM message_edits e WHERE e.message_id = m.id))
             LIMIT $3
           ), contents AS (
             DELETE FROM deleted_contents d USING gone WHERE d.message_id = gone.id
           ), edits AS (
             DELETE FROM message_edits e USING gone WHERE e.message_id = gone.id
           )
           SELECT id FROM gone`,
    values: [conversationId, time, limit],
  });
}
