import type { NotificationType } from "@parley/protocol";
import type { NotificationReason } from "../domain/notifications.ts";
import { STAFF_MARK, type ConversationId, type MessageId, type UserId } from "../domain/ids.ts";
import type { Reader, Writer } from "./database.ts";

/** A row of `notifications`. What it shows of a message is read when it is shown: see `services/notifications.ts`. */
export interface NotificationRow {
  id: string;
  userId: UserId;
  type: NotificationType;
  conversationId: ConversationId | null;
  messageId: MessageId | null;
  actorId: UserId | null;
  data: NotificationData;
  createdAt: Date;
  readAt: Date | null;
}

export interface NotificationData {
  readonly reason: NotificationReason;
  readonly [key: string]: unknown;
}

export interface NotificationRecord {
  id: string;
  user_id: string;
  type: string;
  conversation_id: string | null;
  message_id: string | null;
  actor_id: string | null;
  data: NotificationData;
  created_at: Date;
  read_at: Date | null;
}

export const NOTIFICATION_COLUMNS =
  "id, user_id, type, conversation_id, message_id, actor_id, data, created_at, read_at";

/**
 * An id for each row of a statement: UUIDv7, which PostgreSQL itself makes only from version 18 on. `n` is the number of the row:
 * rows of one statement and one millisecond are in its order.
 */
export function newId(n: string): string {
  return `encode(set_byte(set_byte(overlay(uuid_send(gen_random_uuid())
    PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
    6, (112 + ${n} / 256 % 16)::integer), 7, (${n} % 256)::integer), 'hex')::uuid`;
}

export function toNotificationRow(record: NotificationRecord): NotificationRow {
  return {
    id: record.id,
    userId: record.user_id as UserId,
    type: record.type as NotificationType,
    conversationId: record.conversation_id as ConversationId | null,
    messageId: record.message_id as MessageId | null,
    actorId: record.actor_id as UserId | null,
    data: record.data,
    createdAt: record.created_at,
    readAt: record.read_at,
  };
}

/** Whose notifications they are. */
export interface NotificationReader {
  readonly userId: UserId;
  readonly isStaff: boolean;
}

/**
 * What of the notifications `n` of the user $1 (staff: $2) is shown: of messages, those that they may read now and that are not
 * deleted. Read is what was marked, or lies at or before their mark in the conversation; the staff's mark in support.
 */
const SHOWN = `
  FROM notifications n
  LEFT JOIN messages m ON m.id = n.message_id
  LEFT JOIN conversations c ON c.id = n.conversation_id
  LEFT JOIN members x ON x.conversation_id = n.conversation_id AND x.user_id = n.user_id AND x.left_at IS NULL
  LEFT JOIN member_marks k ON k.conversation_id = n.conversation_id
    AND k.user_id = CASE WHEN x.user_id IS NULL AND c.kind = 'support' THEN '${STAFF_MARK}'::uuid ELSE n.user_id END
  WHERE n.user_id = $1 AND (n.message_id IS NULL OR (
    m.deleted_at IS NULL AND c.deleted_at IS NULL AND (
      (x.user_id IS NULL AND c.kind = 'support' AND $2::boolean)
      OR (x.user_id IS NOT NULL AND m.seq > CASE WHEN c.history_visibility = 'all' OR x.role IN ('owner', 'admin') THEN 0
           WHEN c.history_visibility = 'member_join_date' THEN x.first_joined_seq ELSE x.joined_seq END))))`;
const READ_AT =
  "coalesce(n.read_at, CASE WHEN m.seq <= k.last_read_seq THEN greatest(k.last_read_at, n.created_at) END)";

export interface NotificationPage {
  readonly onlyUnread: boolean;
  readonly beyond: { readonly at: Date; readonly id: string } | null;
  readonly limit: number;
}

/** The latest first. Index notifications_recent, then primary keys. */
export async function listNotifications(
  db: Reader,
  reader: NotificationReader,
  page: NotificationPage,
): Promise<NotificationRow[]> {
  const records = await db.query<NotificationRecord>({
    name: "list_notifications",
    text: `SELECT n.id, n.user_id, n.type, n.conversation_id, n.message_id, n.actor_id, n.data, n.created_at, ${READ_AT} AS read_at ${SHOWN}
             AND (NOT $3::boolean OR ${READ_AT} IS NULL)
             AND (n.created_at, n.id) < (coalesce($4::timestamptz, 'infinity'), coalesce($5::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
           ORDER BY n.created_at DESC, n.id DESC LIMIT $6`,
    values: [reader.userId, reader.isStaff, page.onlyUnread, page.beyond?.at, page.beyond?.id, page.limit],
  });
  return records.map(toNotificationRow);
}

