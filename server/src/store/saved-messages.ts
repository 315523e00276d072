import type { ConversationId, MessageId, UserId } from "../domain/ids.ts";
import type { Reader, Writer } from "./database.ts";

/** A row of `saved_messages`. */
export interface SavedMessageRow {
  messageId: MessageId;
  conversationId: ConversationId;
  savedAt: Date;
}

interface SavedMessageRecord {
  message_id: string;
  conversation_id: string;
  saved_at: Date;
}

function toSavedMessageRow(record: SavedMessageRecord): SavedMessageRow {
  return {
    messageId: record.message_id as MessageId,
    conversationId: record.conversation_id as ConversationId,
    savedAt: record.saved_at,
  };
}

/** Saving again keeps the time of the first saving. */
export async function insertSavedMessage(
  tx: Writer,
  saved: { readonly userId: UserId; readonly messageId: MessageId; readonly conversationId: ConversationId },
): Promise<SavedMessageRow> {
  const [record] = await tx.query<SavedMessageRecord>({
    name: "insert_saved_message",
    text: `INSERT INTO saved_messages AS s (user_id, message_id, conversation_id, saved_at) VALUES ($1, $2, $3, clock_timestamp())
           ON CONFLICT (user_id, message_id) DO UPDATE SET saved_at = s.saved_at
           RETURNING s.message_id, s.conversation_id, s.saved_at`,
    values: [saved.userId, saved.messageId, saved.conversationId],
  });
  if (!record) throw new Error("a saved message was not returned");
  return toSavedMessageRow(record);
}

export async function deleteSavedMessage(tx: Writer, userId: UserId, messageId: MessageId): Promise<void> {
  await tx.execute({
    name: "delete_saved_message",
    text: "DELETE FROM saved_messages WHERE user_id = $1 AND message_id = $2",
    values: [userId, messageId],
  });
}

/** Last saved first. Index saved_messages_recent. */
export async function listSavedMessages(
  db: Reader,
  userId: UserId,
  beyond: { readonly at: Date; readonly id: string } | null,
  limit: number,
): Promise<SavedMessageRow[]> {
  const records = await db.query<SavedMessageRecord>({
    name: "list_saved_messages",
    text: `SELECT message_id, conversation_id, saved_at FROM saved_messages
           WHERE user_id = $1 AND saved_at <= coalesce($2, 'infinity'::timestamptz)
             AND ($2::timestamptz IS NULL OR saved_at < $2 OR message_id > $3)
           ORDER BY saved_at DESC, message_id LIMIT $4`,
    values: [userId, beyond?.at ?? null, beyond?.id ?? null, limit],
  });
  return records.map(toSavedMessageRow);
}
