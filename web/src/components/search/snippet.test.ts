import { expect, test } from "vitest";
import { partsOf } from "./snippet.ts";

test("what is marked is told from what is not", () => {
  expect(partsOf("We <mark>launch</mark> on Friday")).toEqual([
    { text: "We ", isHit: false },
    { text: "launch", isHit: true },
    { text: " on Friday", isHit: false },
  ]);
});

test("what people wrote as HTML is text", () => {
  expect(partsOf("&lt;img src=x onerror=&quot;<mark>alert</mark>(1)&quot;&gt; &amp;lt; it&#39;s")).toEqual([
    { text: '<img src=x onerror="', isHit: false },
    { text: "alert", isHit: true },
    { text: "(1)\"> &lt; it's", isHit: false },
  ]);
});

test("links and code are told as what they say", () => {
  const textOf = (snippet: string): string =>
    partsOf(snippet)
      .map(({ text, isHit }) => (isHit ? `*${text}*` : text))
      .join("");
  expect(
    textOf("[the <mark>plan</mark>](https://example.com/the_<mark>plan</mark>)\n\nin `<mark>plan</mark>_id`"),
  ).toBe("the *plan*\nin *plan*_id");
  expect(textOf("[here](https://example.com/<mark>plan</mark>), cut [off](https://example.com/…")).toBe(
    "[here](https://example.com/*plan*), cut off",
  );
});

test("another tag, which the service never writes, would be text as well", () => {
  expect(partsOf("<b>x</b>")).toEqual([{ text: "<b>x</b>", isHit: false }]);
});
