import hljs from "highlight.js/lib/core";
import type { LanguageFn } from "highlight.js";
import "./code-colours.css";
import { purified } from "./markdown.ts";

/** The languages that are coloured, each loaded when it is first seen, by what people call them. */
const LOADERS: Readonly<Record<string, () => Promise<{ readonly default: LanguageFn }>>> = {
  "bash console sh shell zsh": () => import("highlight.js/lib/languages/bash"),
  "c h": () => import("highlight.js/lib/languages/c"),
  "c++ cc cpp hpp": () => import("highlight.js/lib/languages/cpp"),
  "c# cs csharp": () => import("highlight.js/lib/languages/csharp"),
  "css less scss": () => import("highlight.js/lib/languages/css"),
  "diff patch": () => import("highlight.js/lib/languages/diff"),
  "docker dockerfile": () => import("highlight.js/lib/languages/dockerfile"),
  "go golang": () => import("highlight.js/lib/languages/go"),
  "ini toml": () => import("highlight.js/lib/languages/ini"),
  java: () => import("highlight.js/lib/languages/java"),
  "javascript js jsx mjs": () => import("highlight.js/lib/languages/javascript"),
  "json jsonc": () => import("highlight.js/lib/languages/json"),
  "kotlin kt": () => import("highlight.js/lib/languages/kotlin"),
  "markdown md": () => import("highlight.js/lib/languages/markdown"),
  php: () => import("highlight.js/lib/languages/php"),
  "py python": () => import("highlight.js/lib/languages/python"),
  "rb ruby": () => import("highlight.js/lib/languages/ruby"),
  "rs rust": () => import("highlight.js/lib/languages/rust"),
  "postgres postgresql sql": () => import("highlight.js/lib/languages/sql"),
  swift: () => import("highlight.js/lib/languages/swift"),
  "ts tsx typescript": () => import("highlight.js/lib/languages/typescript"),
  "html svg vue xml": () => import("highlight.js/lib/languages/xml"),
  "yaml yml": () => import("highlight.js/lib/languages/yaml"),
};
const KEYS: ReadonlyMap<string, string> = new Map(
  Object.keys(LOADERS).flatMap((key) => key.split(" ").map((name) => [name, key] as const)),
);
/** What is longer is no code that one reads in a chat. */
const LONGEST = 20_000;

const watching = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    watching.unobserve(target);
    void colour(target);
  }
});

/**
 * Colours the blocks of code under `root` whose language is known, when they come into sight. Of the text nothing moves:
 * parts of it get colours, and nothing else.
 */
export function colourCode(root: Element): void {
  for (const code of root.querySelectorAll('code[class^="language-"]')) if (keyOf(code)) watching.observe(code);
}

function keyOf(code: Element): string | undefined {
  return KEYS.get(code.className.slice("language-".length).toLowerCase());
}

async function colour(code: Element): Promise<void> {
  const text = code.textContent;
  const key = keyOf(code);
  if (key === undefined || text.length > LONGEST || code.childElementCount > 0 || !(await isLoaded(key))) return;
  const { value } = hljs.highlight(text, { language: key, ignoreIllegals: true });
  const coloured = purified(value);
  // What is shown may have changed while the language was loaded.
  if (coloured.textContent === text && code.textContent === text) code.replaceChildren(coloured);
}

/** Without a connection it may not be: then it stays in one colour. */
async function isLoaded(key: string): Promise<boolean> {
  try {
    const language = hljs.getLanguage(key) ? undefined : await LOADERS[key]?.();
    if (language) hljs.registerLanguage(key, language.default);
    return true;
  } catch {
    return false;
  }
}
