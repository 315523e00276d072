import { resolve } from "node:path";
import type { Locator, Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { run } from "../../server/src/cli/run.ts";
import { mint } from "../../server/test/harness/node.ts";
import { whyNoBrowser } from "./harness/chromium.ts";
import { useWeb } from "./harness/web.ts";

const EXPORT = resolve(import.meta.dirname, "../../docs/examples/slack-export.zip");
const web = useWeb();

beforeAll(async () => {
  if (whyNoBrowser !== undefined) return;
  const complaints: string[] = [];
  const code = await run({
    arguments: ["import", "slack", EXPORT],
    variables: { DATABASE_URL: web.databaseUrl },
    isInteractive: false,
    write: () => undefined,
    complain: (line) => void complaints.push(line),
    stopSignal: () => new Promise(() => undefined),
    onFault: () => undefined,
  });
  if (code !== 0) throw new Error(complaints.join("\n"));
});

async function signInAs(slackId: string, path: string): Promise<Page> {
  const page = await web.open(`/sign-in?to=${encodeURIComponent(path)}`);
  await page.getByText("Sign in with a token").click();
  await page.getByLabel("Token", { exact: true }).fill(await mint({ sub: `slack:${slackId}` }));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL((url) => url.pathname !== "/sign-in");
  return page;
}

const hits = (page: Page): Locator => page.locator(".hit");

/** Followers index what was imported a moment after it has come. */
async function searchUntilFound(page: Page, q: string, count: number): Promise<void> {
  const field = page.getByRole("searchbox", { name: "Words to search for" });
  await expect
    .poll(
      async () => {
        await field.fill("");
        await field.fill(q);
        await page.waitForTimeout(1_000);
        return await hits(page).count();
      },
      { timeout: 30_000 },
    )
    .toBe(count);
}

test("imported history is found, narrowed by person and conversation, and shown where it was said", async () => {
  const tomas = await signInAs("U01TOMAS", "/search");
  await searchUntilFound(tomas, "valves", 2);
  expect(await tomas.locator("mark").allTextContents()).toEqual(["valve", "valve"]);

  const from = tomas.getByRole("combobox", { name: "From", exact: true });
  await from.fill("雪");
  await tomas.getByRole("option", { name: /雪子/ }).click();
  await expect.poll(() => hits(tomas).allTextContents()).toHaveLength(1);
  await hits(tomas).getByText("I would look at the").waitFor();
  await tomas.getByRole("button", { name: "Clear the filters" }).click();
  await expect.poll(() => hits(tomas).count()).toBe(2);
  await tomas.getByLabel("In", { exact: true }).selectOption({ label: "general" });
  await tomas.getByText("Nothing found").first().waitFor();
  await tomas.getByLabel("In", { exact: true }).selectOption({ label: "engine-room" });
  await expect.poll(() => hits(tomas).count()).toBe(2);

  await hits(tomas).filter({ hasText: "Replaced" }).click();
  const found = tomas.getByRole("article").filter({ hasText: "Replaced, and pressure holds now" });
  await found.first().waitFor();
  await tomas.goBack();
  await hits(tomas).filter({ hasText: "I would look" }).click();
  await tomas.getByRole("article").filter({ hasText: "I would look at the valve first" }).first().waitFor();
});

test("what is written without spaces is found by a part of it", async () => {
  const yuki = await signInAs("U01YUKI", "/search");
  await searchUntilFound(yuki, "圧力", 1);
  expect(await yuki.locator("mark").allTextContents()).toEqual(["圧力"]);
});
