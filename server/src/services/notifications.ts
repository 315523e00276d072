import type {
  Notification,
  NotificationListQuery,
  Page,
  ReadNotifications,
  ReadNotificationsResult,
  Sender,
} from "@parley/protocol";
import type { Caller } from "../domain/caller.ts";
import type { ConversationId, UserId } from "../domain/ids.ts";
import { previewOf } from "../domain/notifications.ts";
import { findConversations, type ConversationRow } from "../store/conversations.ts";
import type { Reader, Transactor } from "../store/database.ts";
import { findMessages, type MessageRow } from "../store/messages.ts";
import {
  countUnreadNotifications,
  findInsiders,
  listNotifications,
  markNotificationsRead,
  type NotificationRow,
} from "../store/notifications.ts";
import type { SenderSummaries } from "./messages/present-messages.ts";
import { cutPage, decodePlace } from "./page-place.ts";

export interface NotificationsDeps {
  readonly db: Reader & Transactor;
  readonly summaries: SenderSummaries;
}

export type NotificationsService = ReturnType<typeof createNotifications>;

export function createNotifications(deps: NotificationsDeps) {
  const { db } = deps;
  return {
    /**
     * The caller's notifications, the latest first. Those of messages that they may not read any more, or that are deleted, are left
     * out. Read is what was marked, and what their mark in the conversation has passed. Throws `validation_failed` for a cursor of
     * another list.
     */
    async list(caller: Caller, query: NotificationListQuery): Promise<Page<Notification>> {
      const rows = await listNotifications(db, caller, {
        onlyUnread: query.unread ?? false,
        beyond: decodePlace(query.cursor),
        limit: query.limit + 1,
      });
      const page = cutPage(rows, query.limit, (row) => ({ at: row.createdAt, id: row.id }));
      return { items: await present(page.rows), next_cursor: page.nextCursor };
    },

    /** Marks those named, those of a conversation, or all as read. What is not there or not the caller's is left out. */
    async markRead(caller: Caller, which: ReadNotifications): Promise<ReadNotificationsResult> {
      const updated = await db.transaction((tx) =>
        markNotificationsRead(tx, caller.userId, {
          ids: which.notification_ids ?? null,
          conversationId: (which.conversation_id as ConversationId | undefined) ?? null,
        }),
      );
      return { updated_count: updated, unread_count: await countUnreadNotifications(db, caller) };
    },

    /** As they go over the wire, in the same order. Whether their users may see them was decided before. */
    present,
  };

  async function present(rows: readonly NotificationRow[]): Promise<Notification[]> {
    if (rows.length === 0) return [];
    const [messages, conversations, actors, insiders] = await Promise.all([
      findMessages(db, distinct(rows.map((row) => row.messageId))),
      findConversations(db, distinct(rows.map((row) => row.conversationId))),
      deps.summaries.many(distinct(rows.map((row) => row.actorId))),
      findInsiders(db, rows.flatMap(placeOf)),
    ]);
    const messageOf = new Map(messages.map((message) => [message.id, message]));
    const conversationOf = new Map(conversations.map((conversation) => [conversation.id, conversation]));
    return rows.map((row) => {
      const conversation = row.conversationId ? conversationOf.get(row.conversationId) : undefined;
      return toNotification(row, {
        sender: row.actorId ? actors.get(row.actorId) : undefined,
        message: row.messageId ? messageOf.get(row.messageId) : undefined,
        conversation: row.messageId || insiders.has(`${row.conversationId} ${row.userId}`) ? conversation : undefined,
      });
    });
  }
}

/** Where it is to be asked whether the person is still inside: who may read a message sees its conversation anyway. */
function placeOf({
  messageId,
  conversationId,
  userId,
}: NotificationRow): { conversationId: ConversationId; userId: UserId }[] {
  return conversationId && !messageId ? [{ conversationId, userId }] : [];
}

interface Shown {
  readonly sender: Sender | undefined;
  readonly message: MessageRow | undefined;
  readonly conversation: ConversationRow | undefined;
}

function toNotification(row: NotificationRow, { sender, message, conversation }: Shown): Notification {
  // What confidential channels hold, the service cannot read either.
  const isReadable = conversation !== undefined && conversation.visibility !== "confidential";
  return {
    id: row.id,
    type: row.type,
    conversation_id: row.conversationId,
    message_id: row.messageId,
    data: {
      ...row.data,
      sender_id: row.actorId,
      ...(row.actorId ? { sender: sender ?? null } : {}),
      ...(conversation ? { conversation: { kind: conversation.kind, title: conversation.title } } : {}),
      ...(message ? { thread_root_id: message.threadRootId, preview: isReadable ? previewOf(message) : null } : {}),
    },
    created_at: row.createdAt.toISOString(),
    read_at: row.readAt?.toISOString() ?? null,
  };
}

function distinct<T>(values: readonly (T | null)[]): T[] {
  return [...new Set(values)].filter((value) => value !== null);
}
