import type { ErrorCode, Message, SendMessageToInput } from "@parley/protocol";

/** What one may say in a message; where it goes is said apart. With `send_at` it is scheduled, or sent at once if it can only be handed over after that time. */
export type Draft = Omit<SendMessageToInput, "id" | "conversation_id" | "recipient_id">;

/** Where a message goes: a conversation, or a person (their direct conversation is made if need be). */
export type Destination =
  | {
      /** The conversation's id. */
      readonly conversation_id: string;
    }
  | {
      /** The user's id. */
      readonly recipient_id: string;
    };

/**
 * - `queued`: waits for the connection, for those before it, or for a limit to pass
 * - `sending`: on its way
 * - `sent`: committed; it is in the timeline, or about to be
 * - `failed`: refused for `reason`; it stays until it is retried or discarded
 *
 * Of a sent message, `statusOf` tells `delivered` and `read`.
 */
export type OutgoingState = "queued" | "sending" | "sent" | "failed";

/** A message in the outbox, as it is kept. Names are those of the wire. */
export interface OutboxEntry {
  /** The id that the message has or will have, a UUID. */
  readonly id: string;
  /** Where it goes. */
  readonly to: Destination;
  /** What it says. */
  readonly draft: Draft;
  /** Its place in the order of sending: milliseconds since the epoch, later than those before it. */
  readonly at: number;
  /** Why it was refused; undefined while it is to be sent. */
  readonly reason?: FailureReason;
}

/** Why a message was refused. */
export interface FailureReason {
  /** Of the service's catalogue. */
  readonly code: ErrorCode;
  /** For people, in English. */
  readonly message: string;
}

/** A message in the outbox, with what is happening to it. */
export interface Outgoing extends OutboxEntry {
  /** What is happening to it. */
  readonly state: OutgoingState;
  /** Once it is sent. */
  readonly message?: Message;
}

/** What keeps the order: messages of one lane are sent one after the other. */
export function laneOf({ to }: OutboxEntry): string {
  return "conversation_id" in to ? to.conversation_id : `to ${to.recipient_id}`;
}

export function inOrder(entries: Iterable<OutboxEntry>): OutboxEntry[] {
  return [...entries].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}
