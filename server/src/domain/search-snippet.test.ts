import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { snippetOf } from "./search-snippet.ts";
import { foldText } from "./search-text.ts";

const of = (content: string, words: string[], parts: string[] = []): string =>
  snippetOf(content, { isFound: (word) => words.includes(word), parts });

/** What a browser would show, and what of it would be marked. */
function shown(html: string): { text: string; marked: string[] } {
  const unescape = (escaped: string): string =>
    escaped.replaceAll(
      /&(amp|lt|gt|quot|#39);/g,
      (_, name: string) => ({ amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" })[name] ?? "",
    );
  const marked = [...html.matchAll(/<mark>(.*?)<\/mark>/gs)].map(([, inner = ""]) => unescape(inner));
  return { text: unescape(html.replaceAll(/<\/?mark>/g, "")), marked };
}

describe("a snippet", () => {
  test("marks words and parts of words, with their accents", () => {
    expect(of("We met at the Café.", ["cafe"])).toBe("We met at the <mark>Café</mark>.");
    expect(of("unbelievable", [], ["lieva"])).toBe("unbe<mark>lieva</mark>ble");
    expect(of("東京タワーへ行く", [], ["タワー"])).toBe("東京<mark>タワー</mark>へ行く");
  });

  test("joins hits that touch", () => {
    expect(of("abcdef", [], ["abc", "bcd", "def"])).toBe("<mark>abcdef</mark>");
  });

  test("escapes everything, in marks too", () => {
    const hostile = `<mark>x</mark><script>alert("a'b")</script> & <b>needle</b>`;
    const html = of(hostile, ["needle", "script"]);
    expect(html.replaceAll(/<\/?mark>/g, "")).not.toMatch(/[<>"']/);
    expect(shown(html)).toEqual({ text: hostile, marked: ["script", "script", "needle"] });
  });

  test("is about 200 characters around the first hit, cut between words", () => {
    const content = `${"before ".repeat(100)}needle ${"after ".repeat(100)}needle`;
    const html = of(content, ["needle"]);
    const { text, marked } = shown(html);
    expect(marked).toEqual(["needle"]);
    expect(text).toMatch(/^…before (before )+needle (after )+after…$/);
    expect(text.length).toBeGreaterThan(150);
    expect(text.length).toBeLessThanOrEqual(204);
  });

  test("is the beginning where nothing is found", () => {
    expect(of("short", ["else"])).toBe("short");
    expect(of("word ".repeat(100), ["else"])).toMatch(/^(word )+word…$/);
  });

  test("cuts no character in two", () => {
    const html = of(`${"👍".repeat(300)}needle${"👍".repeat(300)}`, [], ["needle"]);
    expect(/^…👍+<mark>needle<\/mark>👍+…$/u.test(html)).toBe(true);
  });

  test("holds a hit that is longer than itself", () => {
    const long = "x".repeat(500);
    expect(shown(of(`a ${long} b`, [long])).marked).toEqual([long]);
  });

  test("is, for any content, a piece of it with no markup but marks", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "b", " ", "<", ">", "&", '"', "'", "é", "東", "👍", "\u0301", "mark", "/"),
      maxLength: 400,
    });
    fc.assert(
      fc.property(text, fc.constantFrom("a", "ab", "東", "<", "mark", "é"), (content, q) => {
        const part = foldText(q);
        const html = of(content, [part], [part]);
        expect(html.replaceAll(/<mark>[^<>]*<\/mark>/g, "")).not.toMatch(/[<>]/);
        const { text: visible, marked } = shown(html);
        expect(content).toContain(visible.replace(/^…/, "").replace(/…$/, ""));
        for (const piece of marked) expect(foldText(piece)).toContain(part);
      }),
    );
  });
});
