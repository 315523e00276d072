import {
  invalid,
  ParleyError,
  type Message,
  type ScheduledReceipt,
  type SendMessage,
  type SendMessageTo,
} from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { ScheduledMessages } from "../scheduled-messages.ts";
import { checkType } from "./content.ts";
import type { SendOptions, SendService } from "./send.ts";

/** The one conversation of a pair, a customer or a reader, made where there is none. */
export interface ConversationsByPeople {
  directWith(caller: Caller, userId: UserId): Promise<ConversationId>;
  supportOf(caller: Caller): Promise<ConversationId>;
  systemOf(caller: Caller, userId: UserId): Promise<ConversationId>;
}

export interface SendToDeps {
  readonly send: SendService;
  readonly scheduled: Pick<ScheduledMessages, "schedule">;
  readonly conversations: ConversationsByPeople;
}

export type Sent =
  | { readonly kind: "sent"; readonly message: Message }
  /** The id was taken by the same message: nothing was written. */
  | { readonly kind: "duplicate"; readonly message: Message }
  | { readonly kind: "scheduled"; readonly receipt: ScheduledReceipt };

export type SendTo = ReturnType<typeof createSendTo>;

export function createSendTo({ send, scheduled, conversations }: SendToDeps) {
  /** Sends into a conversation: now, or with `send_at` then. Throws what `SendService` and `ScheduledMessages.schedule` throw. */
  async function sendInto(
    caller: Caller,
    conversationId: ConversationId,
    { send_at, ...message }: SendMessage,
    options?: Pick<SendOptions, "queued">,
  ): Promise<Sent> {
    if (send_at !== undefined) {
      return {
        kind: "scheduled",
        receipt: await scheduled.schedule(caller, conversationId, message, new Date(send_at)),
      };
    }
    const result = await send(caller, conversationId, message, options);
    return { kind: result.duplicate ? "duplicate" : "sent", message: result.message };
  }

  return {
    sendInto,

    /**
     * Sends to a conversation, to a person (in the direct conversation; a system notification by the service in their system
     * conversation), or to support. Conversations are made where there are none. Throws also what making them throws: `not_found`,
     * `validation_failed`, `contact_refused`, `permission_denied`.
     */
    async sendTo(
      caller: Caller,
      { conversation_id, recipient_id, ...message }: SendMessageTo,
      options?: Pick<SendOptions, "queued">,
    ): Promise<Sent> {
      // Before a conversation is made that the message may not be in.
      checkType(caller, message.content_type);
      const id =
        (conversation_id as ConversationId | undefined) ??
        (await conversationFor(caller, recipient_id as UserId | undefined, message));
      return await sendInto(caller, id, message, options);
    },
  };

  async function conversationFor(
    caller: Caller,
    recipientId: UserId | undefined,
    message: SendMessage,
  ): Promise<ConversationId> {
    const isNotice = caller.isService && message.content_type === "system_notification";
    try {
      if (recipientId === undefined) return await conversations.supportOf(caller);
      return isNotice
        ? await conversations.systemOf(caller, recipientId)
        : await conversations.directWith(caller, recipientId);
    } catch (error) {
      throw aboutRecipient(error);
    }
  }
}

/** Making a conversation names its members; here the caller has named a recipient. */
function aboutRecipient(error: unknown): unknown {
  if (!(error instanceof ParleyError) || error.code !== "validation_failed") return error;
  return invalid("body.recipient_id", error.errors?.[0]?.message ?? error.message);
}
