import { expect, test } from "vitest";
import { fuzzyMatch, rank } from "./fuzzy.ts";

const ranked = (query: string, texts: readonly string[]) => rank(query, texts, (text) => text);

test("letters in their order match, others do not", () => {
  expect(fuzzyMatch("grhop", "Grace Hopper")).toBeDefined();
  expect(fuzzyMatch("hopgr", "Grace Hopper")).toBeUndefined();
});

test("beginnings of words go before letters in their middle", () => {
  expect(ranked("gh", ["Laughing", "Grace Hopper"])).toEqual(["Grace Hopper", "Laughing"]);
  expect(ranked("ran", ["General announcements", "Random"])).toEqual(["Random", "General announcements"]);
});

test("case, accents and spaces make no difference", () => {
  expect(fuzzyMatch("ZÜRICH", "zurich office")?.at).toEqual([0, 1, 2, 3, 4, 5]);
  expect(fuzzyMatch("grace hop", "Grace Hopper")?.at).toEqual([0, 1, 2, 3, 4, 6, 7, 8]);
});

test("nothing asked leaves the order as it was", () => {
  expect(ranked("", ["b", "a"])).toEqual(["b", "a"]);
});
