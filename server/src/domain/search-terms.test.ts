import { describe, expect, test } from "vitest";
import { gramQuery, hasTrigram, parseSearch, wordsOf } from "./search-terms.ts";

/** Alternatives with their terms: `-word`, `"phrase"`, `-"phrase"`. */
function read(q: string): string[][] {
  return parseSearch(q).map((terms) =>
    terms.map(({ text, isPhrase, isNegated }) => `${isNegated ? "-" : ""}${isPhrase ? `"${text}"` : text}`),
  );
}

describe("a search", () => {
  test("is words that are all to be found", () => {
    expect(read("  red   green\tblue ")).toEqual([["red", "green", "blue"]]);
  });

  test("has phrases, also one that is not closed", () => {
    expect(read('red "green  blue" pink')).toEqual([["red", '"green  blue"', "pink"]]);
    expect(read('red "green blue')).toEqual([["red", '"green blue"']]);
    expect(read('red ""')).toEqual([["red"]]);
  });

  test("leaves out what is negated", () => {
    expect(read('red -green -"dark blue"')).toEqual([["red", "-green", '-"dark blue"']]);
  });

  test("that only negates is looked for as it is written", () => {
    expect(read("-green")).toEqual([['"-green"']]);
    expect(read('-"dark blue"')).toEqual([['"-"dark blue""']]);
  });

  test("does not take dashes alone, or within words, for negation", () => {
    expect(read("red - -- co-op")).toEqual([["red", "-", "--", "co-op"]]);
  });

  test("has alternatives, in which the words before and after belong together", () => {
    expect(read("red green or blue OR pink")).toEqual([["red", "green"], ["blue"], ["pink"]]);
  });

  test("takes an `or` without two sides for a word", () => {
    expect(read("red or")).toEqual([["red", '"or"']]);
    expect(read("or")).toEqual([['"or"']]);
    expect(read("red or -green")).toEqual([["red", '"or"', "-green"]]);
    expect(read("oregon for orange")).toEqual([["oregon", "for", "orange"]]);
  });

  test("takes a bounded number of terms", () => {
    expect(read("a ".repeat(120))[0]).toHaveLength(24);
  });
});

describe("grams", () => {
  test("are pairs of neighbours, or single characters that have none", () => {
    expect(gramQuery("東京タワー")).toBe("'東京' & '京タ' & 'タワ' & 'ワー'");
    expect(gramQuery("京")).toBe("'京'");
    expect(gramQuery("iphone用 の話")).toBe("'用' & 'の話'");
    expect(gramQuery("안녕")).toBe("'안녕'");
    expect(gramQuery("👍")).toBe("'👍'");
    expect(gramQuery("𠮷野")).toBe("'𠮷野'");
  });

  test("are not made of scripts with spaces between the words", () => {
    expect(gramQuery("hello wörld привет'; DROP")).toBeUndefined();
  });
});

test("a trigram takes three letters or digits in a row", () => {
  expect(["abc", "a1b", "für", "x-abc"].map(hasTrigram)).toEqual([true, true, true, true]);
  expect(["ab", "c++", "a-b-c", "1.5", "..."].map(hasTrigram)).toEqual([false, false, false, false, false]);
});

test("words are letters, digits and marks, each once", () => {
  expect(wordsOf("don't stop-me, don")).toEqual(["don", "t", "stop", "me"]);
});
