import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { useTestDatabase } from "../../server/test/harness/database.ts";
import { startProcess } from "../../server/test/harness/process.ts";
import { untilCached, untilKept } from "./harness/device.ts";
import { startLine, type Line } from "./harness/line.ts";
import { screenshot } from "./harness/screenshots.ts";
import { useWeb, violationsOf } from "./harness/web.ts";

const box = (page: Page) => page.getByRole("textbox", { name: /^Message to / });

async function say(page: Page, text: string): Promise<void> {
  await box(page).fill(text);
  await page.keyboard.press("Enter");
}

/** The texts of the log that were written by a test, in their order. */
const said = (page: Page, mark: string): Promise<string[]> =>
  page
    .getByRole("log", { name: "Messages" })
    .locator(".prose", { hasText: mark })
    .allInnerTexts()
    .then((texts) => texts.map((text) => text.trim()));

async function goOffline(page: Page, line: Line): Promise<void> {
  line.cut();
  await page.context().setOffline(true);
}

async function goOnline(page: Page, line: Line): Promise<void> {
  line.mend();
  await page.context().setOffline(false);
}

describe("without a network", () => {
  const web = useWeb();

  test("three messages are typed, the page is reloaded, and all three arrive once and in order", async () => {
    await using line = await startLine(web.url);
    const ada = await web.signIn("ada", { origin: line.url });
    const grace = await web.signIn("grace");
    for (const page of [ada, grace]) await page.getByRole("link", { name: /^Random/ }).click();
    await say(ada, "offline 0");
    await grace.getByRole("log", { name: "Messages" }).getByText("offline 0").waitFor();
    await untilKept(ada);
    await untilCached(ada, "offline 0");

    await goOffline(ada, line);
    for (const text of ["offline 1", "offline 2", "offline 3"]) await say(ada, text);
    await ada.getByText("3 messages are waiting").waitFor();
    await say(grace, "offline of grace");
    await ada.reload();

    // Opened from the device: the list, the conversation, and what waits.
    await ada.getByRole("link", { name: /^General/ }).waitFor();
    await expect.poll(() => said(ada, "offline")).toEqual(["offline 0", "offline 1", "offline 2", "offline 3"]);
    await ada.getByText("3 messages are waiting").waitFor();
    await screenshot(ada, "offline-light-1440");
    expect(await violationsOf(ada)).toEqual([]);
    expect(await said(grace, "offline")).toEqual(["offline 0", "offline of grace"]);

    await goOnline(ada, line);
    const all = ["offline 0", "offline of grace", "offline 1", "offline 2", "offline 3"];
    for (const page of [ada, grace]) await expect.poll(() => said(page, "offline"), { timeout: 40_000 }).toEqual(all);
    await expect.poll(() => ada.getByText("No connection").count()).toBe(0);
  });

  test("a window that is opened anew finds what was there, and whom it was for", async () => {
    await using line = await startLine(web.url);
    const ada = await web.signIn("ada", { origin: line.url });
    await ada.getByRole("link", { name: /^General/ }).click();
    await ada.getByRole("log", { name: "Messages" }).getByText("without holes").waitFor();
    await untilKept(ada);
    await untilCached(ada, "without holes");
    await goOffline(ada, line);
    const later = await ada.context().newPage();
    await ada.close();
    await later.goto(`${line.url}/sign-in`);
    await later.locator('[data-person="ada"]').click();
    await later.getByRole("link", { name: /^General/ }).click();
    await later.getByRole("log", { name: "Messages" }).getByText("without holes").waitFor();

    // Addresses that are not the app's are not answered from the device.
    const away = await later.goto(`${line.url}/docs`).then(
      () => "there",
      () => "away",
    );
    expect(away).toBe("away");
  });

  test("what is kept by the service worker is the app alone, and tokens are kept nowhere", async () => {
    const ada = await web.signIn("ada");
    await ada.getByRole("link", { name: /^General/ }).click();
    await ada.getByRole("log", { name: "Messages" }).getByText("without holes").waitFor();
    await untilKept(ada);
    const kept = await ada.evaluate(async () => {
      const urls: string[] = [];
      for (const name of await caches.keys())
        for (const { url } of await (await caches.open(name)).keys()) urls.push(new URL(url).pathname);
      return { urls, storage: JSON.stringify([{ ...localStorage }, { ...sessionStorage }]) };
    });
    const others = kept.urls.filter(
      (path) =>
        path !== "/" && !/^\/(assets|icons)\/|^\/(theme\.js|favicon[\w-]*\.svg|manifest\.webmanifest)$/.test(path),
    );
    expect(others).toEqual([]);
    expect(kept.urls).toContain("/");
    expect(kept.storage).not.toMatch(/eyJ/);
  });

  test("two tabs share one outbox, and send nothing twice", async () => {
    await using line = await startLine(web.url);
    const one = await web.signIn("ada", { origin: line.url });
    const other = await one.context().newPage();
    await other.goto(`${line.url}/sign-in`);
    await other.locator('[data-person="ada"]').click();
    for (const page of [one, other]) {
      await page.getByRole("link", { name: /^Random/ }).click();
      await page.getByRole("log", { name: "Messages" }).waitFor();
    }
    await goOffline(one, line);
    const texts = ["shared 1", "shared 2", "shared 3", "shared 4", "shared 5", "shared 6"];
    for (const [index, text] of texts.entries()) {
      await say(index % 2 === 0 ? one : other, text);
      for (const page of [one, other]) await page.getByRole("log", { name: "Messages" }).getByText(text).waitFor();
    }
    await goOnline(one, line);
    for (const page of [one, other]) await expect.poll(() => said(page, "shared"), { timeout: 40_000 }).toEqual(texts);
    const grace = await web.signIn("grace");
    await grace.getByRole("link", { name: /^Random/ }).click();
    await grace.getByRole("log", { name: "Messages" }).getByText("shared 6").waitFor();
    expect(await said(grace, "shared")).toEqual(texts);
  });

  test("the app can be installed", async () => {
    const ada = await web.signIn("ada");
    await untilKept(ada);
    const devtools = await ada.context().newCDPSession(ada);
    const { errors } = await devtools.send("Page.getAppManifest");
    expect(errors).toEqual([]);
    const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
    // The tests' windows are private ones, which install nothing.
    expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito")).toEqual([]);
  });
});

