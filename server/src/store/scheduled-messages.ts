import type { ContentType } from "@parley/protocol";
import type { ConversationId, MessageId, UserId } from "../domain/ids.ts";
import type { ScheduledState } from "../domain/scheduled-messages.ts";
import type { Reader, Writer } from "./database.ts";

/** What will be sent. Kept as JSON: nobody asks the database about it. */
export interface ScheduledBody {
  readonly content_type: ContentType;
  readonly content: string;
  readonly metadata: Record<string, unknown> | null;
  readonly parent_id: MessageId | null;
  readonly attachments: Record<string, unknown>[];
  /** Scheduled with a service token, so sent as by one. */
  readonly by_service: boolean;
}

/** A row of `scheduled_messages`. The message will have the same id. */
export interface ScheduledMessageRow {
  id: MessageId;
  conversationId: ConversationId;
  senderId: UserId;
  body: ScheduledBody;
  sendAt: Date;
  status: ScheduledState;
  failureCode: string | null;
  failureDetail: string | null;
  createdAt: Date;
  updatedAt: Date;
  sentAt: Date | null;
}

interface ScheduledMessageRecord {
  id: string;
  conversation_id: string;
  sender_id: string;
  body: ScheduledBody;
  send_at: Date;
  status: string;
  failure_code: string | null;
  failure_detail: string | null;
  created_at: Date;
  updated_at: Date;
  sent_at: Date | null;
}

const COLUMNS =
  "id, conversation_id, sender_id, body, send_at, status, failure_code, failure_detail, created_at, updated_at, sent_at";

function toScheduledMessageRow(record: ScheduledMessageRecord): ScheduledMessageRow {
  return {
    id: record.id as MessageId,
    conversationId: record.conversation_id as ConversationId,
    senderId: record.sender_id as UserId,
    body: record.body,
    sendAt: record.send_at,
    status: record.status as ScheduledState,
    failureCode: record.failure_code,
    failureDetail: record.failure_detail,
    createdAt: record.created_at,
    updatedAt: record.updated_at,
    sentAt: record.sent_at,
  };
}

