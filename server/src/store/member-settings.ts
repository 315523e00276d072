import type { NotificationLevel } from "@parley/protocol";
import type { ConversationId, UserId } from "../domain/ids.ts";
import type { Reader, Writer } from "./database.ts";

/** What a member has set for themselves in a conversation. */
export interface MemberSettings {
  readonly mutedUntil: Date | null;
  readonly notificationLevel: NotificationLevel;
}

const DEFAULTS: MemberSettings = { mutedUntil: null, notificationLevel: "all" };

interface SettingsRecord {
  muted_until: Date | null;
  notification_level: string;
}

function toMemberSettings(record: SettingsRecord): MemberSettings {
  return { mutedUntil: record.muted_until, notificationLevel: record.notification_level as NotificationLevel };
}

/** What was set, or the defaults. Primary key. */
export async function findMemberSettings(
  db: Reader,
  conversationId: ConversationId,
  userId: UserId,
): Promise<MemberSettings> {
  const [record] = await db.query<SettingsRecord>({
    name: "find_member_settings",
    text: "SELECT muted_until, notification_level FROM member_settings WHERE conversation_id = $1 AND user_id = $2",
    values: [conversationId, userId],
  });
  return record ? toMemberSettings(record) : DEFAULTS;
}

/** Sets what is given; what is left out stays. */
export async function setMemberSettings(
  tx: Writer,
  conversationId: ConversationId,
  userId: UserId,
  changed: { readonly mutedUntil?: Date | null; readonly notificationLevel?: NotificationLevel },
): Promise<void> {
  await tx.execute({
    name: "set_member_settings",
    text: `INSERT INTO member_settings AS s (conversation_id, user_id, muted_until, notification_level)
           VALUES ($1, $2, $4, coalesce($5, 'all'))
           ON CONFLICT (conversation_id, user_id) DO UPDATE SET
             muted_until = CASE WHEN $3 THEN excluded.muted_until ELSE s.muted_until END,
             notification_level = coalesce($5, s.notification_level)`,
    values: [
      conversationId,
      userId,
      changed.mutedUntil !== undefined,
      changed.mutedUntil ?? null,
      changed.notificationLevel ?? null,
    ],
  });
}
