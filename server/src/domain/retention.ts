const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * When marks moved is remembered for so long: of messages that are older it is only known whether they were read, not when.
 */
export const MOVEMENTS_KEPT_MS = 180 * DAY_MS;

/** Notifications are kept for so long, and of each person the latest so many. */
export const NOTIFICATIONS_KEPT_MS = 90 * DAY_MS;
export const NOTIFICATIONS_KEPT = 1_000;

/** Scheduled messages that were sent or cancelled, and jobs that failed for good. */
export const LEFTOVERS_KEPT_MS = 30 * DAY_MS;

/** What was sent before this is beyond the time that the conversation keeps its messages. */
export function keptSince(now: Date, retentionDays: number): Date {
  return new Date(now.getTime() - retentionDays * DAY_MS);
}
