import * as z from "zod";
import { count, LIMITS, storedMetadata, timestamp, uuid } from "./primitives.ts";

export const NOTIFICATION_TYPES = [
  "direct_messages",
  "group_messages",
  "mentions",
  "collaboration_updates",
  "system_notifications",
] as const;
export const notificationType = z.enum(NOTIFICATION_TYPES);
export type NotificationType = z.infer<typeof notificationType>;

export const NOTIFICATION_CHANNELS = ["in_app", "push", "slack", "email"] as const;
export const notificationChannel = z.enum(NOTIFICATION_CHANNELS);
export type NotificationChannel = z.infer<typeof notificationChannel>;

export const notification = z
  .object({
    id: uuid,
    type: notificationType,
    conversation_id: uuid.nullable(),
    message_id: uuid.nullable(),
    data: storedMetadata.meta({ description: "What it takes to show it: sender, preview, reason …" }),
    created_at: timestamp,
    read_at: timestamp.nullable(),
  })
  .meta({ id: "Notification" });
export type Notification = z.infer<typeof notification>;

/** Which notifications to mark: those named, those of a conversation, or (neither given, or no body) all. */
export const readNotifications = z
  .strictObject({
    notification_ids: z.exactOptional(z.array(uuid).min(1).max(LIMITS.pageMax)),
    conversation_id: z.exactOptional(uuid),
  })
  .default({});
export type ReadNotifications = z.infer<typeof readNotifications>;

export const readNotificationsResult = z.object({ updated_count: count, unread_count: count });
export type ReadNotificationsResult = z.infer<typeof readNotificationsResult>;

export const notificationPreference = z
  .object({
    conversation_id: uuid.nullable().meta({ description: "null: everywhere" }),
    type: notificationType,
    channel: notificationChannel,
    enabled: z.boolean(),
  })
  .meta({ id: "NotificationPreference" });
export type NotificationPreference = z.infer<typeof notificationPreference>;

export const notificationPreferences = z.object({ preferences: z.array(notificationPreference) });
export type NotificationPreferences = z.infer<typeof notificationPreferences>;

const MAX_PREFERENCES = 200;

/** Sets the preferences named; the others stay. */
export const setNotificationPreferences = z.strictObject({
  preferences: z
    .array(
      z.strictObject({
        conversation_id: uuid.nullable().default(null),
        type: notificationType,
        channel: notificationChannel,
        enabled: z.boolean(),
      }),
    )
    .max(MAX_PREFERENCES),
});
export type SetNotificationPreferences = z.infer<typeof setNotificationPreferences>;
