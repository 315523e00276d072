import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { messages as de } from "./de/index.ts";
import { messages as first } from "./en/index.ts";
import { later } from "./en/later.ts";

type Texts = Readonly<Record<string, Readonly<Record<string, string>>>>;
const en = { ...first, ...later };
const LANGUAGES: Readonly<Record<string, Texts>> = { en, de };
const SOURCES = join(import.meta.dirname, "..");

function keysOf(texts: Texts): string[] {
  return Object.entries(texts).flatMap(([area, entries]) => Object.keys(entries).map((key) => `${area}.${key}`));
}

/** What is put into a text: {name}; and how many forms it has. */
function shapeOf(text: string): unknown {
  const forms = text.split(" | ");
  return { forms: forms.length, names: [...new Set(text.match(/\{\w+\}/g))].toSorted() };
}

test.each(Object.keys(LANGUAGES))("%s has every text, in the order of the alphabet", (language) => {
  const texts = LANGUAGES[language] ?? {};
  expect(keysOf(texts).toSorted()).toEqual(keysOf(en).toSorted());
  for (const [area, entries] of Object.entries(texts))
    expect([area, Object.keys(entries)]).toEqual([area, Object.keys(entries).toSorted()]);
});

test("texts say the same names and have the same forms in every language", () => {
  for (const [area, entries] of Object.entries(en as Texts))
    for (const [key, text] of Object.entries(entries))
      for (const texts of Object.values(LANGUAGES))
        expect([area, key, shapeOf(texts[area]?.[key] ?? "")]).toEqual([area, key, shapeOf(text)]);
});

test("every text that is asked for is there", () => {
  const keys = new Set(keysOf(en));
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter(
    (path) => /\.(?:vue|ts)$/.test(path) && !path.endsWith(".test.ts"),
  );
  expect(files.length).toBeGreaterThan(30);
  const asked = files.flatMap((path) =>
    [...readFileSync(join(SOURCES, path), "utf8").matchAll(/\bt\(\s*"([\w.]+)"|\btitle: "([a-z]+\.\w+)"/g)].map(
      ([, called, titled]) => called ?? titled ?? "",
    ),
  );
  expect(asked.filter((key) => !keys.has(key))).toEqual([]);
});
