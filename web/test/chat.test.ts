import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { screenshot } from "./harness/screenshots.ts";
import { useWeb, violationsOf, type DemoId, type Theme } from "./harness/web.ts";

const web = useWeb();

const box = (page: Page): Locator => page.getByRole("textbox", { name: /^Message to/ });
const messageWith = (page: Page, text: string): Locator => page.getByRole("article").filter({ hasText: text }).last();

async function openRandom(who: DemoId, options: { theme?: Theme; width?: number } = {}): Promise<Page> {
  const page = await web.signIn(who, options);
  await page.getByRole("link", { name: /^Random/ }).click();
  await box(page).waitFor();
  return page;
}

async function say(page: Page, text: string, shown = text): Promise<void> {
  await box(page).fill(text);
  await box(page).press("Enter");
  await messageWith(page, shown).waitFor();
}

/** The direct conversation of two, on the screens of both. */
async function openDirect(): Promise<readonly [Page, Page]> {
  const [ada, grace] = [await openRandom("ada"), await openRandom("grace")];
  await say(grace, "Good morning");
  await messageWith(ada, "Good morning").getByRole("button", { name: "Grace Hopper" }).click();
  await ada.getByRole("dialog", { name: "Grace Hopper" }).getByRole("button", { name: "Write a message" }).click();
  await ada.getByRole("heading", { name: "Grace Hopper" }).waitFor();
  await grace.getByRole("link", { name: /^Ada Lovelace/ }).click();
  await grace.getByRole("heading", { name: "Ada Lovelace" }).waitFor();
  return [ada, grace];
}

async function menuOf(page: Page, text: string, item: string): Promise<void> {
  await messageWith(page, text).hover();
  await messageWith(page, text).getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: item }).click();
}

test("what one does with a message, the other sees", async () => {
  const [ada, grace] = await openDirect();
  await say(ada, "The mill turns.");
  await messageWith(grace, "The mill turns.").hover();
  await messageWith(grace, "The mill turns.").getByRole("button", { name: "React with 👍" }).click();
  const reaction = messageWith(ada, "The mill turns.").getByRole("button", { name: /^👍 1/ });
  await reaction.hover();
  await reaction.getByText("Grace Hopper").waitFor();
  await messageWith(ada, "The mill turns.").getByRole("img", { name: "Read" }).waitFor();

  await menuOf(ada, "The mill turns.", "Edit");
  await ada.getByRole("textbox", { name: "Your message" }).fill("The mill turns slowly.");
  await ada.getByRole("textbox", { name: "Your message" }).press("Enter");
  await messageWith(grace, "The mill turns slowly.").getByRole("button", { name: "edited" }).click();
  await grace.getByRole("dialog", { name: "Edit history" }).getByText("The mill turns.", { exact: true }).waitFor();
  await grace.keyboard.press("Escape");

  await menuOf(ada, "The mill turns slowly.", "Read by");
  await ada.getByRole("dialog", { name: "Read by" }).getByText("Grace Hopper").waitFor();
  await ada.keyboard.press("Escape");

  await menuOf(ada, "The mill turns slowly.", "Delete");
  await grace.getByText("This message was deleted.").waitFor();
  await ada.getByRole("button", { name: "Undo" }).click();
  await messageWith(grace, "The mill turns slowly.").waitFor();
});

test("everything goes by the keyboard", async () => {
  const [ada, grace] = [await openRandom("ada"), await openRandom("grace")];
  await say(grace, "Who has the plans?");
  await messageWith(ada, "Who has the plans?").waitFor();

  await box(ada).focus();
  await ada.keyboard.type("I do, @gra");
  await ada.getByRole("option", { name: /Grace Hopper/ }).waitFor();
  await ada.keyboard.press("Tab");
  await ada.keyboard.type("see #gen");
  await ada.getByRole("option", { name: /General/ }).waitFor();
  await ada.keyboard.press("Enter");
  await ada.keyboard.press("Enter");
  const sent = messageWith(grace, "I do,");
  await sent.getByRole("button", { name: "@Grace Hopper" }).waitFor();
  await sent.getByRole("link", { name: "#General" }).waitFor();

  await ada.keyboard.press("ArrowUp");
  const editor = ada.getByRole("textbox", { name: "Your message" });
  await editor.waitFor();
  await editor.press("End");
  await ada.keyboard.type("too");
  await ada.keyboard.press("Enter");
  await messageWith(grace, "too").getByRole("button", { name: "edited" }).waitFor();

  await ada.getByRole("log", { name: "Messages" }).focus();
  await ada.keyboard.press("ArrowUp");
  await ada.keyboard.press("ArrowUp");
  expect(await ada.evaluate(() => document.activeElement?.tagName)).toBe("ARTICLE");
  await ada.keyboard.press("q");
  await expect.poll(() => box(ada).inputValue()).toMatch(/^> /);
  await box(ada).fill("");

  await ada.getByRole("button", { name: "Emoji" }).press("Enter");
  await ada.getByRole("searchbox", { name: "Search emoji" }).fill("tada");
  await ada.getByRole("searchbox", { name: "Search emoji" }).press("Enter");
  await expect.poll(() => box(ada).inputValue()).toBe("🎉");
});

