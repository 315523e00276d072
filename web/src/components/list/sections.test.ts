import type { ConversationState } from "@parley/client";
import type { Conversation, Space } from "@parley/protocol";
import { expect, test } from "vitest";
import { sectionsOf, type SectionOptions } from "./sections.ts";

function state(id: string, more: Partial<Conversation>, unread = 0): ConversationState {
  return {
    id,
    unread,
    conversation: { id, title: id, archived_at: null, space_id: null, ...more },
  } as ConversationState;
}

const STATES = [
  state("zebra", { kind: "channel", space_id: "s2" }),
  state("ada", { kind: "direct" }, 3),
  state("apple", { kind: "channel", space_id: "s2" }, 1),
  state("lonely", { kind: "channel", space_id: "elsewhere" }),
  state("old", { kind: "group", archived_at: "2026-01-01T00:00:00Z" }),
  state("board", { kind: "channel", space_id: "s1" }),
];
const SPACES = [
  { id: "s2", name: "Works" },
  { id: "s1", name: "Analysts" },
] as Space[];
const OPTIONS: SectionOptions = {
  only: "all",
  sort: "recent",
  spaces: SPACES,
  wanted: "",
  nameOf: (conversation) => conversation?.title ?? "",
  mentionsIn: ({ id }) => (id === "apple" ? 1 : 0),
};

function shown(options: Partial<SectionOptions> = {}): Record<string, string[]> {
  const sections = sectionsOf(STATES, { ...OPTIONS, ...options });
  return Object.fromEntries(sections.map(({ id, items }) => [id, items.map((item) => item.id)]));
}

test("channels stand under their spaces, the rest by kind; what is archived is apart", () => {
  expect(Object.entries(shown())).toEqual([
    ["s1", ["board"]],
    ["s2", ["zebra", "apple"]],
    ["channels", ["lonely"]],
    ["direct_messages", ["ada"]],
  ]);
  expect(shown({ only: "archived" })).toEqual({ groups: ["old"] });
});

test("the list is narrowed and sorted as one wants it", () => {
  expect(shown({ only: "unread" })).toEqual({ s2: ["apple"], direct_messages: ["ada"] });
  expect(shown({ only: "mentions" })).toEqual({ s2: ["apple"] });
  expect(shown({ wanted: "Zeb" })).toEqual({ s2: ["zebra"] });
  expect(shown({ sort: "name" })["s2"]).toEqual(["apple", "zebra"]);
  expect(shown({ sort: "unread" })["s2"]).toEqual(["apple", "zebra"]);
});
