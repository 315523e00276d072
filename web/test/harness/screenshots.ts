import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";

/** `PARLEY_TEST_SCREENSHOTS=<folder>` keeps pictures of what the tests see; otherwise none are taken. */
const FOLDER = process.env["PARLEY_TEST_SCREENSHOTS"];

/** A picture of the window, for people to look at: `<name>.png`. */
export async function screenshot(page: Page, name: string): Promise<void> {
  if (FOLDER === undefined) return;
  mkdirSync(FOLDER, { recursive: true });
  // What is on its way (a toast, a font) arrives.
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
}
