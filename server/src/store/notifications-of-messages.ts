import { MESSAGE_TYPES, THREAD_FOLLOWERS, TOLD_OF_EVERYTHING } from "../domain/notifications.ts";
import { STAFF_MARK, type MessageId, type UserId } from "../domain/ids.ts";
import type { Reader, Writer } from "./database.ts";
import { isTold } from "./notification-preferences.ts";
import {
  NOTIFICATION_COLUMNS,
  newId,
  toNotificationRow,
  type NotificationRecord,
  type NotificationRow,
} from "./notifications.ts";

/** Somebody whom a message that says `@here` is for. */
export interface Addressee {
  readonly messageId: MessageId;
  readonly userId: UserId;
}

/** The members of the conversations of those messages that say `@here`. Who of them is online, the caller knows. */
export async function findAddressees(db: Reader, messageIds: readonly string[]): Promise<Addressee[]> {
  const rows = await db.query<{ message_id: string; user_id: string }>({
    name: "find_addressees",
    text: `SELECT m.id AS message_id, x.user_id FROM unnest($1::uuid[]) AS given (id)
           JOIN messages m ON m.id = given.id AND m.mass_mention = 'here'
           JOIN members x ON x.conversation_id = m.conversation_id AND x.left_at IS NULL`,
    values: [messageIds],
  });
  return rows.map((row) => ({ messageId: row.message_id as MessageId, userId: row.user_id as UserId }));
}

/** One reason to tell somebody of a message `t`; the lowest rank is the one they are told. */
function because(reason: keyof typeof MESSAGE_TYPES, rank: number, user: string, from: string): string {
  return `SELECT t.id, ${user} AS user_id, ${rank} AS rank, '${reason}' AS reason, '${MESSAGE_TYPES[reason]}' AS type FROM ${from}`;
}

const MEMBERS = "told t JOIN members x ON x.conversation_id = t.conversation_id AND x.left_at IS NULL";

const REASONS = [
  because("mention", 1, "u.id", "told t CROSS JOIN LATERAL unnest(t.mentions) AS u (id)"),
  because("mention_all", 2, "x.user_id", `${MEMBERS} WHERE t.mass_mention = 'all'`),
  because(
    "mention_here",
    2,
    "h.user_id",
    "unnest($2::uuid[], $3::uuid[]) AS h (message_id, user_id) JOIN told t ON t.id = h.message_id",
  ),
  because("reply", 3, "p.sender_id", "told t JOIN messages p ON p.id = t.parent_id"),
  because("thread_reply", 4, "r.sender_id", "told t JOIN messages r ON r.id = t.thread_root_id"),
  because(
    "thread_reply",
    4,
    "r.sender_id",
    `told t CROSS JOIN LATERAL (SELECT o.sender_id FROM messages o WHERE o.thread_root_id = t.thread_root_id AND o.seq < t.seq
       AND o.deleted_at IS NULL ORDER BY o.seq DESC LIMIT ${THREAD_FOLLOWERS}) r`,
  ),
  because("collaboration_update", 5, "x.user_id", `${MEMBERS} WHERE t.content_type = 'collaboration_update'`),
  because(
    "system_notice",
    5,
    "x.user_id",
    `${MEMBERS} WHERE t.kind = 'system' OR (t.is_small AND t.content_type = 'system_notification')`,
  ),
  because("direct_message", 6, "x.user_id", `${MEMBERS} WHERE t.kind = 'direct'`),
  because("support_reply", 6, "x.user_id", `${MEMBERS} WHERE t.kind = 'support'`),
  // What the customer wrote, to those who serve them.
  because(
    "support_message",
    7,
    "u.id",
    `told t JOIN users u ON u.is_staff OR u.is_admin WHERE t.kind = 'support' AND t.sender_id = t.subject_user_id`,
  ),
  "SELECT c.id, c.user_id, 7 AS rank, 'group_message' AS reason, 'group_messages' AS type FROM crowd c",
].join(" UNION ALL ");

/** Kinds of conversations of which one is told once, until one has read. */
const CROWDED = "('group', 'channel', 'project')";

