import { expect, test } from "vitest";
import { LinkifyIt } from "./linkify.ts";

const linkify = new LinkifyIt();
const found = (text: string) => linkify.match(text)?.map((link) => link.url) ?? [];

test("addresses are found with their scheme, without what ends the sentence", () => {
  expect(found("See https://example.com/a?b=c#d. And (http://localhost:8080/x), too!")).toEqual([
    "https://example.com/a?b=c#d",
    "http://localhost:8080/x",
  ]);
  expect(found("https://en.wikipedia.org/wiki/Ada_(language) mailto:ada@example.com?")).toEqual([
    "https://en.wikipedia.org/wiki/Ada_(language)",
    "mailto:ada@example.com",
  ]);
  expect(found("**https://example.com/x.** *https://example.com/_y_* <https://example.com/z>")).toEqual([
    "https://example.com/x",
    "https://example.com/_y",
    "https://example.com/z",
  ]);
});

test("the address of a mailbox is one without its scheme too", () => {
  expect(found("Ask ada@example.com, or (grace.hopper@navy.example).")).toEqual([
    "mailto:ada@example.com",
    "mailto:grace.hopper@navy.example",
  ]);
  expect(found("@ada a@b ada@")).toEqual([]);
});

test("nothing else is an address", () => {
  for (const text of [
    "readme.md",
    "example.com",
    "ftp://x.y",
    "//x.y",
    "javascript:alert(1)",
    "xhttps://a.b",
    "https://",
  ])
    expect(found(text)).toEqual([]);
  expect(linkify.test("12:30")).toBe(false);
  expect(linkify.matchAtStart("so https://a.b")).toBeNull();
  expect(linkify.matchAtStart("https://a.b, so")?.lastIndex).toBe(11);
});

test("a long text without an end is no trouble", () => {
  const start = performance.now();
  found("https://".repeat(1_250));
  found(`https://${"(".repeat(9_000)}${")".repeat(900)}`);
  expect(performance.now() - start).toBeLessThan(200);
});
