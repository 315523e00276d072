import type { Message } from "@parley/protocol";
import type { FailureReason, Outgoing } from "../outbox/entry.ts";
import type { ConversationState } from "./state.ts";

/** How far a message of one's own has come. */
export interface Receipt {
  /** `read` and `delivered` where that holds for everyone who is known to have a mark, and there is someone. */
  readonly status: "sent" | "delivered" | "read";
  /** Ids of the users whose device has it. */
  readonly deliveredTo: readonly string[];
  /** Ids of the users who have read it. */
  readonly readBy: readonly string[];
}

/**
 * Where a message of one's own is, from the keystroke to the reader:
 *
 * - `queued`: waits for the connection, for those before it, or for a limit to pass
 * - `sending`: on its way
 * - `failed`: refused for `reason`; it stays until it is retried or discarded
 * - `sent`: the service has it
 * - `delivered`, `read`: everyone's device has it, everyone has read it, as far as they share receipts
 */
export type OwnMessageStatus =
  | {
      /** It is in the outbox. */
      readonly status: "queued" | "sending";
    }
  | {
      /** It was refused. */
      readonly status: "failed";
      /** Why. */
      readonly reason: FailureReason;
    }
  | Receipt;

/** Counted from the marks that are held: of those who share receipts, and in large conversations while they are open. */
export function receiptOf(state: ConversationState, message: Message): Receipt {
  const others = [...state.marks.values()].filter(({ user_id: id }) => id !== message.sender_id);
  const deliveredTo = others.filter((mark) => mark.last_delivered_seq >= message.seq).map(({ user_id: id }) => id);
  const readBy = others.filter((mark) => mark.last_read_seq >= message.seq).map(({ user_id: id }) => id);
  const isFor = (users: readonly string[]): boolean => others.length > 0 && users.length === others.length;
  return { status: isFor(readBy) ? "read" : isFor(deliveredTo) ? "delivered" : "sent", deliveredTo, readBy };
}

/** Of one that is in the outbox still, or of one that is in the timeline. */
export function statusOf(state: ConversationState, one: Message | Outgoing): OwnMessageStatus {
  if (!("to" in one)) return receiptOf(state, one);
  if (one.message) return receiptOf(state, one.message);
  if (one.reason) return { status: "failed", reason: one.reason };
  return { status: one.state === "sending" ? "sending" : "queued" };
}
