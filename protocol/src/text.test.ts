import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLongerThan, line, text } from "./text.ts";

const short = text({ max: 5 });

function messageOf(value: unknown): string | undefined {
  return short.safeParse(value).error?.issues[0]?.message;
}

describe("text", () => {
  it("takes any well-formed text within its bounds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 5 }), (value) => {
        fc.pre(!value.includes("\0"));
        expect(short.parse(value)).toBe(value);
      }),
    );
  });

  it("refuses NUL wherever it stands, and says so", () => {
    for (const value of ["\0", "a\0", "\0a", "a\0b"]) expect(messageOf(value)).toContain("NUL");
  });

  it("refuses lone surrogates, and says so", () => {
    for (const value of ["\uD83D", "a\uDC4D", "\uDC4D\uD83D", "\uD83Da"])
      expect(messageOf(value)).toContain("surrogate");
    expect(messageOf("\uD83D\uDC4D")).toBeUndefined();
  });

  it("counts characters, not UTF-16 units", () => {
    expect(messageOf("👍👍👍👍👍")).toBeUndefined();
    expect(messageOf("👍👍👍👍👍👍")).toBe("Must have at most 5 characters");
    expect(messageOf("")).toBe("Must not be empty");
  });

  it("agrees with a plain count of code points", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(20), (value, max) => {
        expect(isLongerThan(value, max)).toBe([...value].length > max);
      }),
    );
  });

  it("refuses what is no text", () => {
    for (const value of [undefined, null, 5, {}, ["a"]]) expect(short.safeParse(value).success).toBe(false);
  });
});

describe("line", () => {
  it("cuts white space off and refuses what is left blank", () => {
    expect(line({ max: 5 }).parse("  ab ")).toBe("ab");
    expect(line({ max: 5 }).safeParse("   ").success).toBe(false);
  });
});
