import type { Page } from "playwright-core";
import { expect } from "vitest";
import { screenshot } from "./screenshots.ts";
import { violationsOf, type Theme } from "./web.ts";

export const THEMES: readonly Theme[] = ["light", "dark", "steampunk"];
const SIZES = [
  [390, 844],
  [768, 1024],
  [1440, 900],
] as const;

/** Looks at the page as it is now in the width of a phone, a tablet and a desk: takes a picture, and asks axe. */
export async function lookAt(page: Page, name: string): Promise<void> {
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    await page.waitForTimeout(100);
    await screenshot(page, `${name}-${width}`);
    expect([name, width, await violationsOf(page)]).toEqual([name, width, []]);
  }
}
