import type { Notification, Signal } from "@parley/protocol";
import type { MessageId, UserId } from "../domain/ids.ts";
import { adoptLog } from "../store/change-log-origin.ts";
import type { Database } from "../store/database.ts";
import { countJobs } from "../store/jobs.ts";
import type { NotificationRow } from "../store/notifications.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { runFollower, type Follower } from "./follower.ts";
import { migrateJobs, startJobRunner, type JobLog, type Recurrence, type Tasks } from "./job-runner.ts";
import { runLoop, type Loop } from "./loop.ts";
import { maintenanceTasks, MAINTENANCE_TIMES } from "./maintenance.ts";
import { createAnnouncer, createNotificationsFollower, runNotices } from "./notifications.ts";
import { runScheduledMessages } from "./scheduled-messages.ts";
import { searchFollower } from "./search.ts";

export interface FollowersDeps {
  readonly database: Database;
  readonly logger: Pick<Logger, "error" | "warn" | "info" | "debug">;
  readonly metrics: Pick<Metrics, "followerLag" | "queueDepth">;
  /** Whom `@here` reaches. */
  readonly isOnline: (userId: UserId) => boolean;
  /** Tells an event to all sockets of a user, on all nodes. Neither throws nor waits. */
  readonly toUser: (userId: UserId, event: Signal) => void;
  readonly presentNotifications: (rows: readonly NotificationRow[]) => Promise<readonly Notification[]>;
  readonly scheduled: {
    readonly findDue: (limit: number) => Promise<readonly MessageId[]>;
    readonly sendScheduled: (id: MessageId) => Promise<unknown>;
  };
  /** Deletes what conversations with a retention time keep no longer. */
  readonly applyRetention: (signal: AbortSignal) => Promise<number>;
  /** How long after its deletion a message may be restored, in milliseconds. */
  readonly restoreWindowMs: number;
  /** Beside search and notifications. */
  readonly followers?: readonly Follower[];
  /** Beside the maintenance. */
  readonly tasks?: Tasks;
  readonly recurrences?: readonly Recurrence[];
}

export interface Followers extends AsyncDisposable {
  /** Something was committed: followers look at once. Neither throws nor waits; without it they look twice a second. */
  wake(): void;
  /** Everything that was committed before the call has been followed when this resolves. For tests. */
  idle(): Promise<void>;
}

const COUNT_JOBS_EVERY_MS = 10_000;

/**
 * Starts all that goes on in the background (DESIGN 2.11): followers of the log, jobs, scheduled messages, maintenance. Stops what it
 * does when it is disposed: pages, jobs and sends in progress are finished first. Throws when the job queue cannot be made.
 */
export async function startFollowers(deps: FollowersDeps): Promise<Followers> {
  const { database, logger, metrics } = deps;
  const onTrouble = (error: unknown, message: string): void => logger.error({ err: error }, message);
  const log = jobLog(logger);
  if (await adoptLog(database))
    logger.warn("the log comes from another database cluster: its transaction ids were renewed");
  await migrateJobs(database.connectionString, log);

  const announce = createAnnouncer({ present: deps.presentNotifications, toUser: deps.toUser, onTrouble });
  const onLag = (follower: string, changes: number): void => metrics.followerLag.set({ follower }, changes);
  const followers = [
    searchFollower,
    createNotificationsFollower({ isOnline: deps.isOnline, announce }),
    ...(deps.followers ?? []),
  ].map((follower) => runFollower({ database, onTrouble, onLag }, follower));
  const notices = runNotices({ database, announce, onTrouble });
  const parts: AsyncDisposable[] = [
    ...followers,
    notices,
    runScheduledMessages({ ...deps.scheduled, onTrouble }),
    runJobCount(deps, onTrouble),
    startJobRunner({
      database,
      log,
      tasks: {
        ...maintenanceTasks({ ...deps, onDone: (removed) => logger.info({ removed }, "maintenance is done") }),
        ...deps.tasks,
      },
      recurrences: [...MAINTENANCE_TIMES, ...(deps.recurrences ?? [])],
    }),
  ];
  return {
    wake() {
      for (const follower of followers) follower.wake();
      notices.wake();
    },
    idle: async () => void (await Promise.all(followers.map((follower) => follower.idle()))),
    async [Symbol.asyncDispose]() {
      await Promise.all(parts.map((part) => part[Symbol.asyncDispose]()));
    },
  };
}

function runJobCount({ database, metrics }: FollowersDeps, onTrouble: (error: unknown, message: string) => void): Loop {
  return runLoop({
    name: "counting jobs",
    onTrouble,
    async round() {
      const { waiting, running, dead } = await countJobs(database);
      metrics.queueDepth.set({ queue: "jobs" }, waiting + running);
      metrics.queueDepth.set({ queue: "dead_jobs" }, dead);
      return COUNT_JOBS_EVERY_MS;
    },
  });
}

function jobLog(logger: FollowersDeps["logger"]): JobLog {
  return (level, message, meta) => {
    const error = typeof meta === "object" && meta !== null && "error" in meta ? meta.error : undefined;
    logger[level === "warning" ? "warn" : level]({ err: error }, message);
  };
}
