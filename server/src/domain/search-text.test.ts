import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foldText, foldWithPlaces } from "./search-text.ts";

describe("folding", () => {
  test("takes case, accents and compatibility forms away", () => {
    expect(foldText("Café CRÈME Łódź Straße Ærø İstanbul ＡＢＣ ﬁn ½ ①")).toBe(
      "cafe creme lodz strasse aero istanbul abc fin 1⁄2 1",
    );
  });

  test("is the same for composed and decomposed text", () => {
    for (const text of ["café", "が", "한국어", "Ångström"])
      expect(foldText(text.normalize("NFD"))).toBe(foldText(text.normalize("NFC")));
  });

  test("leaves the marks of other scripts alone", () => {
    expect(foldText("हिन्दी")).toBe("हिन्दी");
    expect(foldText("ไทยที่")).toBe("ไทยที่");
    expect(foldText("が")).toBe("が");
  });

  test("takes what nobody sees away", () => {
    expect(foldText("so\u00ADft ❤\uFE0F zero\u200Bwidth")).toBe("soft ❤ zerowidth");
  });
});

describe("places", () => {
  function found(text: string, part: string): string {
    const { folded, startOf, endOf } = foldWithPlaces(text);
    const at = folded.indexOf(part);
    return at < 0 ? "(nothing)" : text.slice(startOf(at), endOf(at + part.length));
  }

  test("lead back to the original text", () => {
    expect(found("le Café noir", "cafe")).toBe("Café");
    expect(found("le Cafe\u0301 noir", "cafe")).toBe("Cafe\u0301");
    expect(found("die Straße lang", "strasse")).toBe("Straße");
    expect(found("die Straße lang", "stras")).toBe("Straß");
    expect(found("ＡＢＣＤ", "bc")).toBe("ＢＣ");
    expect(found("a\u200Bb👍🏽c", "👍🏽c")).toBe("👍🏽c");
    expect(found("x \u1112\u1161\u11AB\u1100\u116E\u11A8 y", "한국")).toBe("\u1112\u1161\u11AB\u1100\u116E\u11A8");
  });

  test("are within the text, in order, and fold to the same whole", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        const { folded, startOf, endOf } = foldWithPlaces(text);
        let last = 0;
        for (let n = 0; n < folded.length; n += 1) {
          expect(startOf(n)).toBeGreaterThanOrEqual(last);
          expect(endOf(n + 1)).toBeGreaterThan(startOf(n));
          expect(endOf(n + 1)).toBeLessThanOrEqual(text.length);
          last = startOf(n);
        }
      }),
    );
  });
});
