import { ParleyError, type Page, type RecipientStatus } from "@parley/protocol";
import type { Caller } from "../domain/caller.ts";
import type { ConversationId, MessageId, UserId } from "../domain/ids.ts";
import { deliveryStatus } from "../domain/marks.ts";
import { MOVEMENTS_KEPT_MS } from "../domain/retention.ts";
import { findMember } from "../store/members.ts";
import type { Reader } from "../store/database.ts";
import { listRecipients, type RecipientRow } from "../store/marks/recipients.ts";
import { findMessage } from "../store/messages.ts";
import { accessTo, mayListMembers, messageNotFound, requireMembership } from "./access.ts";
import { seesAllShared } from "./marks.ts";
import { cutPage, decodeCursor, idAlone } from "./page-cursor.ts";

export type DeliveryStatusService = ReturnType<typeof createDeliveryStatus>;

export function createDeliveryStatus(deps: { readonly db: Reader }) {
  const { db } = deps;
  return {
    /**
     * How a message stands with each of its recipients, by user id: who was a member when it was sent, shares receipts, and is still
     * there. In support the staff are one recipient. Guests may ask for their own messages. Worked out when asked, a page at a time,
     * so that it costs nothing in large conversations.
     *
     * Throws `not_found` (also where history hides the message), `not_a_member`, `permission_denied`.
     */
    async listMessageStatus(
      caller: Caller,
      conversationId: ConversationId,
      messageId: MessageId,
      query: { limit: number; cursor?: string },
    ): Promise<Page<RecipientStatus>> {
      const access = await accessTo(db, caller, conversationId);
      requireMembership(access);
      const message = await findMessage(db, messageId);
      if (message?.conversationId !== conversationId || message.seq <= access.visibleAfter) throw messageNotFound();
      if (!mayListMembers(access) && message.senderId !== caller.userId) {
        throw new ParleyError("permission_denied", {
          detail: "Guests cannot list the members, nor who has read what others wrote.",
        });
      }
      const toStaff =
        access.conversation.kind === "support" &&
        (await findMember(db, conversationId, message.senderId)) !== undefined;
      const rows = await listRecipients(db, {
        message,
        viewerId: caller.userId,
        seesAllShared: seesAllShared(access),
        toStaff,
        after: (decodeCursor(query.cursor, idAlone)?.id as UserId | undefined) ?? null,
        limit: query.limit + 1,
      });
      const page = cutPage(rows, query.limit, (row) => [row.userId]);
      // Movements from back then are forgotten: the first one that is left would not be the one that read it.
      const hasTimes = message.createdAt.getTime() > Date.now() - MOVEMENTS_KEPT_MS;
      return { items: page.rows.map((row) => present(row, message.seq, hasTimes)), next_cursor: page.nextCursor };
    },
  };
}

function present(
  { userId, mark, archived, readAt, deliveredAt }: RecipientRow,
  seq: number,
  hasTimes: boolean,
): RecipientStatus {
  return {
    user_id: userId,
    status: deliveryStatus(seq, mark, archived),
    delivered_at: (hasTimes && deliveredAt?.toISOString()) || null,
    read_at: (hasTimes && readAt?.toISOString()) || null,
  };
}
