import { beforeEach, expect, test } from "vitest";
import type { ConversationId, UserId } from "../domain/ids.ts";
import { TypingBoard } from "./typing.ts";

const HERE = "here" as ConversationId;
const ADA = "ada" as UserId;
let now = 0;
let told: string[] = [];

function board(max = 50): TypingBoard {
  return new TypingBoard({
    now: () => now,
    tell: (conversation, user, isTyping) => void told.push(`${user} ${isTyping ? "types" : "stops"} ${conversation}`),
    maxTypists: () => max,
  });
}

beforeEach(() => {
  now = 0;
  told = [];
});

test("typing is told once, again after a while, and ends by itself", () => {
  const typing = board();
  typing.start(HERE, ADA);
  for (now = 1_000; now <= 4_000; now += 1_000) typing.start(HERE, ADA);
  expect(told).toEqual(["ada types here", "ada types here"]);
  now = 9_999;
  typing.sweep();
  expect(told).toHaveLength(2);
  now = 10_000;
  typing.sweep();
  expect(told.at(-1)).toBe("ada stops here");
  expect(typing.stop(HERE, ADA)).toBe(false);
});

test("of many who type in a large conversation a few are told, and of one person a few conversations", () => {
  const typing = board(2);
  for (const user of ["a", "b", "c"]) typing.start(HERE, user as UserId);
  expect(told).toEqual(["a types here", "b types here"]);
  typing.stop(HERE, "a" as UserId);
  typing.start(HERE, "c" as UserId);
  expect(told.slice(2)).toEqual(["a stops here", "c types here"]);
  for (let n = 0; n < 10; n += 1) typing.start(`${n}` as ConversationId, ADA);
  expect(told.slice(4)).toHaveLength(5);
  typing.gone(ADA);
  expect(told.slice(9)).toHaveLength(5);
});
