import type { ConversationId, MessageId, UserId } from "../domain/ids.ts";
import type { Reader, Writer } from "./database.ts";

/** A row of `drafts`. */
export interface DraftRow {
  userId: UserId;
  conversationId: ConversationId;
  content: string;
  parentId: MessageId | null;
  updatedAt: Date;
}

interface DraftRecord {
  user_id: string;
  conversation_id: string;
  content: string;
  parent_id: string | null;
  updated_at: Date;
}

const COLUMNS = "user_id, conversation_id, content, parent_id, updated_at";

function toDraftRow(record: DraftRecord): DraftRow {
  return {
    userId: record.user_id as UserId,
    conversationId: record.conversation_id as ConversationId,
    content: record.content,
    parentId: record.parent_id as MessageId | null,
    updatedAt: record.updated_at,
  };
}

export async function findDraft(
  db: Reader,
  userId: UserId,
  conversationId: ConversationId,
): Promise<DraftRow | undefined> {
  const [record] = await db.query<DraftRecord>({
    name: "find_draft",
    text: `SELECT ${COLUMNS} FROM drafts WHERE user_id = $1 AND conversation_id = $2`,
    values: [userId, conversationId],
  });
  return record && toDraftRow(record);
}

export async function upsertDraft(tx: Writer, draft: Omit<DraftRow, "updatedAt">): Promise<DraftRow> {
  const [record] = await tx.query<DraftRecord>({
    name: "upsert_draft",
    text: `INSERT INTO drafts (user_id, conversation_id, content, parent_id, updated_at) VALUES ($1, $2, $3, $4, clock_timestamp())
           ON CONFLICT (user_id, conversation_id) DO UPDATE SET content = excluded.content, parent_id = excluded.parent_id,
             updated_at = excluded.updated_at
           RETURNING ${COLUMNS}`,
    values: [draft.userId, draft.conversationId, draft.content, draft.parentId],
  });
  if (!record) throw new Error("an upserted draft was not returned");
  return toDraftRow(record);
}

export async function deleteDraft(tx: Writer, userId: UserId, conversationId: ConversationId): Promise<void> {
  await tx.execute({
    name: "delete_draft",
    text: "DELETE FROM drafts WHERE user_id = $1 AND conversation_id = $2",
    values: [userId, conversationId],
  });
}
