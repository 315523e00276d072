import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

/** What the conversation takes to be there: read from what the build says of itself. */
const DIST = fileURLToPath(new URL("../dist/", import.meta.url));
const BUDGET = 150_000;
const FIRST_PAGE = ["index.html", "src/components/shell/AppShell.vue", "src/pages/ConversationPage.vue"];
/** Nothing of these is for the first page. */
const LATER = [/SearchPage/, /SettingsPage/, /AdminPage/, /SupportPage/, /BaseMenu/, /BaseDialog/];

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
}

test("the first load is at most 150 kB of scripts, compressed, and nothing that is for later", () => {
  const chunks = JSON.parse(readFileSync(join(DIST, ".vite/manifest.json"), "utf8")) as Record<string, Chunk>;
  const wanted = new Set<string>();
  const walk = (name: string): void => {
    if (wanted.has(name)) return;
    wanted.add(name);
    for (const next of chunks[name]?.imports ?? []) walk(next);
  };
  for (const name of FIRST_PAGE) {
    expect([name, chunks[name]]).not.toEqual([name, undefined]);
    walk(name);
  }
  const sizes = [...wanted].map((name) => gzipSync(readFileSync(join(DIST, chunks[name]?.file ?? ""))).length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(BUDGET);
  expect([...wanted].filter((name) => LATER.some((pattern) => pattern.test(name)))).toEqual([]);
});
