import type { ConversationState } from "@parley/client";
import { expect, test } from "vitest";
import { inboxOf, ownSupport } from "./inbox.ts";

function support(id: string, name: string, more: { unread?: number; archived?: true; kind?: string } = {}) {
  const conversation = {
    kind: more.kind ?? "support",
    title: null,
    archived_at: more.archived ? "2026-03-03T12:00:00Z" : null,
    subject_user: { id: `user ${id}`, display_name: name, username: name.toLowerCase() },
  };
  return { id, unread: more.unread ?? 0, conversation } as unknown as ConversationState;
}

const STATES = [
  support("1", "Ada", { unread: 2 }),
  support("2", "Grace"),
  support("3", "Edsger", { archived: true, unread: 1 }),
  support("4", "Room", { kind: "group", unread: 9 }),
];

const idsOf = (filter: "open" | "unread" | "archived", query = "") =>
  inboxOf(STATES, { filter, query }).map(({ id }) => id);

test("the inbox has support alone: what is open, what of it is unread, what is archived", () => {
  expect([idsOf("open"), idsOf("unread"), idsOf("archived")]).toEqual([["1", "2"], ["1"], ["3"]]);
});

test("and is searched by the person", () => {
  expect([idsOf("open", " GRA "), idsOf("open", "nobody"), idsOf("archived", "eds")]).toEqual([["2"], [], ["3"]]);
});

test("a customer has one of their own", () => {
  expect([ownSupport(STATES, "user 2")?.id, ownSupport(STATES, "user 4")?.id]).toEqual(["2", undefined]);
});
