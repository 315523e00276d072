import type { ConversationId, UserId } from "../domain/ids.ts";
import type { Writer } from "./database.ts";

/**
 * A person's own view of a conversation (`member_settings`): archived or hidden as long as it has no more messages than now. The
 * count is read in the statement that writes it, so a message committed later always brings the conversation back.
 */
export async function archiveForOne(
  tx: Writer,
  conversationId: ConversationId,
  userId: UserId,
  archived: boolean,
): Promise<void> {
  await tx.execute({
    name: "archive_for_one",
    text: `INSERT INTO member_settings AS s (conversation_id, user_id, archived_at, archived_ordinal)
           SELECT conversation_id, $2, CASE WHEN $3 THEN clock_timestamp() END, CASE WHEN $3 THEN message_count END
           FROM conversation_heads WHERE conversation_id = $1
           ON CONFLICT (conversation_id, user_id) DO UPDATE SET
             -- Archiving what is archived keeps its time.
             archived_at = CASE WHEN s.archived_ordinal >= excluded.archived_ordinal THEN s.archived_at ELSE excluded.archived_at END,
             archived_ordinal = excluded.archived_ordinal`,
    values: [conversationId, userId, archived],
  });
}

export async function hideForOne(tx: Writer, conversationId: ConversationId, userId: UserId): Promise<void> {
  await tx.execute({
    name: "hide_for_one",
    text: `INSERT INTO member_settings (conversation_id, user_id, hidden_ordinal)
           SELECT conversation_id, $2, message_count FROM conversation_heads WHERE conversation_id = $1
           ON CONFLICT (conversation_id, user_id) DO UPDATE SET hidden_ordinal = excluded.hidden_ordinal`,
    values: [conversationId, userId],
  });
}

/** Brings back what was hidden, without waiting for a message. */
export async function unhideForOne(tx: Writer, conversationId: ConversationId, userId: UserId): Promise<void> {
  await tx.execute({
    name: "unhide_for_one",
    text: `UPDATE member_settings SET hidden_ordinal = NULL
           WHERE conversation_id = $1 AND user_id = $2 AND hidden_ordinal IS NOT NULL`,
    values: [conversationId, userId],
  });
}
