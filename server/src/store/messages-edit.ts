import type { MessageId, UserId } from "../domain/ids.ts";
import type { Reader, Writer } from "./database.ts";
import { messageColumns, toMessageRow, type MessageRecord, type MessageRow } from "./messages.ts";

/** What an edit puts in the place of what stood there. */
export interface Edit {
  readonly messageId: MessageId;
  readonly content: string;
  readonly metadata: Record<string, unknown> | null;
  readonly mentions: readonly UserId[] | null;
  readonly massMention: string | null;
  readonly editorId: UserId;
  readonly at: Date;
  readonly version: number;
}

/** Keeps what the message was and writes what it is now. Under the lock of the head. */
export async function editMessage(tx: Writer, edit: Edit): Promise<MessageRow> {
  const [record] = await tx.query<MessageRecord>({
    name: "edit_message",
    text: `WITH kept AS (
             INSERT INTO message_edits (message_id, number, content, metadata, edited_by, edited_at)
             SELECT m.id, m.edit_count + 1, m.content, m.metadata, $2, $3 FROM messages m WHERE m.id = $1
           )
           UPDATE messages m SET content = $4, metadata = $5, mentions = $6, mass_mention = $7, edited_at = $3,
             edit_count = m.edit_count + 1, version = $8
           WHERE m.id = $1 RETURNING ${messageColumns("m")}`,
    values: [
      edit.messageId,
      edit.editorId,
      edit.at,
      edit.content,
      edit.metadata && JSON.stringify(edit.metadata),
      edit.mentions,
      edit.massMention,
      edit.version,
    ],
  });
  if (!record) throw new Error(`message ${edit.messageId} vanished under the lock of the head`);
  return toMessageRow(record);
}

/** A row of `message_edits`: what the message was before its edit of this number (1, 2, 3 …). */
export interface MessageEditRow {
  messageId: MessageId;
  number: number;
  content: string;
  metadata: Record<string, unknown> | null;
  editedBy: UserId;
  /** When this content was replaced. */
  editedAt: Date;
}

interface MessageEditRecord {
  message_id: string;
  number: number;
  content: string;
  metadata: Record<string, unknown> | null;
  edited_by: string;
  edited_at: Date;
}

/** What a message was before its edits, the last first, of numbers below `below`. Primary key of `message_edits`. */
export async function listMessageEdits(
  db: Reader,
  messageId: MessageId,
  below: number,
  limit: number,
): Promise<MessageEditRow[]> {
  const records = await db.query<MessageEditRecord>({
    name: "list_message_edits",
    text: `SELECT message_id, number, content, metadata, edited_by, edited_at FROM message_edits
           WHERE message_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3`,
    values: [messageId, below, limit],
  });
  return records.map((record) => ({
    messageId: record.message_id as MessageId,
    number: record.number,
    content: record.content,
    metadata: record.metadata,
    editedBy: record.edited_by as UserId,
    editedAt: record.edited_at,
  }));
}
