import type { Message } from "@parley/protocol";
import type { ConversationState } from "./state.ts";

/** How far a message of one's own has come. */
export interface Receipt {
  /** `read` and `delivered` where that holds for everyone who is known to have a mark, and there is someone. */
  readonly status: "sent" | "delivered" | "read";
  readonly deliveredTo: readonly string[];
  readonly readBy: readonly string[];
}

/** Counted from the marks that are held: of those who share receipts, and in large conversations while they are open. */
export function receiptOf(state: ConversationState, message: Message): Receipt {
  const others = [...state.marks.values()].filter(({ user_id: id }) => id !== message.sender_id);
  const deliveredTo = others.filter((mark) => mark.last_delivered_seq >= message.seq).map(({ user_id: id }) => id);
  const readBy = others.filter((mark) => mark.last_read_seq >= message.seq).map(({ user_id: id }) => id);
  const isFor = (users: readonly string[]): boolean => others.length > 0 && users.length === others.length;
  return { status: isFor(readBy) ? "read" : isFor(deliveredTo) ? "delivered" : "sent", deliveredTo, readBy };
}
