import type { Notification, Sender } from "@parley/protocol";
import type { RouteLocationRaw } from "vue-router";
import { addressOf } from "../../composables/message-address.ts";

/** Why one was told, as the service names it; what a newer service may say is `other`. */
export const REASONS = [
  "added_to_conversation",
  "collaboration_update",
  "direct_message",
  "friend_accepted",
  "friend_requested",
  "group_message",
  "join_refused",
  "join_requested",
  "mention",
  "mention_all",
  "mention_here",
  "reply",
  "scheduled_message_failed",
  "support_message",
  "support_reply",
  "system_notice",
  "thread_reply",
] as const;
export type Reason = (typeof REASONS)[number] | "other";

/** What a notification says, out of its open data: what is not as expected is as if it were not there. */
export interface Told {
  readonly reason: Reason;
  readonly sender: Pick<Sender, "id" | "display_name"> | undefined;
  /** The title of the conversation, where it has one. */
  readonly title: string | undefined;
  readonly preview: string;
  readonly to: RouteLocationRaw;
}

export function toldBy({ data, conversation_id: conversationId, message_id: messageId }: Notification): Told {
  const reason = REASONS.find((known) => known === data["reason"]) ?? "other";
  const sender = objectOf(data["sender"]);
  const id = textOf(sender["id"]);
  const name = textOf(sender["display_name"]);
  return {
    reason,
    sender: id !== undefined && name !== undefined ? { id, display_name: name } : undefined,
    title: textOf(objectOf(data["conversation"])["title"]),
    preview: textOf(data["preview"]) ?? "",
    to: placeOf(reason, conversationId, messageId, textOf(data["thread_root_id"])),
  };
}

function placeOf(
  reason: Reason,
  conversationId: string | null,
  messageId: string | null,
  rootId: string | undefined,
): RouteLocationRaw {
  if (conversationId !== null && messageId !== null)
    return addressOf({ id: messageId, conversation_id: conversationId, thread_root_id: rootId ?? null });
  if (conversationId !== null) return { name: "conversation", params: { conversationId } };
  const isOfFriends = reason === "friend_requested" || reason === "friend_accepted";
  return isOfFriends ? { name: "settings", params: { section: "people" } } : { name: "notifications" };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
