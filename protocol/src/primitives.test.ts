import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cursor,
  digits,
  flag,
  LIMITS,
  metadata,
  pageQuery,
  reaction,
  slug,
  timestampInput,
  username,
  uuid,
  webUrl,
} from "./primitives.ts";

const accepts = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown): boolean =>
  schema.safeParse(value).success;

describe("reaction", () => {
  it.each(["👍", "❤️", "👍🏽", "👨‍👩‍👧", "🏳️‍🌈", "🇫🇷", "1️⃣", ":party_parrot:", ":+1:", ":wave::skin-tone-3:", ":ñandú:"])(
    "takes %s",
    (value) => {
      expect(reaction.parse(value)).toBe(value);
    },
  );

  it.each([
    "",
    "a",
    "1",
    "👍👍",
    "👍 ",
    "like",
    ":",
    "::",
    ":a b:",
    ":a",
    "<b>",
    ":a::skin-tone-9:",
    "\uD83D",
    `:${"a".repeat(65)}:`,
    "👍".repeat(5_000),
  ])("refuses %j", (value) => {
    expect(accepts(reaction, value)).toBe(false);
  });
});

describe("digits", () => {
  it("takes every whole number in its bounds", () => {
    fc.assert(
      fc.property(fc.nat(), (number) => {
        expect(digits().parse(String(number))).toBe(number);
      }),
    );
  });

  it.each(["", " 5", "5 ", "+5", "-5", "5.0", "1e3", "0x10", "٣", "NaN", "9007199254740993", "99999999999999999999"])(
    "refuses %j",
    (value) => {
      expect(accepts(digits(), value)).toBe(false);
    },
  );

  it("bounds page sizes to 1–100, 50 by default", () => {
    expect(pageQuery.parse({})).toEqual({ limit: LIMITS.pageDefault });
    expect(pageQuery.parse({ limit: "100" }).limit).toBe(100);
    expect(accepts(pageQuery, { limit: "0" })).toBe(false);
    expect(accepts(pageQuery, { limit: "101" })).toBe(false);
    expect(accepts(pageQuery, { limit: ["1", "2"] })).toBe(false);
  });
});

describe("metadata", () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });

  it("takes JSON objects up to their depth", () => {
    expect(accepts(metadata, { a: [1, "x", null, { b: true }] })).toBe(true);
    expect(accepts(metadata, nested(LIMITS.jsonDepth))).toBe(true);
  });

  it("refuses what is too deep, too large or cannot be stored", () => {
    expect(accepts(metadata, nested(LIMITS.jsonDepth + 1))).toBe(false);
    expect(accepts(metadata, nested(5_000))).toBe(false);
    expect(accepts(metadata, { a: "x".repeat(LIMITS.metadata) })).toBe(false);
    expect(accepts(metadata, { a: ["\0"] })).toBe(false);
    expect(accepts(metadata, { a: { "\uD800": 1 } })).toBe(false);
    expect(accepts(metadata, [1])).toBe(false);
  });
});

describe("names and addresses", () => {
  it("takes ids in any case and gives them in one", () => {
    expect(uuid.parse("0195C9A0-0000-7000-8000-0000000000A1")).toBe("0195c9a0-0000-7000-8000-0000000000a1");
    expect(accepts(uuid, "0195c9a0")).toBe(false);
  });

  it("takes usernames that can stand behind an @", () => {
    for (const name of ["ada", "a", "ada.lovelace", "_bot", "r2-d2"]) expect(accepts(username, name)).toBe(true);
    for (const name of ["", "Ada", "ada.", "-ada", "a b", "@ada", "a".repeat(65)])
      expect(accepts(username, name)).toBe(false);
  });

  it("takes slugs that can stand in an address", () => {
    for (const name of ["general", "2026-plans", "a_b"]) expect(accepts(slug, name)).toBe(true);
    for (const name of ["", "General", "a/b", "-a", "a".repeat(81)]) expect(accepts(slug, name)).toBe(false);
  });

  it("takes web addresses and no others", () => {
    expect(accepts(webUrl, "https://example.org/a.png")).toBe(true);
    for (const url of [
      "javascript:alert(1)",
      "data:text/html,x",
      "ftp://example.org",
      "/a.png",
      `https://example.org/${"a".repeat(2_048)}`,
    ]) {
      expect(accepts(webUrl, url)).toBe(false);
    }
  });

  it("takes times with a zone", () => {
    for (const time of ["2026-03-01T09:30:00Z", "2026-03-01T09:30:00.123+02:00"])
      expect(accepts(timestampInput, time)).toBe(true);
    for (const time of [
      "2026-03-01",
      "2026-03-01T09:30:00",
      "0000-01-01T00:00:00Z",
      "2026-02-30T00:00:00Z",
      "now",
      5,
    ]) {
      expect(accepts(timestampInput, time)).toBe(false);
    }
  });

  it("takes flags and cursors strictly", () => {
    expect(flag.parse("true")).toBe(true);
    expect(flag.parse("false")).toBe(false);
    for (const value of ["1", "", "TRUE", true]) expect(accepts(flag, value)).toBe(false);
    expect(accepts(cursor, "MTox_-~.=")).toBe(true);
    for (const value of ["", "a b", "\0", "x".repeat(513)]) expect(accepts(cursor, value)).toBe(false);
  });
});
