import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { conversationOf, say } from "./harness/says.ts";
import { lookAt, THEMES } from "./harness/look.ts";
import { useWeb } from "./harness/web.ts";

/** What is found at most a second after it was sent is asked for until it is there. */
async function afterAsking<T>(page: Page, q: string, read: () => Promise<T>): Promise<T> {
  const field = page.getByRole("searchbox", { name: "Words to search for" });
  await field.fill("");
  await field.fill(q);
  await page.waitForTimeout(1_000);
  return await read();
}

describe("the search", () => {
  const web = useWeb();
  const named = { name: "Words to search for" };

  test("finds, marks what it found, and leads to where it was said", async () => {
    const random = await conversationOf(web, "ada", "Random");
    const root = await say(web, "grace", random, "The **difference engine** weighs four tonnes.");
    await say(web, "edsger", random, "An engine in a thread", root);
    for (let count = 1; count <= 60; count += 1) await say(web, "edsger", random, `Noise ${count}`);

    const ada = await web.signIn("ada");
    await ada.getByRole("link", { name: "Search", exact: true }).click();
    await ada.getByText("Search the messages").waitFor();
    // Found at most a second after it was sent.
    await expect
      .poll(() => afterAsking(ada, "difference engines", () => ada.locator("mark").allTextContents()), {
        timeout: 30_000,
      })
      .toEqual(["difference", "engine"]);
    await expect.poll(() => new URL(ada.url()).search).toBe("?q=difference+engines");

    // Down goes to the hit, Enter to the message.
    await ada.keyboard.press("ArrowDown");
    await ada.keyboard.press("Enter");
    await ada.getByRole("log").getByText("weighs four tonnes").waitFor();
    expect(new URL(ada.url()).pathname).toBe(`/c/${random}/m/${root}`);
    await ada.goBack();
    await ada.getByRole("searchbox", named).fill("engine thread");
    await ada.getByRole("link", { name: /Edsger.*In a thread/ }).click();
    await ada.getByRole("region", { name: "Thread" }).getByText("An engine in a thread").waitFor();
  });

  test("is narrowed by place, person, content and days, and keeps what was asked in the address", async () => {
    const [random, general] = [await conversationOf(web, "ada", "Random"), await conversationOf(web, "ada", "General")];
    await say(web, "grace", random, "umbrella one");
    await say(web, "edsger", random, "umbrella two https://example.com/");
    await say(web, "grace", general, "umbrella three");
    const ada = await web.signIn("ada", { path: "/search" });
    await expect
      .poll(() => afterAsking(ada, "umbrella", () => ada.locator(".hit").count()), {
        timeout: 30_000,
      })
      .toBe(3);
    await ada.getByLabel("In", { exact: true }).selectOption({ label: "Random" });
    await ada.locator(".summary").getByText("2 messages").waitFor();
    const from = ada.getByRole("combobox", { name: "From", exact: true });
    await from.fill("gra");
    await ada.getByRole("option", { name: /Grace/ }).waitFor();
    await from.press("Enter");
    await ada.locator(".summary").getByText("1 message", { exact: true }).waitFor();
    await ada.getByRole("button", { name: "Clear the filters" }).click();
    await ada.locator(".summary").getByText("3 messages").waitFor();
    await ada.getByLabel("With", { exact: true }).selectOption({ label: "A link" });
    await ada.locator(".hit", { hasText: "umbrella two" }).waitFor();
    await ada.locator(".summary").getByText("1 message", { exact: true }).waitFor();
    await ada.reload();
    await ada.locator(".hit", { hasText: "umbrella two" }).waitFor();
    await ada.getByLabel("To day").fill("2020-01-01");
    await ada.getByText("Nothing found").first().waitFor();
  });

  test("shows what people wrote as text", async () => {
    const random = await conversationOf(web, "ada", "Random");
    await say(web, "edsger", random, "<img src=x onerror=alert(1)> zeppelin <mark>no</mark> &lt;b&gt;");
    const ada = await web.signIn("ada", { path: "/search" });
    await expect
      .poll(() => afterAsking(ada, "zeppelin", () => ada.locator(".snippet").allTextContents()), { timeout: 30_000 })
      .toEqual(["<img src=x onerror=alert(1)> zeppelin <mark>no</mark> &lt;b&gt;"]);
    expect(await ada.locator(".snippet img").count()).toBe(0);
    expect(await ada.locator("mark").allTextContents()).toEqual(["zeppelin"]);
  });

  test("loads more as one goes down", async () => {
    const random = await conversationOf(web, "ada", "Random");
    for (let count = 1; count <= 45; count += 1) await say(web, "edsger", random, `marmalade ${count}`);
    const ada = await web.signIn("ada", { path: "/search" });
    await expect
      .poll(() => afterAsking(ada, "marmalade", () => ada.locator(".summary").getByText("45 messages").count()), {
        timeout: 30_000,
      })
      .toBe(1);
    await ada.locator(".results").evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
    // A wide screen may have room for the next ones at once.
    await expect.poll(() => ada.locator(".hit").count()).toBeGreaterThanOrEqual(40);
    await ada.locator(".results").evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
    await expect.poll(() => ada.locator(".hit").count()).toBe(45);
    expect(await ada.getByRole("button", { name: "Show more" }).count()).toBe(0);
  });

  test("looks in one conversation beside it, and shows the hit there", async () => {
    const random = await conversationOf(web, "ada", "Random");
    const early = await say(web, "grace", random, "A pelican of old.");
    for (let count = 1; count <= 70; count += 1) await say(web, "edsger", random, `More noise ${count}`);
    const ada = await web.signIn("ada", { path: `/c/${random}` });
    await ada.getByRole("link", { name: "Search in this conversation" }).click();
    await ada.getByRole("searchbox", named).fill("pelican");
    await ada.locator(".hit").first().click();
    await ada.getByRole("log", { name: "Messages" }).getByText("A pelican of old.").waitFor();
    expect(new URL(ada.url()).pathname).toBe(`/c/${random}/search/${early}`);
    expect(await ada.locator(".hit").count()).toBe(1);
  });

  test.each(THEMES)("%s: axe finds nothing at any width", async (theme) => {
    const random = await conversationOf(web, "ada", "Random");
    const ada = await web.signIn("ada", { theme, path: "/search?q=channel+or+messages" });
    await ada.locator(".hit").first().waitFor();
    await lookAt(ada, `search-${theme}`);
    await ada.goto(`${web.url}/c/${random}/search?q=everything`);
    await ada.locator(".hit").first().waitFor();
    await lookAt(ada, `search-within-${theme}`);
  });
});
