import { LIMITS, reaction as reactionSchema } from "@parley/protocol";
import { v5 as uuidv5 } from "uuid";
import type { ConversationId, MessageId, SpaceId, UserId } from "../../domain/ids.ts";
import type { ImportedMessage, ImportedUser } from "../../services/imports/history.ts";
import { timeOf, type SlackChannel, type SlackFile, type SlackMessage, type SlackUser } from "./format.ts";
import { mentionedUsers, toMarkdown, type SlackNames } from "./mrkdwn.ts";

/** Namespace of the ids that are made from Slack's: importing again, here or elsewhere, makes the same ones. */
const NAMESPACE = "8f0d1e52-6a8c-5c51-9d0e-3b1f5a7c2e94";

/** Makes Parley's ids from Slack's. `source` tells workspaces apart: Slack's ids are unique within one only. */
export function idsFrom(source: string) {
  const id = (kind: string, name: string): string => uuidv5(`${source}/${kind}/${name}`, NAMESPACE);
  return {
    user: (slackId: string) => id("user", slackId) as UserId,
    space: () => id("space", "") as SpaceId,
    conversation: (channelId: string) => id("conversation", channelId) as ConversationId,
    message: (channelId: string, ts: string) => id("message", `${channelId}/${ts}`) as MessageId,
  };
}
export type SlackIds = ReturnType<typeof idsFrom>;

/** Whoever wrote a message without saying so: some old kinds of Slack message name no user. */
export const UNKNOWN_AUTHOR = "unknown";

/** Who wrote it, as an id for `SlackIds.user`: a user, a bot by its id and name, or UNKNOWN_AUTHOR. */
export function authorOf(message: SlackMessage): string {
  if (message.user) return message.user;
  if (message.bot_id) return `${message.bot_id}/${message.username ?? ""}`;
  return UNKNOWN_AUTHOR;
}

export function toUser(ids: SlackIds, source: string, user: SlackUser): ImportedUser {
  const displayName = user.profile.display_name || user.profile.real_name || user.real_name || user.name;
  return {
    id: ids.user(user.id),
    externalId: `${source}:${user.id}`,
    username: toUsername(user.name),
    displayName: displayName.slice(0, 255),
    avatarUrl: user.profile.image_192 ?? null,
    kind: user.is_bot ? "agent" : "human",
    deactivated: user.deleted,
  };
}

/** For authors that users.json does not list: bots of integrations, and people of other workspaces. */
export function toUnlistedUser(ids: SlackIds, source: string, author: string): ImportedUser {
  const [botId = author, botName] = author.split("/");
  const name = botName || (author === UNKNOWN_AUTHOR ? "unknown author" : botId);
  return {
    id: ids.user(author),
    externalId: `${source}:${author}`,
    username: toUsername(name),
    displayName: name,
    avatarUrl: null,
    kind: botName === undefined ? "human" : "agent",
    deactivated: false,
  };
}

/** What Parley allows as a username, as near as possible to Slack's. */
export function toUsername(name: string): string {
  const plain = name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9_.-]+/g, "-")
    .replaceAll(/^[.-]+|[.-]+$/g, "")
    .slice(0, 60)
    .replace(/[.-]+$/, "");
  return plain === "" ? "someone" : plain;
}

export interface ConversionContext {
  readonly ids: SlackIds;
  readonly channel: SlackChannel;
  readonly names: SlackNames;
}

/** Subtypes that Slack itself writes: who came, who went, what was renamed. */
const NOTICES = new Set([
  "channel_join",
  "channel_leave",
  "channel_topic",
  "channel_purpose",
  "channel_name",
  "channel_archive",
  "channel_unarchive",
  "group_join",
  "group_leave",
  "group_topic",
  "group_purpose",
  "group_name",
  "group_archive",
  "group_unarchive",
  "pinned_item",
  "unpinned_item",
  "bot_add",
  "bot_remove",
  "reminder_add",
]);

export function toMessage({ ids, channel, names }: ConversionContext, message: SlackMessage): ImportedMessage {
  const content = contentOf(message, names);
  const isReply = message.thread_ts !== undefined && message.thread_ts !== message.ts;
  const createdAt = timeOf(message.ts);
  const pin = channel.pins.find(({ id }) => id === message.ts);
  const files = message.files.length > 0 ? message.files : message.file ? [message.file] : [];
  return {
    id: ids.message(channel.id, message.ts),
    senderId: ids.user(authorOf(message)),
    contentType: NOTICES.has(message.subtype ?? "") ? "system_notification" : "text",
    content: [...content].length > LIMITS.content ? [...content].slice(0, LIMITS.content).join("") : content,
    metadata: {
      slack: {
        ts: message.ts,
        ...(message.subtype ? { subtype: message.subtype } : {}),
        ...(isReply ? { thread_ts: message.thread_ts } : {}),
      },
    },
    attachments: files.length > 0 ? files.slice(0, LIMITS.attachments).map((file) => toAttachment(ids, file)) : null,
    mentions: mentionsOf(ids, names, message),
    parentId: isReply && message.thread_ts ? ids.message(channel.id, message.thread_ts) : null,
    createdAt,
    editedAt: message.edited ? timeOf(message.edited.ts) : null,
    deletedAt: message.subtype === "tombstone" ? (message.edited ? timeOf(message.edited.ts) : createdAt) : null,
    pinned: pin
      ? { by: ids.user(pin.user || authorOf(message)), at: pin.created > 0 ? new Date(pin.created * 1000) : createdAt }
      : null,
    reactions: message.reactions.flatMap(({ name, users }) => toReactions(ids, name, users)),
  };
}

/** Matches only a half without its other half: with the u flag, whole pairs are one character. */
const LONE_SURROGATE = /\p{Surrogate}/gu;

function contentOf(message: SlackMessage, names: SlackNames): string {
  // NUL cannot be stored, and half a surrogate pair is no text.
  const text = toMarkdown((message.text ?? "").replaceAll("\u0000", "").replaceAll(LONE_SURROGATE, "\ufffd"), names);
  return message.subtype === "me_message" && text !== "" ? `_${text}_` : text;
}

function mentionsOf(ids: SlackIds, names: SlackNames, message: SlackMessage): UserId[] | null {
  const mentioned = mentionedUsers(message.text ?? "").filter((id) => names.user(id) !== undefined);
  return mentioned.length > 0 ? mentioned.slice(0, 50).map((id) => ids.user(id)) : null;
}

function toReactions(ids: SlackIds, name: string, users: readonly string[]): { userId: UserId; reaction: string }[] {
  const parsed = reactionSchema.safeParse(`:${name}:`);
  return parsed.success ? users.map((user) => ({ userId: ids.user(user), reaction: parsed.data })) : [];
}

/** Only what is known of the file: its bytes stay at Slack. */
function toAttachment(ids: SlackIds, file: SlackFile): Record<string, unknown> {
  const mimetype = file.mimetype ?? "application/octet-stream";
  const [major] = mimetype.split("/");
  return {
    id: ids.message("file", file.id || (file.url_private ?? "")),
    kind: major === "image" || major === "audio" || major === "video" ? major : "file",
    name: file.name ?? file.title ?? "file",
    mimetype,
    size: file.size ?? 0,
    ...(file.url_private ? { url: file.url_private } : {}),
    ...(file.original_w ? { width: file.original_w } : {}),
    ...(file.original_h ? { height: file.original_h } : {}),
    ...(file.duration_ms ? { duration_ms: file.duration_ms } : {}),
  };
}
