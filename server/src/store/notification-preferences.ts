import type { NotificationChannel, NotificationType } from "@parley/protocol";
import type { ConversationId, UserId } from "../domain/ids.ts";
import type { Reader, Writer } from "./database.ts";

/** A row of `notification_preferences`. */
export interface NotificationPreferenceRow {
  /** null: everywhere. */
  readonly conversationId: ConversationId | null;
  readonly type: NotificationType;
  readonly channel: NotificationChannel;
  readonly enabled: boolean;
}

interface PreferenceRecord {
  conversation_id: string | null;
  type: string;
  channel: string;
  enabled: boolean;
}

function toPreferenceRow(record: PreferenceRecord): NotificationPreferenceRow {
  return {
    conversationId: record.conversation_id as ConversationId | null,
    type: record.type as NotificationType,
    channel: record.channel as NotificationChannel,
    enabled: record.enabled,
  };
}

/** What the user has set: first what holds everywhere. Unique index of the table. */
export async function listNotificationPreferences(db: Reader, userId: UserId): Promise<NotificationPreferenceRow[]> {
  const records = await db.query<PreferenceRecord>({
    name: "list_notification_preferences",
    text: `SELECT conversation_id, type, channel, enabled FROM notification_preferences WHERE user_id = $1
           ORDER BY conversation_id NULLS FIRST, type, channel`,
    values: [userId],
  });
  return records.map(toPreferenceRow);
}

/** Sets what is given; the rest stays. No two may be about the same. */
export async function setNotificationPreferences(
  tx: Writer,
  userId: UserId,
  preferences: readonly NotificationPreferenceRow[],
): Promise<void> {
  await tx.execute({
    name: "set_notification_preferences",
    text: `INSERT INTO notification_preferences (user_id, conversation_id, type, channel, enabled)
           SELECT $1, p.conversation_id, p.type, p.channel, p.enabled
           FROM json_to_recordset($2::json) AS p (conversation_id uuid, type text, channel text, enabled boolean)
           ON CONFLICT (user_id, conversation_id, type, channel) DO UPDATE SET enabled = excluded.enabled`,
    values: [
      userId,
      JSON.stringify(
        preferences.map(({ conversationId, type, channel, enabled }) => ({
          conversation_id: conversationId,
          type,
          channel,
          enabled,
        })),
      ),
    ],
  });
}

/**
 * Whether a user is told of a type in the app: as set for the conversation, else as set for everywhere, else yes. The arguments are SQL
 * expressions.
 */
export function isTold(user: string, conversation: string, type: string): string {
  const set = (where: string): string => `(SELECT p.enabled FROM notification_preferences p
    WHERE p.user_id = ${user} AND p.conversation_id ${where} AND p.type = ${type} AND p.channel = 'in_app')`;
  return `coalesce(${set(`= ${conversation}`)}, ${set("IS NULL")}, true)`;
}
