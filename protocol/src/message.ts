import * as z from "zod";
import { attachment, attachmentInput, MEDIA_METADATA } from "./attachment.ts";
import {
  content,
  contentOrEmpty,
  count,
  LIMITS,
  metadata,
  seq,
  storedMetadata,
  timestamp,
  timestampInput,
  uuid,
} from "./primitives.ts";
import { messageReaction } from "./reaction.ts";
import { sender } from "./user.ts";

export const CONTENT_TYPES = [
  "text",
  "image",
  "file",
  "audio",
  "video",
  "system_notification",
  "collaboration_update",
] as const;
export const contentType = z.enum(CONTENT_TYPES);
export type ContentType = z.infer<typeof contentType>;

/** How a thread stands after a reply, so that its root can be redrawn without asking. */
export const threadSummary = z.object({ root_id: uuid, reply_count: count, last_reply_at: timestamp.nullable() });
export type ThreadSummary = z.infer<typeof threadSummary>;

export const message = z
  .object({
    id: uuid,
    conversation_id: uuid,
    seq: seq.meta({ description: "Its place in the conversation for ever; increasing, not dense" }),
    ordinal: seq.meta({ description: "1, 2, 3 … over the messages alone" }),
    version: seq.meta({ description: "The change that last touched it" }),
    sender_id: uuid,
    sender,
    content_type: contentType,
    content: z.string().meta({ description: "Empty when deleted" }),
    metadata: storedMetadata.nullable(),
    parent_id: uuid.nullable(),
    thread_root_id: uuid.nullable(),
    depth: count.meta({ description: "0 outside threads, 1 for a reply to the root …" }),
    reply_count: count,
    reactions: z.array(messageReaction),
    attachments: z.array(attachment),
    mentions: z.array(uuid).meta({ description: "Users whom the content mentions" }),
    pinned_at: timestamp.nullable(),
    pinned_by: uuid.nullable(),
    created_at: timestamp,
    edited_at: timestamp.nullable(),
    deleted_at: timestamp.nullable(),
    thread: threadSummary.optional().meta({ description: "Only in events about replies: how the thread stands now" }),
  })
  .meta({ id: "Message" });
export type Message = z.infer<typeof message>;

/** The answer to a send whose id was taken by the same message. */
export const duplicateMessage = z
  .object({ ...message.shape, duplicate: z.literal(true) })
  .meta({ id: "DuplicateMessage" });
export type DuplicateMessage = z.infer<typeof duplicateMessage>;

/** What a message was before an edit. */
export const messageEdit = z
  .object({
    message_id: uuid,
    content: z.string(),
    metadata: storedMetadata.nullable(),
    edited_by: uuid.nullable(),
    edited_at: timestamp.meta({ description: "When this content was replaced" }),
  })
  .meta({ id: "MessageEdit" });
export type MessageEdit = z.infer<typeof messageEdit>;

/** The fields of every way to send. */
export const sendFields = {
  id: z.exactOptional(uuid).meta({ description: "Names the message and makes sending it again safe; best a UUIDv7" }),
  content_type: contentType.default("text"),
  content: contentOrEmpty
    .default("")
    .meta({ description: "Required unless there are attachments or the metadata of a medium" }),
  metadata: z.exactOptional(metadata.nullable()),
  parent_id: z.exactOptional(uuid.nullable()).meta({ description: "The message replied to, in the same conversation" }),
  attachments: z.exactOptional(z.array(attachmentInput).max(LIMITS.attachments)),
};

const scheduling = {
  send_at: z.exactOptional(timestampInput).meta({ description: "Send it then instead of now" }),
};

type Sent = z.infer<z.ZodObject<typeof sendFields>>;

/** A message says something: by content, attachments or the metadata of its medium. Plain texts leave at the first line. */
export function checkSent(context: z.core.ParsePayload<Sent>): void {
  const sent = context.value;
  if (sent.content_type === "text" && sent.content !== "") return;
  const hasAttachments = (sent.attachments?.length ?? 0) > 0;
  const media = (MEDIA_METADATA as Partial<Record<ContentType, z.ZodType>>)[sent.content_type];
  const described = media !== undefined && sent.metadata != null;
  if (sent.content === "" && !hasAttachments && !described) {
    context.issues.push({
      code: "custom",
      path: ["content"],
      message: "Must not be empty without attachments",
      input: sent,
    });
  }
  if (media === undefined) return;
  if (!described && !hasAttachments) {
    context.issues.push({
      code: "custom",
      path: ["metadata"],
      message: `Must describe the ${sent.content_type}, or it must be attached`,
      input: sent,
    });
  }
  if (!described) return;
  for (const issue of media.safeParse(sent.metadata).error?.issues ?? []) {
    context.issues.push({ code: "custom", path: ["metadata", ...issue.path], message: issue.message, input: sent });
  }
}

/** Sending into a conversation that the path or the frame names. */
export const sendMessage = z.strictObject({ ...sendFields, ...scheduling }).check(checkSent);
export type SendMessage = z.infer<typeof sendMessage>;
export type SendMessageInput = z.input<typeof sendMessage>;

/** The first message of a new conversation. */
export const initialMessage = z.strictObject(sendFields).check(checkSent);
export type InitialMessage = z.infer<typeof initialMessage>;

export const sendToFields = {
  ...sendFields,
  ...scheduling,
  conversation_id: z.exactOptional(uuid),
  recipient_id: z
    .exactOptional(uuid)
    .meta({ description: "Makes the direct conversation with this user where there is none yet" }),
};

export function checkSentTo(context: z.core.ParsePayload<z.infer<z.ZodObject<typeof sendToFields>>>): void {
  checkSent(context);
  if (context.value.conversation_id === undefined || context.value.recipient_id === undefined) return;
  context.issues.push({
    code: "custom",
    path: ["recipient_id"],
    message: "Give either conversation_id or recipient_id",
    input: context.value,
  });
}

/** Sending to a conversation, to a person, or (neither given) to the caller's support conversation. */
export const sendMessageTo = z.strictObject(sendToFields).check(checkSentTo);
export type SendMessageTo = z.infer<typeof sendMessageTo>;
export type SendMessageToInput = z.input<typeof sendMessageTo>;

export const editFields = {
  content,
  metadata: z.exactOptional(metadata.nullable()).meta({ description: "Stays as it is when left out" }),
};

export const editMessage = z.strictObject(editFields);
export type EditMessage = z.infer<typeof editMessage>;
