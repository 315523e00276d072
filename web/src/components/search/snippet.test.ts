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

test("another tag, which the service never writes, would be text as well", () => {
  expect(partsOf("<b>x</b>")).toEqual([{ text: "<b>x</b>", isHit: false }]);
});
