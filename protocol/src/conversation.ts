import * as z from "zod";
import { notificationLevel } from "./member.ts";
import { initialMessage, message } from "./message.ts";
import { count, description, externalId, seq, slug, timestamp, title, uuid } from "./primitives.ts";
import { user } from "./user.ts";

export const CONVERSATION_KINDS = ["direct", "group", "channel", "support", "project", "system"] as const;
export const conversationKind = z.enum(CONVERSATION_KINDS);
export type ConversationKind = z.infer<typeof conversationKind>;

export const VISIBILITIES = ["public", "private", "confidential"] as const;
export const visibility = z.enum(VISIBILITIES);
export type Visibility = z.infer<typeof visibility>;

export const HISTORY_VISIBILITIES = ["all", "member_join_date", "none"] as const;
export const historyVisibility = z.enum(HISTORY_VISIBILITIES);
export type HistoryVisibility = z.infer<typeof historyVisibility>;

export const conversationSettings = z
  .object({
    require_approval: z.boolean().meta({ description: "Joining asks first" }),
    history_visibility: historyVisibility,
    slow_mode_seconds: count.meta({ description: "0: off" }),
    retention_days: count.nullable().meta({ description: "null: messages are kept for ever" }),
    federate: z.boolean(),
  })
  .meta({ id: "ConversationSettings" });
export type ConversationSettings = z.infer<typeof conversationSettings>;

const MAX_SLOW_MODE_SECONDS = 21_600;
const MAX_RETENTION_DAYS = 36_500;

export const conversationSettingsInput = z.strictObject({
  require_approval: z.exactOptional(z.boolean()),
  history_visibility: z.exactOptional(historyVisibility),
  slow_mode_seconds: z.exactOptional(z.int().min(0).max(MAX_SLOW_MODE_SECONDS)),
  retention_days: z.exactOptional(z.int().min(1).max(MAX_RETENTION_DAYS).nullable()),
  federate: z.exactOptional(z.boolean()),
});
export type ConversationSettingsInput = z.infer<typeof conversationSettingsInput>;

/** What is the same for everyone who may see the conversation: the data of its events. */
const sharedFields = {
  id: uuid,
  kind: conversationKind,
  title: z.string().nullable(),
  description: z.string().nullable(),
  space_id: uuid.nullable(),
  slug: z.string().nullable(),
  visibility,
  settings: conversationSettings,
  external_ref: z.string().nullable(),
  head: seq.meta({ description: "The version of its last change" }),
  version: seq.meta({ description: "The change that last touched the conversation itself" }),
  message_count: count,
  last_message_at: timestamp.nullable(),
  member_count: count,
  archived_at: timestamp.nullable(),
  created_by: uuid.nullable(),
  created_at: timestamp,
  updated_at: timestamp,
};

/** What depends on who looks. */
const viewFields = {
  unread_count: count.nullable().meta({ description: "null for who follows a public channel without joining" }),
  last_message: message.nullable(),
  last_read_seq: seq.nullable().meta({ description: "null for who follows a public channel without joining" }),
  peer: user.nullable().optional().meta({ description: "The other one of a direct conversation" }),
  subject_user: user
    .nullable()
    .optional()
    .meta({ description: "The customer of a support conversation, the reader of a system one" }),
  muted_until: timestamp.nullable().optional().meta({ description: "One's own setting; absent for who is no member" }),
  notification_level: notificationLevel
    .optional()
    .meta({ description: "One's own setting; absent for who is no member" }),
  hidden: z.boolean().optional().meta({
    description:
      "A direct conversation that one has deleted: left out of lists until the next message; absent for who is no member",
  }),
};

const deletedAt = timestamp
  .nullable()
  .optional()
  .meta({ description: "Only in changes and events: when it was deleted" });

export const conversation = z
  .object({ ...sharedFields, ...viewFields, deleted_at: deletedAt })
  .meta({ id: "Conversation" });
export type Conversation = z.infer<typeof conversation>;

/**
 * A conversation in a live event. Events are the same bytes for everyone, so what depends on the viewer is
 * absent: a client keeps what it had, or asks.
 */
export const conversationEventData = z
  .object({ ...sharedFields, deleted_at: deletedAt })
  .meta({ id: "ConversationEventData" });
export type ConversationEventData = z.infer<typeof conversationEventData>;

/** Enough to name a conversation in a search hit. */
export const conversationSummary = conversation
  .pick({ id: true, kind: true, title: true, space_id: true, slug: true, peer: true, subject_user: true })
  .meta({ id: "ConversationSummary" });
export type ConversationSummary = z.infer<typeof conversationSummary>;

const MAX_FIRST_MEMBERS = 1_000;

const createFields = {
  kind: conversationKind,
  title: z.exactOptional(title.nullable()),
  description: z.exactOptional(description.nullable()),
  member_ids: z
    .array(uuid)
    .max(MAX_FIRST_MEMBERS)
    .default([])
    .meta({ description: "The others; the caller is one anyway" }),
  space_id: z.exactOptional(uuid.nullable()),
  slug: z.exactOptional(slug.nullable()),
  visibility: z.exactOptional(visibility).meta({ description: "Default: private" }),
  settings: z.exactOptional(conversationSettingsInput),
  external_ref: z
    .exactOptional(externalId.nullable())
    .meta({ description: "What the host application calls it: a project's id" }),
  initial_message: z.exactOptional(initialMessage),
};

function checkCreated(context: z.core.ParsePayload<z.infer<z.ZodObject<typeof createFields>>>): void {
  const { kind, title: name, member_ids } = context.value;
  const refuse = (field: keyof typeof createFields, message: string): void => {
    context.issues.push({ code: "custom", path: [field], message, input: context.value });
  };
  if (kind === "direct" && member_ids.length !== 1)
    refuse("member_ids", "A direct conversation has exactly one other member");
  if (kind === "group" && member_ids.length === 0) refuse("member_ids", "A group needs at least one other member");
  if (kind === "group" && name == null) refuse("title", "A group needs a title");
}

export const createConversation = z.strictObject(createFields).check(checkCreated);
export type CreateConversation = z.infer<typeof createConversation>;
export type CreateConversationInput = z.input<typeof createConversation>;

export const updateConversation = z.strictObject({
  title: z.exactOptional(title.nullable()),
  description: z.exactOptional(description.nullable()),
  slug: z.exactOptional(slug.nullable()),
  visibility: z.exactOptional(visibility),
  settings: z.exactOptional(conversationSettingsInput).meta({ description: "Only the settings named here change" }),
  external_ref: z.exactOptional(externalId.nullable()),
});
export type UpdateConversation = z.infer<typeof updateConversation>;

export const archiveConversation = z.strictObject({ archived: z.boolean() });
