/** A time that can be chosen at once. */
export interface Preset {
  readonly id: "later_today" | "tomorrow" | "next_monday";
  readonly at: Date;
}

const MORNING = 9;
const EVENING = 18;
const MONDAY = 1;
const WEEK = 7;

/** When one might want a message to be sent, seen from now. */
export function presetsFrom(now: Date): readonly Preset[] {
  const on = (days: number, hour: number): Date =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
  const toMonday = (MONDAY + WEEK - now.getDay()) % WEEK || WEEK;
  return [
    ...(now.getHours() < EVENING - 1 ? [{ id: "later_today", at: on(0, EVENING) } as const] : []),
    { id: "tomorrow", at: on(1, MORNING) },
    ...(toMonday === 1 ? [] : [{ id: "next_monday", at: on(toMonday, MORNING) } as const]),
  ];
}

/** As `<input type="datetime-local">` has it: this device's clock, to the minute. */
export function toLocalInput(at: Date): string {
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
