import type { Notification } from "@parley/protocol";
import { expect, test } from "vitest";
import { toldBy } from "./told.ts";

const notification = (more: Partial<Notification>): Notification => ({
  id: "n",
  type: "mentions",
  conversation_id: "c",
  message_id: "m",
  data: {},
  created_at: "2026-03-01T00:00:00.000Z",
  read_at: null,
  ...more,
});

test("a mention leads to its message, a reply to its thread", () => {
  const data = { reason: "mention", sender: { id: "g", display_name: "Grace" }, preview: "hello" };
  expect(toldBy(notification({ data }))).toMatchObject({
    reason: "mention",
    sender: { id: "g", display_name: "Grace" },
    preview: "hello",
    to: { name: "message", params: { conversationId: "c", place: "m" } },
  });
  expect(toldBy(notification({ data: { reason: "thread_reply", thread_root_id: "r" } })).to).toMatchObject({
    name: "thread",
    params: { rootId: "r" },
  });
});

test("what has no message leads to its conversation, friends to the people one knows", () => {
  expect(toldBy(notification({ message_id: null })).to).toMatchObject({ name: "conversation" });
  const asked = notification({ message_id: null, conversation_id: null, data: { reason: "friend_requested" } });
  expect(toldBy(asked).to).toMatchObject({ name: "settings" });
});

test("what a newer service says is told in general words", () => {
  const odd = toldBy(notification({ data: { reason: "teleported", sender: "nobody", preview: 7 } }));
  expect(odd).toMatchObject({ reason: "other", sender: undefined, preview: "" });
});
