import type { Reader } from "./database.ts";

/** The epoch of the instance's log (DESIGN 2.9). */
export async function readEpoch(db: Reader): Promise<string> {
  const [row] = await db.query<{ value: string }>({
    name: "read_epoch",
    text: "SELECT value FROM instance WHERE key = 'epoch'",
  });
  if (!row) throw new Error("the instance has no epoch: its first migration makes one");
  return row.value;
}

/** Answers the epoch, read again when it is older than `maxAgeMs`. */
export type EpochSource = () => Promise<string>;

const DEFAULT_MAX_AGE_MS = 5_000;

/**
 * The epoch from memory, so that every socket and every catch-up can carry it. It is changed by hand after a restore or a
 * promotion; nodes that run through that notice within `maxAgeMs` (default 5 s).
 */
export function createEpochSource(db: Reader, maxAgeMs: number = DEFAULT_MAX_AGE_MS): EpochSource {
  let known: Promise<string> | undefined;
  let readAt = 0;
  return async () => {
    if (!known || performance.now() - readAt > maxAgeMs) {
      readAt = performance.now();
      const asked = readEpoch(db);
      known = asked;
      asked.catch(() => {
        if (known === asked) known = undefined;
      });
    }
    return await known;
  };
}
