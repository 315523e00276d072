import type { DeliveryStatus } from "@parley/protocol";
import type { Footing } from "./access.ts";
import { STAFF_MARK, type UserId } from "./ids.ts";

/** A message's place in its conversation. */
export interface Place {
  readonly seq: number;
  readonly ordinal: number;
}

export const BEFORE_ALL: Place = { seq: 0, ordinal: 0 };

/** How far somebody has read and received. Never goes backwards; read implies delivered. */
export interface Mark {
  readonly lastReadSeq: number;
  readonly lastReadOrdinal: number;
  readonly lastDeliveredSeq: number;
  readonly lastReadAt: Date | null;
}

export const NOTHING_READ: Mark = { lastReadSeq: 0, lastReadOrdinal: 0, lastDeliveredSeq: 0, lastReadAt: null };

/** Messages after the mark. Never stored, so that it cannot drift (DESIGN section 5). */
export function unreadCount(messageCount: number, lastReadOrdinal: number): number {
  return Math.max(0, messageCount - lastReadOrdinal);
}

/** The mark as it is when what this node has not yet written (or wrote a moment ago) is counted in. */
export function laterMark(mark: Mark, pending: Mark | undefined): Mark {
  if (!pending) return mark;
  const read = pending.lastReadOrdinal > mark.lastReadOrdinal ? pending : mark;
  return {
    lastReadSeq: read.lastReadSeq,
    lastReadOrdinal: read.lastReadOrdinal,
    lastDeliveredSeq: Math.max(mark.lastDeliveredSeq, pending.lastDeliveredSeq),
    lastReadAt: read.lastReadAt ?? mark.lastReadAt,
  };
}

/** Whose mark somebody moves: their own as a member; staff share one in support; nobody else has one. */
export function markHolder(footing: Footing, kind: string, userId: UserId): UserId | undefined {
  if (footing === "member") return userId;
  if (footing === "staff" || (footing === "service" && kind === "support")) return STAFF_MARK;
  return undefined;
}

/**
 * How a message stands with a recipient. Archiving says that it is done with, so it goes before the rest; the times tell what
 * came before.
 */
export function deliveryStatus(seq: number, mark: Mark, archived: boolean): DeliveryStatus {
  if (archived) return "archived";
  if (mark.lastReadSeq >= seq) return "read";
  return mark.lastDeliveredSeq >= seq ? "delivered" : "sent";
}
