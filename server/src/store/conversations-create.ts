import type { ConversationId, UserId } from "../domain/ids.ts";
import type { ConversationRow } from "./conversations.ts";
import type { Reader, Writer } from "./database.ts";

export type NewConversation = Pick<
  ConversationRow,
  | "id"
  | "kind"
  | "spaceId"
  | "slug"
  | "externalRef"
  | "title"
  | "description"
  | "visibility"
  | "requireApproval"
  | "historyVisibility"
  | "slowModeSeconds"
  | "retentionDays"
  | "federate"
  | "directKey"
  | "subjectUserId"
  | "version"
  | "createdBy"
  | "createdAt"
>;

/** False where there is one already with this pair, subject or slug. Claim it first. */
export async function insertConversation(tx: Writer, row: NewConversation): Promise<boolean> {
  const inserted = await tx.execute({
    name: "insert_conversation",
    text: `INSERT INTO conversations (id, kind, space_id, slug, external_ref, title, description, visibility, require_approval,
             history_visibility, slow_mode_seconds, retention_days, federate, direct_key, subject_user_id, version,
             created_by, created_at, updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18)
           ON CONFLICT DO NOTHING`,
    values: [
      row.id,
      row.kind,
      row.spaceId,
      row.slug,
      row.externalRef,
      row.title,
      row.description,
      row.visibility,
      row.requireApproval,
      row.historyVisibility,
      row.slowModeSeconds,
      row.retentionDays,
      row.federate,
      row.directKey,
      row.subjectUserId,
      row.version,
      row.createdBy,
      row.createdAt,
    ],
  });
  return inserted === 1;
}

/**
 * Claims what only one conversation can have (a pair, a subject, a slug) until the transaction ends; false while another claims it.
 * Without, the insert would wait inside a transaction that holds other claims: two of them deadlock, for a second each time.
 */
export async function claim(tx: Writer, key: string): Promise<boolean> {
  const [row] = await tx.query<{ claimed: boolean }>({
    name: "claim",
    text: "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS claimed",
    values: [`conversation:${key}`],
  });
  return row?.claimed ?? false;
}

/** A message id that is taken, and what tells whether a retried creation took it. */
export interface FirstMessage {
  readonly conversationId: ConversationId;
  readonly senderId: UserId;
  readonly ordinal: number;
  readonly kind: string;
  readonly createdBy: UserId;
  readonly deleted: boolean;
}

export async function findFirstMessage(db: Reader, messageId: string): Promise<FirstMessage | undefined> {
  const [record] = await db.query<{
    conversation_id: string;
    sender_id: string;
    ordinal: number;
    kind: string;
    created_by: string;
    deleted: boolean;
  }>({
    name: "find_first_message",
    text: `SELECT m.conversation_id, m.sender_id, m.ordinal, c.kind, c.created_by, c.deleted_at IS NOT NULL AS deleted
           FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.id = $1`,
    values: [messageId],
  });
  return (
    record && {
      conversationId: record.conversation_id as ConversationId,
      senderId: record.sender_id as UserId,
      ordinal: record.ordinal,
      kind: record.kind,
      createdBy: record.created_by as UserId,
      deleted: record.deleted,
    }
  );
}
