import { describe, expect, test } from "vitest";
import { findMentions, MAX_MENTIONS } from "./mentions.ts";

describe("mentions", () => {
  test.each([
    ["hello @ada", ["ada"]],
    ["@ada, @Grace! (@linus.t) @ada", ["ada", "grace", "linus.t"]],
    ["@ada.", ["ada"]],
    ["@a_b-c.d", ["a_b-c.d"]],
    ["mail ada@example.com or a@b", []],
    ["https://example.com/@ada", []],
    ["@@ada", []],
    ["`@ada` and ```\n@grace\n``` but @linus", ["linus"]],
    ["```@ada without an end", []],
    ["日本@ada", []],
    ["日本 @ada、", ["ada"]],
    ["@", []],
    ["no mention at all", []],
  ])("in %j", (content, usernames) => {
    expect(findMentions(content)).toEqual({ usernames, mass: null });
  });

  test("of all weigh more than of those who are here, and are no usernames", () => {
    expect(findMentions("@here")).toEqual({ usernames: [], mass: "here" });
    expect(findMentions("@here @all @here")).toEqual({ usernames: [], mass: "all" });
    expect(findMentions("@ALL @allison")).toEqual({ usernames: ["allison"], mass: "all" });
  });

  test("are bounded, and found in time linear to the content", () => {
    const many = Array.from({ length: 500 }, (_, n) => `@u${n}`).join(" ");
    expect(findMentions(many).usernames).toHaveLength(MAX_MENTIONS);
    const started = performance.now();
    for (const hostile of [
      "@a.".repeat(3_300),
      "@".repeat(10_000),
      "`@".repeat(5_000),
      "```".repeat(3_333),
      `@${"a-".repeat(4_999)}`,
    ])
      findMentions(hostile);
    expect(performance.now() - started).toBeLessThan(200);
  });
});
