import { notificationListQuery, type Notification, type Signal } from "@parley/protocol";
import { expect } from "vitest";
import type { Caller } from "../../src/domain/caller.ts";
import type { UserId } from "../../src/domain/ids.ts";
import { runFollower } from "../../src/followers/follower.ts";
import { createAnnouncer, createNotificationsFollower, runNotices } from "../../src/followers/notifications.ts";
import { createNotificationPreferences } from "../../src/services/notification-preferences.ts";
import { createNotifications } from "../../src/services/notifications.ts";
import { createUserCache } from "../../src/services/user-cache.ts";
import { createUserSummaries } from "../../src/services/user-summaries.ts";
import type { Database } from "../../src/store/database.ts";
import { until } from "./until.ts";

/** Notifications with their follower and what it tells sockets. Dispose of it in the end. */
export function startNotifications(database: Database) {
  const troubles: unknown[] = [];
  const told: { userId: UserId; event: Signal }[] = [];
  const online = new Set<UserId>();
  const onTrouble = (error: unknown): void => void troubles.push(error);
  const summaries = createUserSummaries(createUserCache({ db: database }));
  const service = createNotifications({ db: database, summaries });
  const announce = createAnnouncer({
    present: (rows) => service.present(rows),
    toUser: (userId, event) => void told.push({ userId, event }),
    onTrouble,
  });
  const follower = runFollower(
    { database, paceMs: 0, onTrouble },
    createNotificationsFollower({ isOnline: (userId) => online.has(userId), announce }),
  );
  const notices = runNotices({ database, announce, onTrouble, everyMs: 20 });

  async function list(who: Caller, query: Record<string, string> = {}): Promise<Notification[]> {
    await follower.idle();
    return (await service.list(who, notificationListQuery.parse(query))).items;
  }
  return {
    service,
    preferences: createNotificationPreferences({ db: database }),
    follower,
    told,
    online,
    /** What a person is told of everything that was committed before, the latest first. */
    list,
    /** The reasons alone. */
    async reasons(who: Caller): Promise<unknown[]> {
      return (await list(who)).map(({ data }) => data["reason"]);
    },
    /** Types with reasons. */
    async kinds(who: Caller): Promise<string[]> {
      return (await list(who)).map(({ type, data }) => `${type} ${String(data["reason"])}`);
    },
    /** Events that a person's sockets got; waits for the first `count`. */
    async heard(who: Caller, count: number): Promise<Notification[]> {
      const heard = () => told.filter(({ userId }) => userId === who.userId);
      await until(() => heard().length >= count);
      return heard().map(({ event }) => event.data as Notification);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([follower[Symbol.asyncDispose](), notices[Symbol.asyncDispose]()]);
      expect(troubles).toEqual([]);
    },
  };
}
