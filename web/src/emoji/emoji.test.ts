import { expect, test } from "vitest";
import { EMOJI, emojiIn, findEmoji } from "./emoji.ts";
import { WORDS } from "./words-de.ts";

const german = emojiIn(WORDS);
const found = (text: string, among = EMOJI) => findEmoji(text, 8, among).map(({ emoji }) => emoji);

test("emoji are found by their names, then by what else is said of them", () => {
  expect(found("tada")).toEqual(["🎉"]);
  expect(found("thumbs up")).toContain("👍");
  expect(found("Rakete")).toEqual([]);
});

test("in German by German words too, with or without dots on them", () => {
  expect(german.filter(({ label }) => label === undefined)).toEqual([]);
  expect(found("Rakete", german)[0]).toBe("🚀");
  expect(found("daumen hoch", german)[0]).toBe("👍");
  expect(found("bär", german)[0]).toBe("🐻");
  expect(found("bar", german)).toContain("🐻");
  expect(found("herz", german)).toContain("❤️");
  expect(found("glück", german)).toContain("🍀");
  expect(found("tada", german)[0]).toBe("🎉");
  expect(found("xyzzy", german)).toEqual([]);
});
