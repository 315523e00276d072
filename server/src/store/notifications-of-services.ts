import type { NotificationType } from "@parley/protocol";
import { PERMISSIONS } from "../domain/permissions.ts";
import type { NotificationReason } from "../domain/notifications.ts";
import type { ConversationId, MessageId, UserId } from "../domain/ids.ts";
import type { Writer } from "./database.ts";
import { isTold } from "./notification-preferences.ts";
import { newId } from "./notifications.ts";
import type { ScheduledMessageRow } from "./scheduled-messages.ts";

/** Something to tell a person that is no message of somebody. */
export interface Notice {
  readonly userId: UserId;
  readonly reason: NotificationReason;
  /** Who did it; left out where nobody in particular did. Nobody is told of what they did themselves, nor by whom they blocked. */
  readonly actorId?: UserId;
  readonly conversationId?: ConversationId;
  /** Must be one that the person may read as long as they are told of it. */
  readonly messageId?: MessageId;
  /** What else tells this from another one of the same reason. */
  readonly about?: string;
  /** What else it takes to show it: small, and nothing that the person might lose the right to see. */
  readonly data?: Readonly<Record<string, unknown>>;
}

const TYPE: NotificationType = "system_notifications";

/**
 * Tells people of something, in the transaction in which it happens: they are told if, and only if, it commits. Their sockets hear of
 * it within half a second. The same again (why, by whom, where, about what) is told again only if the last one was read.
 */
export async function notify(tx: Writer, notices: readonly Notice[]): Promise<void> {
  if (notices.length === 0) return;
  await insertNotices(
    tx,
    "notify",
    `SELECT n.*, row_number() OVER () AS n FROM json_to_recordset($1::json) AS n (user_id uuid, reason text, actor_id uuid,
       conversation_id uuid, message_id uuid, about text, data jsonb)`,
    [
      JSON.stringify(
        notices.map(({ userId, reason, actorId, conversationId, messageId, about, data }) => ({
          user_id: userId,
          reason,
          actor_id: actorId,
          conversation_id: conversationId,
          message_id: messageId,
          about,
          data,
        })),
      ),
    ],
  );
}

/** Tells all who can approve it that somebody wants to join. In the transaction of the request. */
export async function notifyOfJoinRequest(tx: Writer, conversationId: ConversationId, userId: UserId): Promise<void> {
  await insertNotices(
    tx,
    "notify_of_join_request",
    `SELECT m.user_id, 'join_requested' AS reason, $2::uuid AS actor_id, m.conversation_id, NULL::uuid AS message_id, NULL::text AS about, NULL::jsonb AS data,
       row_number() OVER () AS n
     FROM members m WHERE m.conversation_id = $1 AND m.left_at IS NULL AND m.rights & ${PERMISSIONS.manage_members} <> 0`,
    [conversationId, userId],
  );
}

/** Tells the author of a scheduled message that it was refused when its time came. In the transaction that says so. */
export async function notifyOfRefusedSchedule(tx: Writer, failed: ScheduledMessageRow): Promise<void> {
  const { id, senderId, conversationId, failureCode } = failed;
  await notify(tx, [
    {
      userId: senderId,
      reason: "scheduled_message_failed",
      conversationId,
      about: id,
      data: { scheduled_message_id: id, error_code: failureCode },
    },
  ]);
}

/** Somebody was added by somebody else. */
export interface Addition {
  readonly conversationId: ConversationId;
  /** null: everybody who was in it from the beginning. */
  readonly userId: UserId | null;
  readonly actorId: UserId;
}

/** Tells people that they were added to a group, channel or project. */
export async function notifyOfAdditions(tx: Writer, additions: readonly Addition[]): Promise<void> {
  if (additions.length === 0) return;
  await insertNotices(
    tx,
    "notify_of_additions",
    `SELECT m.user_id, 'added_to_conversation' AS reason, a.actor_id, c.id AS conversation_id, NULL::uuid AS message_id, NULL::text AS about, NULL::jsonb AS data,
       row_number() OVER () AS n
     FROM json_to_recordset($1::json) AS a (conversation_id uuid, user_id uuid, actor_id uuid)
     JOIN conversations c ON c.id = a.conversation_id AND c.kind IN ('group', 'channel', 'project') AND c.deleted_at IS NULL
     JOIN members m ON m.conversation_id = c.id AND m.left_at IS NULL AND m.user_id <> a.actor_id
       AND CASE WHEN a.user_id IS NULL THEN m.first_joined_seq = 0 ELSE m.user_id = a.user_id END`,
    [
      JSON.stringify(
        additions.map((addition) => ({
          conversation_id: addition.conversationId,
          user_id: addition.userId,
          actor_id: addition.actorId,
        })),
      ),
    ],
  );
}

async function insertNotices(tx: Writer, name: string, notices: string, values: readonly unknown[]): Promise<void> {
  await tx.execute({
    name,
    text: `INSERT INTO notifications AS o (id, user_id, type, conversation_id, message_id, actor_id, data, created_at, unique_key)
           SELECT ${newId("n.n")}, n.user_id, '${TYPE}', n.conversation_id, n.message_id, n.actor_id,
             coalesce(n.data, '{}') || jsonb_build_object('reason', n.reason), clock_timestamp(),
             concat_ws(':', n.reason, n.conversation_id, n.message_id, n.actor_id, n.about)
           FROM (${notices}) n
           JOIN users u ON u.id = n.user_id AND u.kind = 'human' AND u.deactivated_at IS NULL
           WHERE n.user_id IS DISTINCT FROM n.actor_id
             AND NOT EXISTS (SELECT FROM blocks b WHERE b.blocker_id = n.user_id AND b.blocked_id = n.actor_id)
             AND ${isTold("n.user_id", "n.conversation_id", `'${TYPE}'`)}
           ORDER BY n.user_id
           ON CONFLICT (user_id, unique_key) DO UPDATE SET id = excluded.id, data = excluded.data, created_at = excluded.created_at,
             read_at = NULL, is_told = false
           WHERE o.read_at IS NOT NULL`,
    values,
  });
}
