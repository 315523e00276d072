import * as z from "zod";
import { conversationEventData } from "../conversation.ts";
import { member } from "../member.ts";
import { message } from "../message.ts";
import { notification } from "../notification.ts";
import { presence } from "../presence.ts";
import { count, seq, timestamp, uuid } from "../primitives.ts";
import { reactionChange } from "../reaction.ts";
import { reply } from "./replies.ts";

const pinChange = z.object({ message_id: uuid, pinned_at: timestamp.nullable(), pinned_by: uuid.nullable() });
export type PinChange = z.infer<typeof pinChange>;

/** Durable events: one per change, with its version. */
export const CHANGE_EVENT_DATA = {
  "message.created": message,
  "message.updated": message,
  "message.deleted": message,
  "message.restored": message,
  "reaction.added": reactionChange,
  "reaction.removed": reactionChange,
  "pin.added": pinChange,
  "pin.removed": pinChange,
  "member.added": member,
  "member.removed": member,
  "member.updated": member,
  "conversation.created": conversationEventData,
  "conversation.updated": conversationEventData,
  "conversation.archived": conversationEventData,
  "conversation.deleted": conversationEventData,
  /** Something happened that this receiver may not see: its place, so that there is no hole. */
  "version.skipped": z.object({}),
} as const satisfies Record<string, z.ZodType>;

export type ChangeEventType = keyof typeof CHANGE_EVENT_DATA;
export const CHANGE_EVENT_TYPES = Object.keys(CHANGE_EVENT_DATA) as ChangeEventType[];

function changeEventOf<const Type extends ChangeEventType>(type: Type) {
  return z.object({
    type: z.literal(type),
    conversation_id: uuid,
    version: seq,
    user_id: uuid.nullable().meta({ description: "Who did it; null where the service did, and in `version.skipped`" }),
    timestamp,
    data: CHANGE_EVENT_DATA[type],
  });
}

export const changeEvent = z.discriminatedUnion("type", [
  changeEventOf("message.created"),
  changeEventOf("message.updated"),
  changeEventOf("message.deleted"),
  changeEventOf("message.restored"),
  changeEventOf("reaction.added"),
  changeEventOf("reaction.removed"),
  changeEventOf("pin.added"),
  changeEventOf("pin.removed"),
  changeEventOf("member.added"),
  changeEventOf("member.removed"),
  changeEventOf("member.updated"),
  changeEventOf("conversation.created"),
  changeEventOf("conversation.updated"),
  changeEventOf("conversation.archived"),
  changeEventOf("conversation.deleted"),
  changeEventOf("version.skipped"),
]);
export type ChangeEvent = z.infer<typeof changeEvent>;

const inConversation = { conversation_id: uuid, user_id: uuid, timestamp };

const readUpdated = z.object({
  type: z.literal("read.updated"),
  ...inConversation,
  data: z.object({
    last_read_seq: seq,
    last_read_at: timestamp.nullable(),
    unread_count: count.optional().meta({ description: "Only to the reader's own sockets" }),
  }),
});
const deliveryUpdated = z.object({
  type: z.literal("delivery.updated"),
  ...inConversation,
  data: z.object({ last_delivered_seq: seq }),
});

/** Movements of marks: no version, latest wins, never backwards. */
export const markEvent = z.discriminatedUnion("type", [readUpdated, deliveryUpdated]);
export type MarkEvent = z.infer<typeof markEvent>;
export type ReadUpdated = z.infer<typeof readUpdated>;
export type DeliveryUpdated = z.infer<typeof deliveryUpdated>;

const typingStart = z.object({ type: z.literal("typing.start"), ...inConversation, data: z.object({}) });
const typingStop = z.object({ type: z.literal("typing.stop"), ...inConversation, data: z.object({}) });
const presenceUpdated = z.object({ type: z.literal("presence.updated"), user_id: uuid, timestamp, data: presence });
const notificationCreated = z.object({
  type: z.literal("notification.created"),
  user_id: uuid.meta({ description: "Whom it is for" }),
  timestamp,
  data: notification,
});
const spaceUpdated = z.object({
  type: z.literal("space.updated"),
  user_id: uuid.nullable(),
  timestamp,
  data: z
    .object({ space_id: uuid })
    .meta({ description: "Something about it changed: ask again. 404 means it is gone" }),
});

/** Ephemeral: may be dropped, never repeated. */
export const signal = z.discriminatedUnion("type", [
  typingStart,
  typingStop,
  presenceUpdated,
  notificationCreated,
  spaceUpdated,
]);
export type Signal = z.infer<typeof signal>;
export type SignalType = Signal["type"];

export const serverEvent = z.discriminatedUnion("type", [changeEvent, markEvent, signal]);
/** Everything the service says unasked: also what `GET /v1/events` streams. */
export type ServerEvent = z.infer<typeof serverEvent>;

export const serverFrame = z.discriminatedUnion("type", [reply, changeEvent, markEvent, signal]);
/** Every frame that a client can get. */
export type ServerFrame = z.infer<typeof serverFrame>;
export type EventOf<Type extends ServerEvent["type"]> = Extract<ServerEvent, { type: Type }>;
