import { startFollowers } from "../followers/followers.ts";
import { toCaller } from "../services/authentication.ts";
import { createRetention } from "../services/retention.ts";
import { createSendScheduled } from "../services/send-scheduled.ts";
import { HOST } from "../domain/access.ts";
import { SYSTEM_USER } from "../domain/ids.ts";
import { notifyOfRefusedSchedule } from "../store/notifications-of-services.ts";
import type { Core, Foundation } from "./core.ts";
import type { Services } from "./services.ts";

/** Everything that follows the log or the clock: search, notifications, scheduled messages, jobs. */
export async function startBackground(foundation: Foundation, core: Core, services: Services): Promise<void> {
  const { database, logger, metrics, config, own } = foundation;
  const { users, committer, hub } = core;
  const scheduled = createSendScheduled({
    db: database,
    send: services.send,
    async callerOf(userId) {
      if (userId === SYSTEM_USER) return HOST;
      const row = await users.get(userId);
      return row && !row.deactivatedAt ? toCaller(row, false) : undefined;
    },
    notifyRefused: notifyOfRefusedSchedule,
  });
  const followers = own(
    await startFollowers({
      database,
      logger,
      metrics,
      isOnline: (userId) => hub.presence.statusOf(userId).status !== "offline",
      toUser: (userId, event) => hub.toUser(userId, event),
      presentNotifications: services.notifications.present,
      scheduled,
      applyRetention: createRetention({ db: database, committer }),
      restoreWindowMs: config.messages.restoreWindowMs,
    }),
  );
  core.onCommit(() => followers.wake());
}
