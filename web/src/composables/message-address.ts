import type { Message } from "@parley/protocol";
import type { RouteLocationRaw } from "vue-router";

/** What of a message says where it is to be seen. */
export type MessagePlace = Pick<Message, "id" | "conversation_id" | "thread_root_id">;

/** Where a message is shown: in its conversation, or, if it is a reply, in its thread. */
export function addressOf({
  id,
  conversation_id: conversationId,
  thread_root_id: rootId,
}: MessagePlace): RouteLocationRaw {
  if (rootId !== null) return { name: "thread", params: { conversationId, rootId }, query: { reply: id } };
  return { name: "message", params: { conversationId, place: id } };
}