/** Unnamed, so that it is planned for the messages at hand: a page may be one message to ten thousand people. */
const WRITE = `
  WITH told AS MATERIALIZED (
    SELECT m.id, m.conversation_id, m.seq, m.sender_id, m.content_type, m.mentions, m.mass_mention, m.parent_id, m.thread_root_id,
      m.created_at, c.kind, c.subject_user_id,
      (SELECT count(*) FROM (SELECT FROM members x WHERE x.conversation_id = c.id AND x.left_at IS NULL
        LIMIT ${TOLD_OF_EVERYTHING + 1}) n) <= ${TOLD_OF_EVERYTHING} AS is_small
    FROM unnest($1::uuid[]) AS given (id)
    JOIN messages m ON m.id = given.id
    JOIN conversations c ON c.id = m.conversation_id
    WHERE m.deleted_at IS NULL AND c.deleted_at IS NULL
  ), listeners AS MATERIALIZED (
    SELECT l.conversation_id, x.user_id, x.joined_seq, coalesce(k.last_read_seq, 0) AS last_read_seq
    FROM (
      SELECT DISTINCT t.conversation_id, x.user_id FROM ${MEMBERS} WHERE t.is_small AND t.kind IN ${CROWDED}
      UNION ALL
      SELECT DISTINCT t.conversation_id, p.user_id FROM told t JOIN notification_preferences p ON p.conversation_id = t.conversation_id
        AND p.type = 'group_messages' AND p.channel = 'in_app' AND p.enabled WHERE NOT t.is_small AND t.kind IN ${CROWDED}
    ) l
    JOIN members x ON x.conversation_id = l.conversation_id AND x.user_id = l.user_id AND x.left_at IS NULL
    LEFT JOIN member_marks k ON k.conversation_id = l.conversation_id AND k.user_id = l.user_id
  ), crowd AS MATERIALIZED (
    SELECT f.id, l.user_id FROM (
      SELECT * FROM listeners l WHERE NOT EXISTS (
        SELECT FROM notifications n JOIN messages m ON m.id = n.message_id AND m.deleted_at IS NULL
        WHERE n.user_id = l.user_id AND n.conversation_id = l.conversation_id AND n.read_at IS NULL AND m.seq > l.last_read_seq)
      OFFSET 0
    ) l CROSS JOIN LATERAL (
      SELECT t.id FROM told t
      WHERE t.conversation_id = l.conversation_id AND t.sender_id <> l.user_id AND t.seq > l.joined_seq AND t.seq > l.last_read_seq
        AND NOT EXISTS (SELECT FROM blocks b WHERE b.blocker_id = l.user_id AND b.blocked_id = t.sender_id)
      ORDER BY t.seq LIMIT 1
    ) f
  ), chosen AS (
    SELECT DISTINCT ON (r.id, r.user_id) r.id, r.user_id, r.type, r.reason, t.conversation_id, t.sender_id, t.seq, t.created_at
    FROM (${REASONS}) r
    JOIN told t ON t.id = r.id
    JOIN users u ON u.id = r.user_id AND u.kind = 'human' AND u.deactivated_at IS NULL
    LEFT JOIN members x ON x.conversation_id = t.conversation_id AND x.user_id = r.user_id AND x.left_at IS NULL
    LEFT JOIN member_settings s ON s.conversation_id = t.conversation_id AND s.user_id = r.user_id
    LEFT JOIN member_marks k ON k.conversation_id = t.conversation_id
      AND k.user_id = CASE WHEN x.user_id IS NULL THEN '${STAFF_MARK}'::uuid ELSE r.user_id END
    WHERE r.user_id <> t.sender_id
      AND (x.joined_seq < t.seq OR (x.user_id IS NULL AND t.kind = 'support' AND (u.is_staff OR u.is_admin)))
      AND coalesce(k.last_read_seq, 0) < t.seq
      AND (s.muted_until IS NULL OR s.muted_until <= clock_timestamp())
      AND CASE s.notification_level WHEN 'none' THEN false WHEN 'mentions' THEN r.type = 'mentions' ELSE true END
      AND NOT EXISTS (SELECT FROM blocks b WHERE b.blocker_id = r.user_id AND b.blocked_id = t.sender_id)
      AND ${isTold("r.user_id", "t.conversation_id", "r.type")}
    ORDER BY r.id, r.user_id, r.rank
  )
  INSERT INTO notifications (id, user_id, type, conversation_id, message_id, actor_id, data, created_at, unique_key, is_told)
  SELECT ${newId("w.n")}, w.user_id, w.type, w.conversation_id, w.id, w.sender_id, jsonb_build_object('reason', w.reason), w.created_at,
    'message:' || w.id, true
  FROM (SELECT *, row_number() OVER (ORDER BY created_at, conversation_id, seq) AS n FROM chosen) w ORDER BY w.n
  ON CONFLICT (user_id, unique_key) DO NOTHING
  RETURNING ${NOTIFICATION_COLUMNS}`;

/**
 * Writes down who is told of these messages, each person once a message, by the strongest reason of a type that they want to be told of.
 * Of the messages of a group that say nothing to them in particular, people are told once until they have read: of the first one,
 * and only where no other notification of the conversation waits for them. One statement, however many people it is for. Nobody is told of what they wrote, have read, joined after, or muted, nor by whom
 * they blocked. `addressees` are those whom `@here` reaches. Answers what was written: messages told of before are left out.
 */
export async function notifyOfMessages(
  tx: Writer,
  messageIds: readonly string[],
  addressees: readonly Addressee[],
): Promise<NotificationRow[]> {
  const records = await tx.query<NotificationRecord>({
    text: WRITE,
    values: [messageIds, addressees.map(({ messageId }) => messageId), addressees.map(({ userId }) => userId)],
  });
  return records.map(toNotificationRow);
}
