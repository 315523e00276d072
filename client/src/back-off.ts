const FIRST_MS = 1_000;
/** With the jitter on top at most 30 s. */
const LONGEST_MS = 20_000;

export interface BackOff {
  /** How long to wait before the next attempt, in milliseconds. */
  next(): number;
  reset(): void;
}

/** 1, 2, 4 … s, each lengthened by up to a half at random, so that a restart does not bring everyone back at the same moment. */
export function createBackOff(random: () => number): BackOff {
  let attempt = 0;
  return {
    next() {
      const base = Math.min(FIRST_MS * 2 ** attempt, LONGEST_MS);
      attempt += 1;
      return base * (1 + random() / 2);
    },
    reset() {
      attempt = 0;
    },
  };
}
