import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { withFigures } from "../src/document.ts";
import type { Results } from "../src/results.ts";

const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");

test("the page has the figures of the last whole run", () => {
  const page = read("../../docs/reliability.md");
  expect(page).toBe(withFigures(page, JSON.parse(read("../results/latest.json")) as Results));
});

test("a page without a place for figures is refused", () => {
  expect(() => withFigures("# Reliability", JSON.parse(read("../results/latest.json")) as Results)).toThrow(/belong/);
});
