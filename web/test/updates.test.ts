import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { untilKept } from "./harness/device.ts";
import { startReplacing } from "./harness/replacing.ts";
import { screenshot } from "./harness/screenshots.ts";
import { useWeb, violationsOf } from "./harness/web.ts";

const web = useWeb();
const VERSION = /version:"[\w-]+"|version:`[\w-]+`/;

const box = (page: Page) => page.getByRole("textbox", { name: "Message to Random" });
const isAsBefore = (page: Page) => page.evaluate(() => "isAsBefore" in globalThis);

test("a new version is offered, and comes when the user says so and not before", async () => {
  await using service = await startReplacing(web.url);
  const ada = await web.signIn("ada", { origin: service.url });
  await untilKept(ada);
  const other = await ada.context().newPage();
  await other.goto(`${service.url}/sign-in?to=/settings`);
  await other.locator('[data-person="ada"]').click();
  await other.getByRole("heading", { name: "Settings" }).waitFor();
  await ada.getByRole("link", { name: /^Random/ }).click();
  for (const page of [ada, other]) await page.evaluate(() => Object.assign(globalThis, { isAsBefore: true }));
  await box(ada).pressSequentially("half a th");

  service.replace("/sw.js", (code) => {
    expect(code).toMatch(VERSION);
    return code.replace(VERSION, 'version:"the-next"');
  });
  await ada.evaluate(async () => await (await navigator.serviceWorker.ready).update());
  await ada.getByText("A new version of Parley is here.").waitFor();
  await box(ada).pressSequentially("ought");
  await screenshot(ada, "update-light-1440");
  expect(await violationsOf(ada)).toEqual([]);
  expect(await isAsBefore(ada)).toBe(true);

  await Promise.all([ada.waitForEvent("load"), ada.getByRole("button", { name: "Load it" }).click()]);
  await expect.poll(() => box(ada).inputValue()).toBe("half a thought");
  expect(await isAsBefore(ada)).toBe(false);
  const caches = await ada.evaluate(() => globalThis.caches.keys());
  expect(caches).toContain("parley shell the-next");

  // The tab beside goes on with what it has, and may follow.
  await other.getByText("A new version of Parley is here.").waitFor();
  expect(await isAsBefore(other)).toBe(true);
  await Promise.all([other.waitForEvent("load"), other.getByRole("button", { name: "Load it" }).click()]);
  await other.getByRole("heading", { name: "Settings" }).waitFor();
});
