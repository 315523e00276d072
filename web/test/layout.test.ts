import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { api, conversationOf, personId, say } from "./harness/says.ts";
import { useWeb } from "./harness/web.ts";

const web = useWeb();

/** What reaches out of the window at one of its sides, where nothing scrolls it into sight. */
async function cutOff(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const { clientWidth } = document.documentElement;
    const isScrolled = (element: Element): boolean => {
      for (let { parentElement: at } = element; at && at.id !== "app"; at = at.parentElement)
        if (["auto", "scroll", "hidden"].includes(getComputedStyle(at).overflowX) && at.clientWidth <= clientWidth) {
          const { left, right } = at.getBoundingClientRect();
          if (left >= -1 && right <= clientWidth + 1) return true;
        }
      return false;
    };
    return [...document.querySelectorAll("#app *")].flatMap((element) => {
      const { left, right, width } = element.getBoundingClientRect();
      const isOut = width > 1 && (left < -1 || right > clientWidth + 1);
      return isOut && !isScrolled(element) ? [`${element.tagName}.${element.className}`] : [];
    });
  });
}

async function makeWideThings(): Promise<{ readonly id: string; readonly root: string }> {
  const id = await conversationOf(web, "ada", "Random");
  const description = "A topic of many words that goes on and on, and is as long as no telephone has ever been wide";
  await api(web, "ada", `/v1/conversations/${id}`, { description }, "PATCH");
  const root = await say(web, "grace", id, `\`\`\`ts\nconst ${"long".repeat(60)} = 1;\n\`\`\``);
  await say(web, "edsger", id, `In a thread: ${"endless".repeat(30)}`, root);
  await say(web, "grace", id, `| ${"a | ".repeat(30)}\n|${"---|".repeat(30)}\n| ${"word | ".repeat(30)}`);
  const members = await Promise.all((["grace", "edsger"] as const).map((who) => personId(web, who)));
  await api(web, "ada", "/v1/conversations", { kind: "group", title: "Wide ".repeat(40).trim(), member_ids: members });
  return { id, root };
}

test.each(["ltr", "rtl"])("%s: nothing is cut off on a phone", { timeout: 180_000 }, async (direction) => {
  const { id, root } = await makeWideThings();
  const ada = await web.signIn("ada", { width: 390, height: 844 });
  const places = [
    "/",
    ...["", "/details", `/t/${root}`, "/search?q=thread"].map((rest) => `/c/${id}${rest}`),
    ...["/search", "/notifications", "/saved", "/scheduled", "/support", "/settings"],
    ...["profile", "appearance", "notifications", "privacy", "people", "account"].map((name) => `/settings/${name}`),
  ];
  const found: [string, string[]][] = [];
  for (const place of places) {
    await ada.goto(web.url + place);
    await ada.evaluate((to) => (document.documentElement.dir = to), direction);
    await ada.getByRole("heading").first().waitFor();
    await ada.waitForLoadState("networkidle");
    found.push([place, await cutOff(ada)]);
  }
  expect(found.filter(([, cut]) => cut.length > 0)).toEqual([]);
});

test("a menu covers what is below it", async () => {
  const ada = await web.signIn("ada");
  await ada.getByRole("button", { name: "New", exact: true }).click();
  const menu = ada.getByRole("menu");
  await menu.waitFor();
  expect(await menu.evaluate((it) => getComputedStyle(it).backgroundColor)).toBe("rgb(255, 255, 255)");
});

test("a message shows what can be done with it again when a picker over it has closed", async () => {
  const general = await conversationOf(web, "ada", "General");
  await say(web, "grace", general, "Pick one for this");
  const ada = await web.signIn("ada", { path: `/c/${general}` });
  const message = ada.getByRole("article").filter({ hasText: "Pick one for this" });
  await message.hover();
  await message.getByRole("button", { name: "Add a reaction" }).click();
  await ada.getByRole("searchbox", { name: "Search emoji" }).press("Escape");
  await expect.poll(() => ada.getByRole("searchbox", { name: "Search emoji" }).count()).toBe(0);
  await message.hover({ position: { x: 300, y: 12 } });
  await message.getByRole("button", { name: "More" }).click();
  await ada.getByRole("menuitem", { name: "Quote" }).waitFor();
});

test("a conversation that was read opens at its end", async () => {
  const general = await conversationOf(web, "ada", "General");
  for (let count = 1; count <= 12; count += 1)
    await say(web, "grace", general, `One\n\n${"- more of it\n".repeat(count % 4)}\n\`\`\`\n${count}\n\`\`\``);
  await say(web, "grace", general, "The last of them");
  await api(web, "ada", `/v1/conversations/${general}/read`, {});
  for (const width of [390, 1440]) {
    const ada = await web.signIn("ada", { width, path: `/c/${general}` });
    const log = ada.getByRole("log", { name: "Messages" });
    await log.getByText("The last of them").waitFor();
    await expect
      .poll(() => log.evaluate((it) => Math.round(it.scrollHeight - it.clientHeight - it.scrollTop)))
      .toBeLessThanOrEqual(1);
  }
});