describe("a service that is killed", () => {
  const web = useWeb();
  const store = useTestDatabase();
  const directory = mkdtempSync(join(tmpdir(), "parley-web-kill-"));
  const start = () =>
    startProcess(directory, {
      DATABASE_URL: store.connectionString,
      PARLEY_DEV: "on",
      PARLEY_JWT_SECRET: "k".repeat(40),
    });

  test("and comes back finds the open page where it was, with nothing missing", async () => {
    await using first = start();
    await using line = await startLine(await first.ready);
    const ada = await web.signIn("ada", { origin: line.url });
    const grace = await web.signIn("grace", { origin: line.url });
    for (const page of [ada, grace]) await page.getByRole("link", { name: /^Random/ }).click();
    await say(grace, "before the kill");
    await ada.getByRole("log", { name: "Messages" }).getByText("before the kill").waitFor();

    first.kill("SIGKILL");
    await first.exited;
    line.cut();
    await say(ada, "while it was away: ada");
    await say(grace, "while it was away: grace");
    await ada.getByText("No connection").waitFor();

    await using second = start();
    line.mend(await second.ready);
    for (const page of [ada, grace]) {
      await expect
        .poll(async () => (await said(page, "while it was away")).sort(), { timeout: 45_000 })
        .toEqual(["while it was away: ada", "while it was away: grace"]);
      expect(await said(page, "before the kill")).toEqual(["before the kill"]);
    }
    await say(ada, "and after it");
    await grace.getByRole("log", { name: "Messages" }).getByText("and after it").waitFor();
    rmSync(directory, { recursive: true, force: true });
  });
});
