import type { Page } from "playwright-core";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makeLongConversation, type LongConversation } from "./harness/long-conversation.ts";
import { ownTimeOf } from "./harness/own-time.ts";
import { scrollMessages, type Scrolled, type Scrolling } from "./harness/scrolling.ts";
import { useWeb } from "./harness/web.ts";

const web = useWeb();
const MANY = 10_000;
/** Of processor time: what else runs on the machine costs frames, too, which says nothing of the app. */
const LONGEST_FRAME_MS = 50;
/** Without a movement for so long, the list has come to rest. */
const REST_MS = 400;

let long: LongConversation;
let tokens: readonly [string, string];

async function tokenOf(who: string): Promise<string> {
  const response = await fetch(`${web.url}/demo/${who}`, { headers: { accept: "application/json" } });
  return ((await response.json()) as { token: string }).token;
}

beforeAll(async () => {
  tokens = [await tokenOf("ada"), await tokenOf("grace")];
  long = await makeLongConversation(web.node, tokens, MANY);
});

// Where one begins, and what the button is called, hangs on what was read: so nothing of it is left to the test before.
beforeEach(async () => {
  await web.node.done(tokens[0], "POST", `/v1/conversations/${long.id}/read`, {});
});

async function openAt(path: string): Promise<Page> {
  const page = await web.signIn("ada", { path });
  await page.locator("article").first().waitFor();
  return page;
}

/** Scrolls, without a jump; answers the longest frame by what it cost the page itself. */
async function costOf(page: Page, scrolling: Scrolling): Promise<number> {
  const { answer, frames } = await ownTimeOf(web.browser, page, () => scrollMessages(page, scrolling));
  expect(answer.jumps).toEqual([]);
  expect(frames.length).toBeGreaterThanOrEqual(scrolling.frames);
  return Math.max(...frames);
}

describe(`a conversation of ${MANY} messages`, () => {
  test("scrolls back and forth in short frames, and never jumps", async () => {
    const page = await openAt(`/c/${long.id}`);
    await page.getByText(`Message ${MANY}`).first().waitFor();
    expect(await costOf(page, { step: -120, frames: 80 })).toBeLessThanOrEqual(LONGEST_FRAME_MS);
    expect(await costOf(page, { step: 120, frames: 60 })).toBeLessThanOrEqual(LONGEST_FRAME_MS);
  });

  test("is read to its beginning, page after page, without a jump", async () => {
    const page = await openAt(`/c/${long.id}`);
    const scrolled: Scrolled[] = [];
    for (let round = 0; round < 90 && !(await page.getByText("This is the beginning").isVisible()); round += 1)
      scrolled.push(await scrollMessages(page, { step: -300, frames: 100 }));
    await page.getByText("This is the beginning").waitFor();
    expect(scrolled.flatMap(({ jumps }) => jumps)).toEqual([]);
    expect(scrolled.reduce((sum, { seen }) => sum + seen, 0)).toBeGreaterThan(MANY * 0.95);
    // With all of them at hand.
    expect(await costOf(page, { step: 120, frames: 60 })).toBeLessThanOrEqual(LONGEST_FRAME_MS);
  }, 240_000);

  test("opens at a message by its address, and goes to the present from there", async () => {
    const page = await openAt(`/c/${long.id}/m/5000`);
    // It has the focus for as long as one leaves it; that it stands out is over in a moment.
    const target = page.locator("article:focus");
    await target.waitFor();
    expect(await target.textContent()).toMatch(/Message 49\d\d|Message 5000/);
    const { jumps } = await scrollMessages(page, { step: -100, frames: 40 });
    expect(jumps).toEqual([]);
    // Turning round at once: rows were put in front, and now they are measured behind.
    const later = await scrollMessages(page, { step: 100, frames: 120 });
    expect(later.jumps).toEqual([]);
    await page.getByRole("button", { name: "Jump to the newest" }).click();
    await page.getByText(`Message ${MANY}`).first().waitFor();
  });

  test("turns round at any speed without a jump", async () => {
    const page = await openAt(`/c/${long.id}/m/3000`);
    await page.locator("article:focus").waitFor();
    const jumps: number[] = [];
    for (const step of [-100, 60, -250, 130, -40, 300, -120, 90, -300, 200])
      jumps.push(...(await scrollMessages(page, { step, frames: 50 })).jumps);
    expect(jumps).toEqual([]);
  });

  test("stays where one reads while others write, and what is above is edited", async () => {
    const page = await openAt(`/c/${long.id}`);
    await scrollMessages(page, { step: -200, frames: 30 });
    // One reads when one has stopped: what comes in the very moment of stopping may still move the list by a line.
    await page.waitForTimeout(REST_MS);
    // The first one that is wholly on screen: what is above may still be measured.
    const key = await page.getByRole("log").evaluate((log) => {
      const { top } = log.getBoundingClientRect();
      const articles = [...log.querySelectorAll<HTMLElement>("article")];
      return articles.find((article) => article.getBoundingClientRect().top >= top)?.dataset["key"];
    });
    const placeOf = (): Promise<number> =>
      page.locator(`article[data-key="${key}"]`).evaluate((article) => article.getBoundingClientRect().top);
    const before = await placeOf();
    const above = (await page.locator("article").nth(1).getAttribute("data-key")) ?? "";
    await web.node.database.query({
      text: "UPDATE messages SET created_at = now() WHERE id = $1",
      values: [above],
    });
    const sender = await web.node.database.query<{ sender_id: string }>({
      text: "SELECT sender_id FROM messages WHERE id = $1",
      values: [above],
    });
    const me = await web.node.done<{ id: string }>(tokens[0], "GET", "/v1/users/me");
    await web.node.done(
      sender[0]?.sender_id === me.id ? tokens[0] : tokens[1],
      "PUT",
      `/v1/conversations/${long.id}/messages/${above}`,
      { content: "Now\n\nit is\n\nmuch\n\nlonger" },
    );
    await web.node.done(tokens[1], "POST", `/v1/conversations/${long.id}/messages`, { content: "Anybody there?" });
    await page.getByRole("button", { name: "1 new message" }).waitFor();
    await expect.poll(async () => Math.abs((await placeOf()) - before)).toBeLessThanOrEqual(1);
    await page.getByRole("button", { name: "1 new message" }).click();
    await page.getByText("Anybody there?").first().waitFor();
  });
});
