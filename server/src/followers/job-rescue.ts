import type { Transactor } from "../store/database.ts";
import { findLostWorkers, releaseLostWorkers } from "../store/jobs-workers.ts";
import { runLoop, type Loop } from "./loop.ts";

export interface JobRescueDeps {
  readonly database: Transactor;
  readonly onTrouble: (error: unknown, message: string) => void;
  /** Told of workers whose jobs were given back. */
  readonly onRescue: (workers: readonly string[]) => void;
  /** How often it looks; default 3,000 ms. A dead node's jobs are given back after one to two of these. */
  readonly everyMs?: number;
}

/**
 * Gives back the jobs of nodes that died. A worker must be without its lock twice in a row: a node that lost its connection for
 * a moment takes the lock again within a second, and its job shall not be done a second time beside it.
 */
export function runJobRescue(deps: JobRescueDeps): Loop {
  const everyMs = deps.everyMs ?? 3_000;
  let suspects: string[] = [];
  return runLoop({
    name: "looking for jobs of dead nodes",
    onTrouble: deps.onTrouble,
    async round() {
      const lost = await deps.database.transaction(findLostWorkers);
      const dead = lost.filter((worker) => suspects.includes(worker));
      suspects = lost;
      if (dead.length > 0) {
        const released = await deps.database.transaction((tx) => releaseLostWorkers(tx, dead));
        if (released.length > 0) deps.onRescue(released);
      }
      return everyMs;
    },
  });
}
