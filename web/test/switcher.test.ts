import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { conversationOf, say } from "./harness/says.ts";
import { lookAt, THEMES } from "./harness/look.ts";
import { useWeb, violationsOf } from "./harness/web.ts";

/** The keys are loaded a moment after the page. */
async function openSwitcher(page: Page): Promise<Locator> {
  const field = page.getByRole("combobox", { name: "Where to?" });
  const open = async (): Promise<boolean> => {
    await page.keyboard.press("Control+k");
    return await field.waitFor({ timeout: 2_000 }).then(
      () => true,
      () => false,
    );
  };
  await expect.poll(open, { timeout: 15_000 }).toBe(true);
  return field;
}

describe("the quick switcher", () => {
  const web = useWeb();

  test("goes to a conversation by a few letters, and remembers where one was", async () => {
    const ada = await web.signIn("ada");
    await ada.getByRole("link", { name: /^General/ }).waitFor();
    const field = await openSwitcher(ada);
    await field.fill("rnd");
    await ada.getByRole("option", { name: /Random/ }).waitFor();
    await ada.keyboard.press("Enter");
    await ada.getByRole("heading", { name: "Random" }).waitFor();
    expect(await field.count()).toBe(0);

    await ada.keyboard.press("Control+k");
    await field.fill("gen");
    await ada.keyboard.press("Enter");
    await ada.getByRole("heading", { name: "General" }).waitFor();
    // The one before this one is on top.
    await ada.keyboard.press("Control+k");
    expect(await ada.getByRole("option", { selected: true }).textContent()).toContain("Random");
    await ada.keyboard.press("Escape");
    await expect.poll(() => field.count()).toBe(0);
  });

  test("begins a conversation with a person, and does things", async () => {
    const ada = await web.signIn("ada");
    await ada.getByRole("link", { name: /^General/ }).waitFor();
    const field = await openSwitcher(ada);
    await field.fill("edsger");
    // People are found a moment after what is at hand: Enter goes to what is chosen by then.
    await ada.getByRole("option", { name: /Edsger/, selected: true }).waitFor();
    await ada.keyboard.press("Enter");
    await ada.getByRole("heading", { name: "Edsger Dijkstra" }).waitFor();

    await ada.keyboard.press("Control+k");
    await field.fill(">dark");
    await ada.getByRole("option", { name: "Theme: Dark", selected: true }).waitFor();
    await ada.keyboard.press("Enter");
    await expect.poll(() => ada.evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
  });

  test("keys work everywhere but where one writes", async () => {
    const random = await conversationOf(web, "ada", "Random");
    const ada = await web.signIn("ada", { path: `/c/${random}` });
    const composer = ada.getByRole("textbox", { name: "Message to Random" });
    await composer.waitFor();
    await composer.press("?");
    expect(await composer.inputValue()).toBe("?");
    await composer.fill("");
    await composer.evaluate((element) => (element as HTMLElement).blur());
    await ada.keyboard.press("?");
    await ada.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    expect(await violationsOf(ada)).toEqual([]);
    await ada.keyboard.press("Escape");
    await expect.poll(() => ada.getByRole("dialog").count()).toBe(0);
    await ada.keyboard.press("/");
    await ada.getByRole("searchbox", { name: "Words to search for" }).waitFor();
    expect(new URL(ada.url()).pathname).toBe(`/c/${random}/search`);

    const general = await conversationOf(web, "ada", "General");
    await say(web, "grace", general, "Here is something unread.");
    await ada.getByRole("link", { name: /^General.*1 unread/ }).waitFor();
    await ada.keyboard.press("Alt+Shift+ArrowDown");
    await ada.getByRole("heading", { name: "General" }).waitFor();
  });

  test.each(THEMES)("%s: axe finds nothing at any width", async (theme) => {
    const ada = await web.signIn("ada", { theme });
    await ada.getByRole("link", { name: /^General/ }).waitFor();
    const field = await openSwitcher(ada);
    await ada.getByRole("option", { name: /General/ }).waitFor();
    await lookAt(ada, `switcher-${theme}`);
    await field.fill("gr");
    await ada.getByRole("option", { name: /Grace/ }).waitFor();
    expect(await violationsOf(ada)).toEqual([]);
  });
});
