/** States of a scheduled message. `sending`: somebody is at it, or was and ended before saying how it went. */
export type ScheduledState = "pending" | "sending" | "sent" | "failed" | "cancelled";

/** What one user may have waiting. */
export const MAX_PENDING = 500;

const DAY_MS = 86_400_000;
export const MAX_DAYS_AHEAD = 366;

/** What is wrong with a time to send at, or undefined. */
export function sendAtProblem(sendAt: Date, now: Date): string | undefined {
  if (sendAt.getTime() <= now.getTime()) return "Must be in the future";
  if (sendAt.getTime() - now.getTime() > MAX_DAYS_AHEAD * DAY_MS) return `Must be at most ${MAX_DAYS_AHEAD} days ahead`;
  return undefined;
}

/** Until it is being sent, a scheduled message is its author's to change. A failed one waits for a new time. */
export function isChangeable(state: ScheduledState): boolean {
  return state === "pending" || state === "failed";
}