/** How many a user has not read. Index notifications_unread; bounded by how many are kept. */
export async function countUnreadNotifications(db: Reader, reader: NotificationReader): Promise<number> {
  const [row] = await db.query<{ count: number }>({
    name: "count_unread_notifications",
    text: `SELECT count(*)::integer AS count ${SHOWN} AND n.read_at IS NULL AND ${READ_AT} IS NULL`,
    values: [reader.userId, reader.isStaff],
  });
  return row?.count ?? 0;
}

/** Of people and conversations, by pairs, those who are members: `conversation user`. Primary key of `members`. */
export async function findInsiders(
  db: Reader,
  pairs: readonly { readonly conversationId: ConversationId; readonly userId: UserId }[],
): Promise<ReadonlySet<string>> {
  if (pairs.length === 0) return new Set();
  const rows = await db.query<{ conversation_id: string; user_id: string }>({
    name: "find_insiders",
    text: `SELECT m.conversation_id, m.user_id FROM unnest($1::uuid[], $2::uuid[]) AS p (conversation_id, user_id)
           JOIN members m ON m.conversation_id = p.conversation_id AND m.user_id = p.user_id AND m.left_at IS NULL`,
    values: [pairs.map(({ conversationId }) => conversationId), pairs.map(({ userId }) => userId)],
  });
  return new Set(rows.map((row) => `${row.conversation_id} ${row.user_id}`));
}

/** Marks those named, those of a conversation, or all; answers how many were not. Index notifications_unread. */
export async function markNotificationsRead(
  tx: Writer,
  userId: UserId,
  which: { readonly ids: readonly string[] | null; readonly conversationId: ConversationId | null },
): Promise<number> {
  return await tx.execute({
    name: "mark_notifications_read",
    text: `UPDATE notifications SET read_at = clock_timestamp() WHERE user_id = $1 AND read_at IS NULL
             AND ($2::uuid[] IS NULL OR id = ANY ($2)) AND ($3::uuid IS NULL OR conversation_id = $3)`,
    values: [userId, which.ids, which.conversationId],
  });
}

/** Takes those of which nobody was told yet, the oldest first, and notes that they are. Index notifications_untold. */
export async function takeUntoldNotifications(tx: Writer, limit: number): Promise<NotificationRow[]> {
  const records = await tx.query<NotificationRecord>({
    name: "take_untold_notifications",
    text: `UPDATE notifications SET is_told = true WHERE id IN (
             SELECT id FROM notifications WHERE NOT is_told ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED)
           RETURNING ${NOTIFICATION_COLUMNS}`,
    values: [limit],
  });
  return records.map(toNotificationRow);
}

/** In the order of their index, or else the planner may read all that were told, in the hope of finding one soon. */
export async function hasUntoldNotifications(db: Reader): Promise<boolean> {
  const rows = await db.query({
    name: "has_untold_notifications",
    text: "SELECT FROM notifications WHERE NOT is_told ORDER BY created_at LIMIT 1",
  });
  return rows.length > 0;
}

/**
 * Removes what is older than `before`, and of who has more than `keep` all but the latest ones; at most `limit` rows, answers how
 * many. For the maintenance.
 */
export async function pruneNotifications(tx: Writer, before: Date, keep: number, limit: number): Promise<number> {
  return await tx.execute({
    name: "prune_notifications",
    text: `WITH old AS (
             SELECT id FROM notifications WHERE created_at < $1 LIMIT $3
           ), many AS (
             SELECT l.id FROM (SELECT user_id FROM notifications GROUP BY user_id HAVING count(*) > $2) u
             CROSS JOIN LATERAL (SELECT id FROM notifications n WHERE n.user_id = u.user_id
               ORDER BY n.created_at DESC, n.id DESC OFFSET $2) l
             LIMIT $3
           )
           DELETE FROM notifications WHERE id IN (SELECT id FROM old UNION SELECT id FROM many LIMIT $3)`,
    values: [before, keep, limit],
  });
}
