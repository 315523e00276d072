import {
  ParleyError,
  type BulkReadResult,
  type DeliveredResult,
  type Mark as PresentedMark,
  type MoveMark,
  type Page,
  type ReadResult,
} from "@parley/protocol";
import { isHost } from "../domain/access.ts";
import type { Caller } from "../domain/caller.ts";
import { STAFF_MARK, SYSTEM_USER, type ConversationId, type MessageId, type UserId } from "../domain/ids.ts";
import { BEFORE_ALL, laterMark, markHolder, unreadCount, type Mark, type Place } from "../domain/marks.ts";
import { findStanding } from "../store/conversations.ts";
import type { Reader } from "../store/database.ts";
import { findPlaceAt, listSharedMarks, listSmallMarks, type MarkRow } from "../store/marks/marks.ts";
import type { MarksWriter } from "../store/marks/marks-writer.ts";
import { findMessage, type MessageRow } from "../store/messages.ts";
import { accessTo, mayListMembers, messageNotFound, requireMembership, type Access } from "./access.ts";
import type { OwnMark } from "./messages/send.ts";
import { cutPage, decodeCursor, idAlone } from "./page-cursor.ts";

export interface MarksDeps {
  readonly db: Reader;
  readonly writer: Pick<MarksWriter, "move" | "advanceOwn" | "pending">;
  readonly onTrouble: (error: unknown, message: string) => void;
}

/** Up to this many members, everyone's marks are told to everyone (DESIGN 2.12). */
export const MARKS_FOR_ALL = 50;

/** Conversations that are marked at the same time for one request. */
const BULK_CONCURRENCY = 8;

export type Marks = ReturnType<typeof createMarks>;

/**
 * How far people have read and received. Receipts are mutual, as messengers do it: who does not share theirs sees nobody else's.
 * Staff always share the one mark they have together in support.
 */