test("a message is scheduled, changed, and not sent", async () => {
  const ada = await openRandom("ada");
  await box(ada).fill("Good morning, mill.");
  await ada.getByRole("button", { name: "Send later" }).click();
  await ada.getByRole("dialog", { name: "Send later" }).getByRole("button", { name: "Schedule" }).click();
  await ada.getByRole("link", { name: "One message will be sent later" }).click();
  await ada.getByRole("button", { name: "Edit" }).click();
  await ada.getByRole("textbox", { name: "Your message" }).fill("Good evening, mill.");
  await ada.getByRole("button", { name: "Save" }).click();
  await ada.getByRole("article").getByText("Good evening, mill.").waitFor();
  await ada.getByRole("button", { name: "Do not send" }).click();
  await ada.getByText("Nothing is scheduled").waitFor();
});

test("a group is begun, its people and its topic are changed, and it is left", async () => {
  const ada = await web.signIn("ada");
  const startWith = async (names: readonly string[]): Promise<void> => {
    await ada.getByRole("button", { name: "New", exact: true }).click();
    await ada.getByRole("menuitem", { name: "New message" }).click();
    for (const name of names) {
      await ada.getByRole("combobox", { name: "To" }).fill(name);
      await ada.getByRole("option", { name: new RegExp(name) }).click();
    }
  };
  await startWith(["Grace", "Edsger"]);
  await ada.getByRole("textbox", { name: "Name of the group" }).fill("Mill wrights");
  await ada.getByRole("button", { name: "Begin a group" }).click();
  await ada.getByRole("heading", { name: "Mill wrights" }).waitFor();
  await ada.getByRole("link", { name: "Details" }).click();
  await ada.getByRole("button", { name: "Change" }).click();
  await ada.getByRole("textbox", { name: "Topic" }).fill("All about **wheels**");
  await ada.getByRole("button", { name: "Save" }).click();
  await ada.getByText("All about wheels").first().waitFor();
  await ada.getByRole("button", { name: "Role of Edsger Dijkstra" }).click();
  await ada.getByRole("menuitem", { name: "Admin" }).click();
  await ada.getByText("Admin", { exact: true }).first().waitFor();
  await screenshot(ada, "details-light-1440");
  expect(await violationsOf(ada)).toEqual([]);
  await startWith(["Grace"]);
  await ada.getByRole("button", { name: "Begin", exact: true }).click();
  await ada.getByRole("heading", { name: "Grace Hopper" }).waitFor();
});

test("who reads along in a public channel joins to write", async () => {
  const ada = await web.signIn("ada");
  await ada.getByRole("button", { name: "New", exact: true }).click();
  await ada.getByRole("menuitem", { name: "New channel" }).click();
  await ada.getByRole("textbox", { name: "Name" }).fill("Cog wheels");
  await ada.getByLabel("Space", { exact: true }).selectOption({ label: "Demo" });
  await ada.getByRole("button", { name: "Create" }).click();
  await ada.getByRole("heading", { name: "Cog wheels" }).waitFor();
  const grace = await web.signIn("grace", { path: new URL(ada.url()).pathname });
  await grace.getByText("You are reading along.").waitFor();
  await grace.getByRole("button", { name: "Join" }).click();
  await say(grace, "Here I am.");
  await messageWith(ada, "Here I am.").waitFor();
});

const THEMES: readonly Theme[] = ["light", "dark", "steampunk"];

test.each(THEMES)("a lively conversation has nothing that axe objects to: %s", async (theme) => {
  const page = await openRandom("ada", { theme });
  await say(page, "# Plan\n\n1. `oil`\n2. **turn**\n\n> slowly\n\n| part | count |\n|---|---|\n| cog | 12 |", "slowly");
  await say(page, "```ts\nconst answer = 42;\n```", "const answer");
  await say(page, "🎉");
  await messageWith(page, "🎉").hover();
  await messageWith(page, "🎉").getByRole("button", { name: "React with ❤️" }).click();
  await messageWith(page, "🎉").getByRole("button", { name: /^❤️ 1/ }).waitFor();
  await screenshot(page, `lively-${theme}-1440`);
  expect(await violationsOf(page)).toEqual([]);
  await messageWith(page, "🎉").getByRole("button", { name: "Add a reaction" }).click();
  await page.getByRole("button", { name: "grinning face", exact: true }).waitFor();
  await screenshot(page, `picker-${theme}-1440`);
  expect(await violationsOf(page)).toEqual([]);
  await page.keyboard.press("Escape");
  for (const width of [390, 768]) {
    await page.setViewportSize({ width, height: 844 });
    await messageWith(page, "🎉").waitFor();
    await screenshot(page, `lively-${theme}-${width}`);
    expect(await violationsOf(page)).toEqual([]);
  }
});