/** Undefined where the id is taken. */
export async function insertScheduledMessage(
  tx: Writer,
  scheduled: Pick<ScheduledMessageRow, "id" | "conversationId" | "senderId" | "body" | "sendAt">,
): Promise<ScheduledMessageRow | undefined> {
  const [record] = await tx.query<ScheduledMessageRecord>({
    name: "insert_scheduled_message",
    text: `INSERT INTO scheduled_messages (id, message_id, conversation_id, sender_id, body, send_at) VALUES ($1, $1, $2, $3, $4, $5)
           ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
    values: [
      scheduled.id,
      scheduled.conversationId,
      scheduled.senderId,
      JSON.stringify(scheduled.body),
      scheduled.sendAt,
    ],
  });
  return record && toScheduledMessageRow(record);
}

export async function findScheduledMessage(db: Reader, id: string): Promise<ScheduledMessageRow | undefined> {
  const [record] = await db.query<ScheduledMessageRecord>({
    name: "find_scheduled_message",
    text: `SELECT ${COLUMNS} FROM scheduled_messages WHERE id = $1`,
    values: [id],
  });
  return record && toScheduledMessageRow(record);
}

/** The same, locked until the transaction ends: nobody claims or changes it meanwhile. */
export async function lockScheduledMessage(tx: Writer, id: string): Promise<ScheduledMessageRow | undefined> {
  const [record] = await tx.query<ScheduledMessageRecord>({
    name: "lock_scheduled_message",
    text: `SELECT ${COLUMNS} FROM scheduled_messages WHERE id = $1 FOR UPDATE`,
    values: [id],
  });
  return record && toScheduledMessageRow(record);
}

/** How many of a user's wait to be sent. Index scheduled_messages_by_sender. */
export async function countPending(db: Reader, senderId: UserId): Promise<number> {
  const [record] = await db.query<{ count: number }>({
    name: "count_pending_scheduled",
    text: `SELECT count(*)::integer AS count FROM scheduled_messages WHERE sender_id = $1 AND status IN ('pending', 'sending')`,
    values: [senderId],
  });
  return record?.count ?? 0;
}

export interface ScheduledFilter {
  readonly senderId: UserId;
  readonly conversationId: ConversationId | null;
  readonly states: readonly ScheduledState[];
  readonly beyond: { readonly at: Date; readonly id: string } | null;
  readonly limit: number;
}

/** A user's scheduled messages, next first. Index scheduled_messages_by_sender. */
export async function listScheduledMessages(db: Reader, filter: ScheduledFilter): Promise<ScheduledMessageRow[]> {
  const records = await db.query<ScheduledMessageRecord>({
    name: "list_scheduled_messages",
    text: `SELECT ${COLUMNS} FROM scheduled_messages
           WHERE sender_id = $1 AND ($2::uuid IS NULL OR conversation_id = $2) AND status = ANY ($3::text[])
             AND (send_at, id) > (coalesce($4::timestamptz, '-infinity'), coalesce($5::uuid, '00000000-0000-0000-0000-000000000000'))
           ORDER BY send_at, id LIMIT $6`,
    values: [
      filter.senderId,
      filter.conversationId,
      filter.states,
      filter.beyond?.at ?? null,
      filter.beyond?.id ?? null,
      filter.limit,
    ],
  });
  return records.map(toScheduledMessageRow);
}

/** Writes what its author may change. The row must be locked by this transaction. */
export async function updateScheduledMessage(
  tx: Writer,
  row: Pick<ScheduledMessageRow, "id" | "body" | "sendAt" | "status">,
): Promise<ScheduledMessageRow> {
  const [record] = await tx.query<ScheduledMessageRecord>({
    name: "update_scheduled_message",
    text: `UPDATE scheduled_messages SET body = $2, send_at = $3, status = $4, updated_at = clock_timestamp(),
             failure_code = CASE WHEN $4 = 'failed' THEN failure_code END, failure_detail = CASE WHEN $4 = 'failed' THEN failure_detail END
           WHERE id = $1 AND status IN ('pending', 'failed') RETURNING ${COLUMNS}`,
    values: [row.id, JSON.stringify(row.body), row.sendAt, row.status],
  });
  if (!record) throw new Error(`scheduled message ${row.id} changed under its lock`);
  return toScheduledMessageRow(record);
}

/** Answers whether it could still be cancelled. */
export async function cancelScheduledMessage(tx: Writer, id: string): Promise<boolean> {
  const rows = await tx.execute({
    name: "cancel_scheduled_message",
    text: `UPDATE scheduled_messages SET status = 'cancelled', updated_at = clock_timestamp() WHERE id = $1 AND status IN ('pending', 'failed')`,
    values: [id],
  });
  return rows > 0;
}

/**
 * Ids whose time has come, the earliest first, at most `limit`: pending ones, and those that somebody began to send more than
 * `staleMs` ago and never said how it went. Index scheduled_messages_due.
 */
export async function findDueScheduledMessages(db: Reader, limit: number, staleMs: number): Promise<MessageId[]> {
  const records = await db.query<{ id: string }>({
    name: "find_due_scheduled_messages",
    text: `SELECT id FROM scheduled_messages
           WHERE status IN ('pending', 'sending') AND send_at <= clock_timestamp()
             AND (status = 'pending' OR updated_at < clock_timestamp() - make_interval(secs => $2))
           ORDER BY send_at LIMIT $1`,
    values: [limit, staleMs / 1_000],
  });
  return records.map((record) => record.id as MessageId);
}

/** Takes one in hand whose time has come. Undefined where there is nothing to send any more: sent, failed, cancelled or put off. */
export async function claimScheduledMessage(tx: Writer, id: string): Promise<ScheduledMessageRow | undefined> {
  const [record] = await tx.query<ScheduledMessageRecord>({
    name: "claim_scheduled_message",
    text: `UPDATE scheduled_messages SET status = 'sending', updated_at = clock_timestamp()
           WHERE id = $1 AND status IN ('pending', 'sending') AND send_at <= clock_timestamp() RETURNING ${COLUMNS}`,
    values: [id],
  });
  return record && toScheduledMessageRow(record);
}

export async function markScheduledSent(tx: Writer, id: string): Promise<void> {
  await tx.execute({
    name: "mark_scheduled_sent",
    text: `UPDATE scheduled_messages SET status = 'sent', sent_at = clock_timestamp(), updated_at = clock_timestamp()
           WHERE id = $1 AND status = 'sending'`,
    values: [id],
  });
}

/** Answers the row, or undefined where somebody else said before how it went. */
export async function markScheduledFailed(
  tx: Writer,
  id: string,
  code: string,
  detail: string,
): Promise<ScheduledMessageRow | undefined> {
  const [record] = await tx.query<ScheduledMessageRecord>({
    name: "mark_scheduled_failed",
    text: `UPDATE scheduled_messages SET status = 'failed', failure_code = $2, failure_detail = $3, updated_at = clock_timestamp()
           WHERE id = $1 AND status = 'sending' RETURNING ${COLUMNS}`,
    values: [id, code, detail],
  });
  return record && toScheduledMessageRow(record);
}

/** Lets go of one in hand, to be sent again after so many milliseconds. */
export async function putOffScheduledMessage(tx: Writer, id: string, delayMs: number): Promise<void> {
  await tx.execute({
    name: "put_off_scheduled_message",
    text: `UPDATE scheduled_messages SET status = 'pending', updated_at = clock_timestamp(),
             send_at = greatest(send_at, clock_timestamp() + make_interval(secs => $2))
           WHERE id = $1 AND status = 'sending'`,
    values: [id, delayMs / 1_000],
  });
}
