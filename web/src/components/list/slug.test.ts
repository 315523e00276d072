import { expect, test } from "vitest";
import { slugOf } from "./slug.ts";

test("a name becomes what can stand behind a #", () => {
  expect(slugOf("Café & Kuchen!")).toBe("cafe-kuchen");
  expect(slugOf("__2026 plans")).toBe("2026-plans");
  expect(slugOf("会議")).toBe("");
});
