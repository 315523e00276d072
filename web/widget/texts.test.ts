import { expect, test } from "vitest";
import { textsFor } from "./texts.ts";

test("the page's language comes before the browser's, its region from the browser", () => {
  const of = (...args: Parameters<typeof textsFor>) => [textsFor(...args).locale, textsFor(...args).texts.send];
  expect(of([undefined, "de", "en-US"], ["en-US"])).toEqual(["de", "Senden"]);
  expect(of(["fr", "de-AT"], ["fr", "de-AT"])).toEqual(["de-AT", "Senden"]);
  expect(of([null, "en"], ["en-GB", "en-US"])).toEqual(["en-GB", "Send"]);
  expect(of(["fr"], ["fr"])).toEqual(["en", "Send"]);
  expect(of(["constructor"], [])).toEqual(["en", "Send"]);
});
