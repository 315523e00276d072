import type { NotificationChannel, NotificationPreference, NotificationType } from "@parley/protocol";

/** Whether something is told by a way in a place (null: everywhere), and whether that was set for just there. */
export function preferenceOf(
  preferences: readonly NotificationPreference[],
  place: string | null,
  type: NotificationType,
  channel: NotificationChannel,
): { readonly isOn: boolean; readonly isOwn: boolean } {
  const at = (where: string | null) =>
    preferences.find((one) => one.conversation_id === where && one.type === type && one.channel === channel);
  const own = at(place);
  const general = at(null);
  // What was never said is on in the app, and off wherever else it could be.
  return { isOn: (own ?? general)?.enabled ?? channel === "in_app", isOwn: own !== undefined };
}