export function createMarks(deps: MarksDeps) {
  const { db, writer } = deps;

  /**
   * Marks as read up to a message: a seq or an id, or the last one; clamped to the last message at or before. Answers when it is
   * committed. What is read already, one's own messages among it, is answered as it is. In support, staff move the mark that they share.
   * Throws `not_found` (also for a message that history hides), `not_a_member`, `permission_denied` (the host's backend outside of support).
   */
  async function markRead(caller: Caller, conversationId: ConversationId, target: MoveMark): Promise<ReadResult> {
    return await readAs(await accessTo(db, caller, conversationId), target);
  }

  async function readAs(access: Access, target: MoveMark): Promise<ReadResult> {
    const { conversation } = access;
    const userId = holderOf(access);
    const read = await placeOf(db, access, target);
    const { mark, previous } = await writer.move({ conversationId: conversation.id, userId, read });
    return {
      last_read_seq: mark.lastReadSeq,
      unread_count: unreadCount(conversation.messageCount, mark.lastReadOrdinal),
      updated_count: Math.max(0, read.ordinal - previous.lastReadOrdinal),
    };
  }

  return {
    markRead,

    /** The same for what has reached the caller's device. Reading implies it. */
    async markDelivered(caller: Caller, conversationId: ConversationId, target: MoveMark): Promise<DeliveredResult> {
      const access = await accessTo(db, caller, conversationId);
      const userId = holderOf(access);
      const place = await placeOf(db, access, target);
      const { mark, previous } = await writer.move({ conversationId, userId, deliveredSeq: place.seq });
      const isFurther = place.seq > previous.lastDeliveredSeq;
      const before = isFurther
        ? ((await findPlaceAt(db, conversationId, previous.lastDeliveredSeq)) ?? BEFORE_ALL)
        : place;
      return { last_delivered_seq: mark.lastDeliveredSeq, updated_count: place.ordinal - before.ordinal };
    },

    /**
     * Marks up to 100 conversations as read, for staff: all or, where one of them is not theirs to read, none. Throws like `markRead`.
     */
    async markManyRead(caller: Caller, conversationIds: readonly ConversationId[]): Promise<BulkReadResult> {
      const accesses = await inTurns([...new Set(conversationIds)], (id) => accessTo(db, caller, id));
      for (const access of accesses) holderOf(access);
      const items = await inTurns(accesses, async (access) => ({
        conversation_id: access.conversation.id,
        ...(await readAs(access, {})),
      }));
      return { items, updated_count: items.reduce((sum, item) => sum + item.updated_count, 0) };
    },

    /** Marks of the members who share theirs, by user id. Throws `not_found`, `not_a_member`, `permission_denied` for guests. */
    async listMarks(
      caller: Caller,
      conversationId: ConversationId,
      query: { limit: number; cursor?: string },
    ): Promise<Page<PresentedMark>> {
      const access = await accessTo(db, caller, conversationId);
      requireMembership(access);
      if (!mayListMembers(access)) {
        throw new ParleyError("permission_denied", {
          detail: "Guests cannot list the members, nor how far they have read.",
        });
      }
      const rows = await listSharedMarks(db, {
        conversationId,
        viewerId: caller.userId,
        seesAllShared: seesAllShared(access),
        hasStaff: access.conversation.kind === "support",
        after: (decodeCursor(query.cursor, idAlone)?.id as UserId | undefined) ?? null,
        limit: query.limit + 1,
      });
      const page = cutPage(rows, query.limit, (row) => [row.userId]);
      return { items: page.rows.map((row) => present(row)), next_cursor: page.nextCursor };
    },

    /**
     * Marks of many conversations that the caller may see (which the adapter has just made sure of): of those with at most 50
     * members, for resuming and opening; the others are not in the answer.
     */
    async smallMarks(
      caller: Caller,
      conversationIds: readonly ConversationId[],
    ): Promise<Map<ConversationId, PresentedMark[]>> {
      const isStaff = caller.isStaff || isHost(caller);
      const rows = await listSmallMarks(db, {
        conversationIds,
        viewerId: caller.userId,
        isStaff,
        maxMembers: MARKS_FOR_ALL,
      });
      const byConversation = new Map<ConversationId, PresentedMark[]>();
      for (const row of rows) {
        const marks = byConversation.get(row.conversationId) ?? [];
        marks.push(present(row));
        byConversation.set(row.conversationId, marks);
      }
      return byConversation;
    },

    /** A sent message advances its sender's mark, in support that of the staff where one of them sent it. Does not wait, and never fails. */
    advanceOwn: (message: MessageRow, mark: OwnMark, kind?: string): void => {
      const { conversationId, senderId, seq, ordinal } = message;
      // The host's backend is nobody whose reading counts.
      if (senderId === SYSTEM_USER) return;
      const advance = (userId: UserId): void =>
        writer.advanceOwn({ conversationId, userId, seq, ordinal, onlyIfAllRead: mark === "if_all_read" });
      if (kind !== undefined && kind !== "support") {
        advance(senderId);
        return;
      }
      findStanding(db, conversationId, senderId)
        .then((standing) =>
          advance(!standing?.member && standing?.conversation.kind === "support" ? STAFF_MARK : senderId),
        )
        .catch((error: unknown) => deps.onTrouble(error, "the mark of a sender was left where it is"));
    },
  };

  function present(row: MarkRow): PresentedMark {
    return presentMark(row.userId, laterMark(row, writer.pending(row.conversationId, row.userId)));
  }
}

/** A mark as it goes over the wire. */
export function presentMark(userId: UserId, mark: Mark): PresentedMark {
  return {
    user_id: userId,
    last_read_seq: mark.lastReadSeq,
    last_delivered_seq: mark.lastDeliveredSeq,
    last_read_at: mark.lastReadAt?.toISOString() ?? null,
  };
}

/** Staff share theirs always, and so see those of whoever shares; the host's backend has none to share. */
export function seesAllShared(access: Access): boolean {
  return access.footing === "staff" || access.footing === "service";
}

function holderOf(access: Access): UserId {
  requireMembership(access);
  const holder = markHolder(access.footing, access.conversation.kind, access.caller.userId);
  if (holder) return holder;
  throw new ParleyError("permission_denied", {
    detail: "Only members read. Say for whom: send Parley-Act-As with the id of a member.",
  });
}

/** The place up to which to mark: the last message at or before the target; before all where history hides it. */
async function placeOf(db: Reader, access: Access, target: MoveMark): Promise<Place> {
  const { conversation, visibleAfter } = access;
  const last = { seq: conversation.lastMessageSeq, ordinal: conversation.messageCount };
  if (target.message_id !== undefined) {
    const message = await findMessage(db, target.message_id as MessageId);
    if (message?.conversationId !== conversation.id || message.seq <= visibleAfter) throw messageNotFound();
    return message;
  }
  const { seq = last.seq } = target;
  const place = seq >= last.seq ? last : await findPlaceAt(db, conversation.id, seq);
  return place && place.seq > visibleAfter ? place : BEFORE_ALL;
}

async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += BULK_CONCURRENCY) {
    results.push(...(await Promise.all(items.slice(start, start + BULK_CONCURRENCY).map(work))));
  }
  return results;
}
