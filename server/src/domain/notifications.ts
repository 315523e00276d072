import type { NotificationType } from "@parley/protocol";

/** Why somebody is told: what a client shows in words. */
export type NotificationReason =
  // About a message
  | "mention"
  | "mention_all"
  | "mention_here"
  | "reply"
  | "thread_reply"
  | "direct_message"
  | "support_reply"
  | "support_message"
  | "group_message"
  | "collaboration_update"
  | "system_notice"
  // About something else
  | "added_to_conversation"
  | "join_requested"
  | "join_refused"
  | "friend_requested"
  | "friend_accepted"
  | "scheduled_message_failed";

/**
 * The type, which people turn on and off, of each reason to be told of a message. Replies to what one wrote count as mentions: in the
 * field they reach people in conversations that are otherwise too loud.
 */
export const MESSAGE_TYPES = {
  mention: "mentions",
  mention_all: "mentions",
  mention_here: "mentions",
  reply: "mentions",
  thread_reply: "mentions",
  direct_message: "direct_messages",
  support_reply: "direct_messages",
  support_message: "group_messages",
  group_message: "group_messages",
  collaboration_update: "collaboration_updates",
  system_notice: "system_notifications",
} as const satisfies Partial<Record<NotificationReason, NotificationType>>;

/**
 * In conversations of up to so many members everyone is told that there are messages, unless they turned that off: of the first that
 * they have not read, not of each one. In larger ones only who is mentioned or replied to, and who turned `group_messages` on for
 * that conversation: as in the field, and because telling ten thousand people is ten thousand writes.
 */
export const TOLD_OF_EVERYTHING = 50;

/** Those who wrote the last so many replies in a thread are told of the next one. */
export const THREAD_FOLLOWERS = 200;

/** What happened longer ago is no news: a follower that begins at the beginning of the log, or was away, leaves it out. */
export const NEWS_MS = 24 * 60 * 60 * 1_000;

/** Characters of a message that are shown in a notification. */
const PREVIEW = 200;

/** The beginning of what a message says; the names of its files where it says nothing. */
export function previewOf(message: {
  readonly content: string;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly attachments: readonly Readonly<Record<string, unknown>>[] | null;
}): string {
  if (message.content !== "") return cut(message.content);
  const names = [message.metadata?.["name"], ...(message.attachments ?? []).map((attachment) => attachment["name"])];
  return cut(names.filter((name) => typeof name === "string").join(", "));
}

function cut(text: string): string {
  const characters = [...text.slice(0, PREVIEW * 2 + 2)];
  return characters.length > PREVIEW ? `${characters.slice(0, PREVIEW).join("")}…` : text;
}
