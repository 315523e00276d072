import { describe, expect, test } from "vitest";
import type { UserId } from "./ids.ts";
import { isAmongPeers, isSameJson, judgeEdit, judgeRestore, mayDelete, type MessageFacts } from "./messages.ts";

const [ada, bob] = ["ada", "bob"] as unknown as [UserId, UserId];
const SENT = new Date("2026-03-01T12:00:00Z");
const MINUTE = 60_000;
const after = (milliseconds: number) => new Date(SENT.getTime() + milliseconds);
const message = (facts: Partial<MessageFacts> = {}): MessageFacts => ({
  senderId: ada,
  createdAt: SENT,
  deletedAt: null,
  deletedBy: null,
  ...facts,
});

describe("editing", () => {
  test.each([
    ["its author in time", ada, 0, {}, "allowed"],
    ["its author at the last moment", ada, 15 * MINUTE, {}, "allowed"],
    ["its author too late", ada, 15 * MINUTE + 1, {}, "window_over"],
    ["somebody else", bob, 0, {}, "not_the_author"],
    ["its author once it is deleted", ada, 0, { deletedAt: SENT }, "deleted"],
  ] as const)("by %s", (_, who, age, facts, verdict) => {
    expect(judgeEdit(message(facts), who, after(age), 15 * MINUTE)).toBe(verdict);
  });

  test("has no end where there is no window", () => {
    expect(judgeEdit(message(), ada, after(1e12), 0)).toBe("allowed");
  });
});

test("one deletes one's own messages, a moderator all", () => {
  expect([mayDelete(message(), ada, false), mayDelete(message(), bob, false), mayDelete(message(), bob, true)]).toEqual(
    [true, false, true],
  );
});

describe("restoring", () => {
  const deleted = (deletedBy: UserId | null) => message({ deletedAt: SENT, deletedBy });
  test.each([
    ["what is not deleted", message(), bob, false, 0, "not_deleted"],
    ["one's own that one deleted", deleted(ada), ada, false, 0, "allowed"],
    ["one's own that a moderator deleted", deleted(bob), ada, false, 0, "not_allowed"],
    ["one's own of which nobody knows who deleted it", deleted(null), ada, false, 0, "not_allowed"],
    ["somebody else's", deleted(ada), bob, false, 0, "not_allowed"],
    ["somebody else's that one deleted as a moderator then", deleted(bob), bob, false, 0, "not_allowed"],
    ["anybody's as a moderator", deleted(ada), bob, true, 0, "allowed"],
    ["within the time", deleted(ada), ada, false, MINUTE, "allowed"],
    ["too late", deleted(ada), ada, false, MINUTE + 1, "too_late"],
    ["too late, as a moderator", deleted(ada), bob, true, MINUTE + 1, "too_late"],
  ] as const)("%s", (_, facts, who, isModerator, age, verdict) => {
    expect(judgeRestore(facts, who, isModerator, after(age), MINUTE)).toBe(verdict);
  });
});

test("peers are the people of direct and group conversations", () => {
  expect(["direct", "group", "channel", "project", "support", "system"].filter(isAmongPeers)).toEqual([
    "direct",
    "group",
  ]);
});

test.each([
  [null, null, true],
  [null, {}, false],
  [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, true],
  [{ a: 1 }, { a: 1, b: undefined }, false],
  [{ a: 1 }, { b: 1 }, false],
  [[1, 2], [2, 1], false],
  [[], {}, false],
  ["1", 1, false],
])("%j and %j are the same JSON: %s", (a, b, expected) => {
  expect([isSameJson(a, b), isSameJson(b, a)]).toEqual([expected, expected]);
});
