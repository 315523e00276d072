import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

/** WCAG 2.2 AA: 4.5 for what is read, 3 for edges and marks that mean something. */
const TEXT = 4.5;
const MARK = 3;
const GROUNDS = ["ground", "surface", "raised", "hover"];
const PAIRS: readonly (readonly [string, string, number])[] = [
  ...GROUNDS.flatMap((ground) =>
    ["ink", "ink-soft", "accent", "danger", "success"].map((ink) => [ink, ground, TEXT] as const),
  ),
  ...["selected", "mention", "highlight", "code"].flatMap((ground) => [["ink", ground, TEXT] as const]),
  ...["comment", "keyword", "string", "number", "title"].map((part) => [`code-${part}`, "code", TEXT] as const),
  ["ink-soft", "selected", TEXT],
  ["on-accent", "accent", TEXT],
  ["on-accent", "accent-strong", TEXT],
  ["on-badge", "badge", TEXT],
  ["line-strong", "raised", MARK],
  ["line-strong", "surface", MARK],
  ["focus", "surface", MARK],
  ["focus", "ground", MARK],
  ["online", "surface", MARK],
];

const css = readFileSync(join(import.meta.dirname, "themes.css"), "utf8");

function themeOf(selector: string): ReadonlyMap<string, string> {
  const body = css.slice(css.indexOf(selector)).match(/\{([^}]*)\}/)?.[1] ?? "";
  return new Map([...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name = "", value = ""]) => [name, value]));
}

function luminance(hex: string): number {
  const channels = [1, 3, 5].map((start) => Number.parseInt(hex.slice(start, start + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = channels.map((value) =>
    value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const THEMES = {
  light: themeOf(':root,\n:root[data-theme="light"]'),
  dark: themeOf(':root[data-theme="dark"],\n[data-theme="dark"]'),
  steampunk: themeOf(':root[data-theme="steampunk"],\n[data-theme="steampunk"]'),
};

describe.each(Object.entries(THEMES))("%s", (_, theme) => {
  test("can be read by those who see little contrast", () => {
    const weak = PAIRS.map(([ink, ground, least]) => {
      const ratio = contrast(theme.get(ink) ?? "", theme.get(ground) ?? "");
      return ratio >= least ? "" : `${ink} on ${ground}: ${ratio.toFixed(2)}`;
    });
    expect(weak.filter(Boolean)).toEqual([]);
  });

  test("gives every colour that the light one has", () => {
    const missing = [...THEMES.light.keys()].filter((name) => !theme.has(name));
    expect(missing).toEqual([]);
  });
});
