import type { Transactor } from "../../store/database.ts";
import { purgeDeletedContents } from "../../store/messages-delete.ts";

export interface PurgeDeletedDeps {
  readonly db: Transactor;
  /** How long after its deletion a message may be restored, in milliseconds. */
  readonly restoreWindowMs: number;
  readonly now: () => Date;
}

/** In one transaction: short enough that followers do not wait for it. */
const BATCH = 500;

/**
 * Forgets what was in messages that cannot be restored any more; answers how many. To be run now and then; several nodes may do so
 * at once.
 */
export function createPurgeDeleted({
  db,
  restoreWindowMs,
  now,
}: PurgeDeletedDeps): (signal?: AbortSignal) => Promise<number> {
  return async (signal) => {
    const before = new Date(now().getTime() - restoreWindowMs);
    let purged = 0;
    for (;;) {
      const count = await db.transaction((tx) => purgeDeletedContents(tx, before, BATCH));
      purged += count;
      if (count < BATCH || signal?.aborted) return purged;
    }
  };
}
