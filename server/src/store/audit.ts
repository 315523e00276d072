import { v7 as uuidv7 } from "uuid";
import type { ConversationId, UserId } from "../domain/ids.ts";
import type { Reader, Writer } from "./database.ts";

/** Something done that staff can look up later: by whom, to what. */
export interface AuditRecord {
  readonly actorId: UserId;
  /** Named like a change: `member.removed`, `conversation.deleted`. */
  readonly action: string;
  readonly conversationId?: ConversationId | null;
  /** What it was done to: a message, a user, a space. */
  readonly subjectId?: string | null;
  /** What else one needs to know to understand it. Never contents of messages: the log outlives them. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A row of `audit_log`. */
export interface AuditRow {
  id: string;
  at: Date;
  actorId: UserId;
  action: string;
  conversationId: ConversationId | null;
  subjectId: string | null;
  data: Record<string, unknown>;
}

/** Notes it in the transaction of what it is about, so that neither can be without the other. */
export async function recordAudit(tx: Writer, record: AuditRecord): Promise<void> {
  await tx.execute({
    name: "record_audit",
    text: `INSERT INTO audit_log (id, actor_id, action, conversation_id, subject_id, data) VALUES ($1, $2, $3, $4, $5, $6)`,
    values: [
      uuidv7(),
      record.actorId,
      record.action,
      record.conversationId ?? null,
      record.subjectId ?? null,
      JSON.stringify(record.data ?? {}),
    ],
  });
}

export interface AuditFilter {
  readonly conversationId: ConversationId | null;
  readonly actorId: UserId | null;
  readonly action: string | null;
  /** Exclusive. */
  readonly before: Date | null;
  /** Exclusive. */
  readonly after: Date | null;
  /** The last row of the page before. */
  readonly beyond: { readonly at: Date; readonly id: string } | null;
  readonly limit: number;
}

/** Newest first. Indexes audit_log_by_conversation and audit_log_recent. */
export async function listAudit(db: Reader, filter: AuditFilter): Promise<AuditRow[]> {
  const records = await db.query<AuditLogRecord>({
    name: filter.conversationId ? "list_audit_of_conversation" : "list_audit",
    text: `SELECT id, at, actor_id, action, conversation_id, subject_id, data FROM audit_log
           WHERE ${filter.conversationId ? "conversation_id = $1" : "$1::uuid IS NULL"}
             AND ($2::uuid IS NULL OR actor_id = $2) AND ($3::text IS NULL OR action = $3)
             AND at < coalesce($4::timestamptz, 'infinity') AND at > coalesce($5::timestamptz, '-infinity')
             AND (at, id) < (coalesce($6::timestamptz, 'infinity'), coalesce($7::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
           ORDER BY at DESC, id DESC LIMIT $8`,
    values: [
      filter.conversationId,
      filter.actorId,
      filter.action,
      filter.before,
      filter.after,
      filter.beyond?.at ?? null,
      filter.beyond?.id ?? null,
      filter.limit,
    ],
  });
  return records.map(toAuditRow);
}

interface AuditLogRecord {
  id: string;
  at: Date;
  actor_id: string;
  action: string;
  conversation_id: string | null;
  subject_id: string | null;
  data: Record<string, unknown>;
}

function toAuditRow(record: AuditLogRecord): AuditRow {
  return {
    id: record.id,
    at: record.at,
    actorId: record.actor_id as UserId,
    action: record.action,
    conversationId: record.conversation_id as ConversationId | null,
    subjectId: record.subject_id,
    data: record.data,
  };
}
