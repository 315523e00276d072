/** So many per so many seconds, of which `burst` may come at once after a pause. */
export interface Rate {
  readonly count: number;
  readonly seconds: number;
  readonly burst: number;
}

/**
 * A token bucket kept as one number (the generic cell rate algorithm, ITU-T I.371): the time at which everything admitted so far
 * would have arrived had it come evenly. Nothing has to be refilled, and a bucket whose time is past is the same as none.
 */

const ROUNDING_MS = 1e-6;

/** Milliseconds until the next one is admitted; 0 is now. */
export function waitOf(due: number, now: number, rate: Rate): number {
  const wait = due - now - (rate.burst - 1) * intervalOf(rate);
  // Intervals such as a third of a second do not add up exactly.
  return wait > ROUNDING_MS ? wait : 0;
}

/** The bucket after one more was admitted. */
export function chargeOne(due: number, now: number, rate: Rate): number {
  return Math.max(due, now) + intervalOf(rate);
}

/** The bucket without the last one: it was admitted, and then came to nothing. */
export function refundOne(due: number, rate: Rate): number {
  return due - intervalOf(rate);
}

function intervalOf(rate: Rate): number {
  return (rate.seconds * 1_000) / rate.count;
}
