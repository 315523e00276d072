import {
  LEFTOVERS_KEPT_MS,
  MOVEMENTS_KEPT_MS,
  NOTIFICATIONS_KEPT,
  NOTIFICATIONS_KEPT_MS,
} from "../domain/retention.ts";
import type { Transactor, Writer } from "../store/database.ts";
import { deleteDeadJobs, rewindTaskIds } from "../store/jobs.ts";
import { pruneMarkMovements, pruneScheduledMessages } from "../store/maintenance.ts";
import { purgeDeletedContents } from "../store/messages-delete.ts";
import { pruneNotifications } from "../store/notifications.ts";
import type { Recurrence, Tasks } from "./job-runner.ts";

export interface MaintenanceDeps {
  readonly database: Transactor;
  /** How long after its deletion a message may be restored, in milliseconds. */
  readonly restoreWindowMs: number;
  /** Deletes what conversations with a retention time keep no longer. */
  readonly applyRetention: (signal: AbortSignal) => Promise<number>;
  /** Told what was removed. */
  readonly onDone: (removed: Readonly<Record<string, number>>) => void;
}

/** Rows in one transaction: none lasts long, since followers wait for the oldest one. */
const BATCH = 5_000;

const TASK = "maintenance";
/** Once an hour, on one of the nodes. */
export const MAINTENANCE_TIMES: readonly Recurrence[] = [{ task: TASK, match: "23 * * * *" }];

/** What is kept for a time only is removed when the time is over. */
export function maintenanceTasks(deps: MaintenanceDeps): Tasks {
  const { database } = deps;
  const ago = (milliseconds: number): Date => new Date(Date.now() - milliseconds);
  const batches: Readonly<Record<string, (tx: Writer) => Promise<number>>> = {
    deleted_contents: (tx) => purgeDeletedContents(tx, ago(deps.restoreWindowMs), BATCH),
    notifications: (tx) => pruneNotifications(tx, ago(NOTIFICATIONS_KEPT_MS), NOTIFICATIONS_KEPT, BATCH),
    mark_movements: (tx) => pruneMarkMovements(tx, ago(MOVEMENTS_KEPT_MS), BATCH),
    scheduled_messages: (tx) => pruneScheduledMessages(tx, ago(LEFTOVERS_KEPT_MS), BATCH),
    dead_jobs: (tx) => deleteDeadJobs(tx, ago(LEFTOVERS_KEPT_MS), BATCH),
  };
  return {
    async [TASK](_payload, { signal }) {
      const removed: Record<string, number> = {};
      for (const [name, batch] of Object.entries(batches)) removed[name] = await untilDone(database, batch, signal);
      removed["messages"] = await deps.applyRetention(signal);
      await database.transaction(rewindTaskIds);
      deps.onDone(removed);
    },
  };
}

async function untilDone(
  database: Transactor,
  batch: (tx: Writer) => Promise<number>,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  while (!signal.aborted) {
    const done = await database.transaction(batch);
    count += done;
    if (done < BATCH) break;
  }
  return count;
}
