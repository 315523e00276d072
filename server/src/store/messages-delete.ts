import type { MessageId, UserId } from "../domain/ids.ts";
import type { Writer } from "./database.ts";
import { messageColumns, toMessageRow, type MessageRecord, type MessageRow } from "./messages.ts";

export interface Deletion {
  readonly messageId: MessageId;
  readonly deletedBy: UserId;
  readonly at: Date;
  readonly version: number;
}

/**
 * Empties a message and puts what was in it apart, for restoring. Reactions and pin are gone for good. Its place, its edits and its
 * replies stay. Under the lock of the head.
 */
export async function deleteMessage(tx: Writer, { messageId, deletedBy, at, version }: Deletion): Promise<MessageRow> {
  const [record] = await tx.query<MessageRecord>({
    name: "delete_message",
    text: `WITH kept AS (
             INSERT INTO deleted_contents (message_id, content, metadata, attachments, mentions, deleted_at)
             SELECT m.id, m.content, m.metadata, m.attachments, m.mentions, $3 FROM messages m WHERE m.id = $1
             ON CONFLICT (message_id) DO UPDATE SET content = excluded.content, metadata = excluded.metadata,
               attachments = excluded.attachments, mentions = excluded.mentions, deleted_at = excluded.deleted_at
           ), unreacted AS (
             DELETE FROM reactions WHERE message_id = $1
           )
           UPDATE messages m SET content = '', metadata = NULL, attachments = NULL, mentions = NULL, mass_mention = NULL,
             reaction_count = 0, pinned_at = NULL, pinned_by = NULL, deleted_at = $3, deleted_by = $2, version = $4
           WHERE m.id = $1 RETURNING ${messageColumns("m")}`,
    values: [messageId, deletedBy, at, version],
  });
  if (!record) throw new Error(`message ${messageId} vanished under the lock of the head`);
  return toMessageRow(record);
}

/** Whether what was in a deleted message is still there to be restored. */
export async function isContentKept(tx: Writer, messageId: MessageId): Promise<boolean> {
  const records = await tx.query({
    name: "is_content_kept",
    text: "SELECT FROM deleted_contents WHERE message_id = $1",
    values: [messageId],
  });
  return records.length > 0;
}

/** Puts back what was in a deleted message. Under the lock of the head; the content must be kept. */
export async function restoreMessage(tx: Writer, messageId: MessageId, version: number): Promise<MessageRow> {
  const [record] = await tx.query<MessageRecord>({
    name: "restore_message",
    text: `WITH kept AS (DELETE FROM deleted_contents WHERE message_id = $1 RETURNING *)
           UPDATE messages m SET content = k.content, metadata = k.metadata, attachments = k.attachments, mentions = k.mentions,
             deleted_at = NULL, deleted_by = NULL, version = $2
           FROM kept k WHERE m.id = k.message_id RETURNING ${messageColumns("m")}`,
    values: [messageId, version],
  });
  if (!record) throw new Error(`message ${messageId} has nothing kept to restore`);
  return toMessageRow(record);
}

/**
 * Adds to the root's count of replies that are not deleted, after one of them was deleted (-1) or restored (+1). The index
 * messages_thread finds its last one.
 */
export async function countReply(
  tx: Writer,
  rootId: MessageId,
  difference: 1 | -1,
  version: number,
): Promise<MessageRow> {
  const [record] = await tx.query<MessageRecord>({
    name: "count_reply",
    text: `UPDATE messages m SET reply_count = m.reply_count + $2, version = $3,
             last_reply_at = (SELECT r.created_at FROM messages r
               WHERE r.thread_root_id = $1 AND r.deleted_at IS NULL ORDER BY r.seq DESC LIMIT 1)
           WHERE m.id = $1 RETURNING ${messageColumns("m")}`,
    values: [rootId, difference, version],
  });
  if (!record) throw new Error(`the root ${rootId} of a thread is not there`);
  return toMessageRow(record);
}

/**
 * Forgets what was in messages that were deleted before `time`, at most `limit` of them; answers how many. The oldest first, by
 * the index deleted_contents_age.
 */
export async function purgeDeletedContents(tx: Writer, time: Date, limit: number): Promise<number> {
  return await tx.execute({
    name: "purge_deleted_contents",
    text: `DELETE FROM deleted_contents WHERE message_id IN (
             SELECT message_id FROM deleted_contents WHERE deleted_at < $1 ORDER BY deleted_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    values: [time, limit],
  });
}
