import type { Notification, Signal } from "@parley/protocol";
import type { UserId } from "../domain/ids.ts";
import { NEWS_MS } from "../domain/notifications.ts";
import type { Change } from "../store/changes.ts";
import type { Reader, Transactor, Writer } from "../store/database.ts";
import { findAddressees, notifyOfMessages } from "../store/notifications-of-messages.ts";
import { notifyOfAdditions, type Addition } from "../store/notifications-of-services.ts";
import { hasUntoldNotifications, takeUntoldNotifications, type NotificationRow } from "../store/notifications.ts";
import type { Follower } from "./follower.ts";
import { runLoop, type Loop } from "./loop.ts";

export interface NotificationsFollowerDeps {
  /** Whom `@here` reaches. */
  readonly isOnline: (userId: UserId) => boolean;
  /** Tells people's sockets of notifications that are committed. */
  readonly announce: (rows: readonly NotificationRow[]) => void;
}

/** Writes down who is told of what happened. What is imported, or older than a day, is no news; nor is an edit, whomever it mentions. */
export function createNotificationsFollower({ isOnline, announce }: NotificationsFollowerDeps): Follower {
  return {
    name: "notifications",
    // Each change may be for many people, and while a page is written all other followers wait.
    pageSize: 100,
    async handle(tx, changes) {
      const oldest = Date.now() - NEWS_MS;
      const news = changes.filter((change) => !change.imported && change.at.getTime() >= oldest);
      await notifyOfAdditions(tx, news.flatMap(toAddition));
      const messages = news.filter((change) => change.type === "message.created").map((change) => change.subjectId);
      const rows = messages.length > 0 ? await tellOf(tx, messages, isOnline) : [];
      return rows.length > 0 ? () => announce(rows) : undefined;
    },
  };
}

async function tellOf(
  tx: Writer,
  messageIds: string[],
  isOnline: (userId: UserId) => boolean,
): Promise<NotificationRow[]> {
  const addressees = (await findAddressees(tx, messageIds)).filter(({ userId }) => isOnline(userId));
  return await notifyOfMessages(tx, messageIds, addressees);
}

function toAddition({ type, conversationId, subjectId, actorId }: Change): Addition[] {
  if (type === "conversation.created") return [{ conversationId, userId: null, actorId }];
  // Who joins by themselves needs no telling.
  if (type === "member.added" && subjectId !== actorId)
    return [{ conversationId, userId: subjectId as UserId, actorId }];
  return [];
}

export interface AnnouncerDeps {
  readonly present: (rows: readonly NotificationRow[]) => Promise<readonly Notification[]>;
  /** Tells an event to all sockets of a user, on all nodes. Neither throws nor waits. */
  readonly toUser: (userId: UserId, event: Signal) => void;
  readonly onTrouble: (error: unknown, message: string) => void;
}

/** Read for at once. */
const PRESENTED = 500;
/** Told in one turn of the event loop: telling thousands of people leaves room for messages in between. */
const TOLD = 50;

/** Answers how to tell people's sockets. Never fails: whoever is not told finds it in the list. */
export function createAnnouncer({
  present,
  toUser,
  onTrouble,
}: AnnouncerDeps): (rows: readonly NotificationRow[]) => void {
  async function tell(rows: readonly NotificationRow[]): Promise<void> {
    for (let from = 0; from < rows.length; from += PRESENTED) {
      const part = rows.slice(from, from + PRESENTED);
      const timestamp = new Date().toISOString();
      for (const [index, data] of (await present(part)).entries()) {
        if (index % TOLD === 0) await nextTurn();
        const { userId } = part[index] as NotificationRow;
        toUser(userId, { type: "notification.created", user_id: userId, timestamp, data });
      }
    }
  }
  return (rows) =>
    void tell(rows).catch((error: unknown) => onTrouble(error, "notifications were not told to sockets"));
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

export interface NoticesDeps {
  readonly database: Reader & Transactor;
  readonly announce: (rows: readonly NotificationRow[]) => void;
  readonly onTrouble: (error: unknown, message: string) => void;
  /** How often it looks; default 500 ms. */
  readonly everyMs?: number;
}

const NOTICES = 500;
/** Each commit is a reason to look, and there may be thousands of them in a second. */
const PACE_MS = 100;

/** Tells of the notifications that services write beside the log (`notify`), each on one of the nodes. */
export function runNotices({ database, announce, onTrouble, everyMs = 500 }: NoticesDeps): Loop {
  return runLoop({
    name: "telling notices",
    paceMs: Math.min(PACE_MS, everyMs),
    onTrouble,
    async round() {
      if (!(await hasUntoldNotifications(database))) return everyMs;
      const rows = await database.transaction((tx) => takeUntoldNotifications(tx, NOTICES));
      announce(rows);
      return rows.length < NOTICES ? everyMs : 0;
    },
  });
}
