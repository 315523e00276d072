import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Caller } from "../../server/src/domain/caller.ts";
import type { UserId } from "../../server/src/domain/ids.ts";
import { makeConversation, makeUser } from "../../server/test/harness/rows.ts";
import { api, conversationOf, personId, say } from "./harness/says.ts";
import { useWeb, violationsOf, type DemoId } from "./harness/web.ts";

const web = useWeb();

const box = (page: Page): Locator => page.getByRole("textbox", { name: /^Message to/ });
const messageWith = (page: Page, text: string): Locator => page.getByRole("article").filter({ hasText: text }).last();
const contentsOf = async (conversationId: string): Promise<unknown> => {
  const { items } = await api(web, "ada", `/v1/conversations/${conversationId}/messages`);
  return (items as { content: string }[]).map(({ content }) => content).toSorted();
};

/** A channel of Ada's, on the first page of the space that everyone is in. */
async function makeChannel(title: string, settings: Readonly<Record<string, unknown>>): Promise<string> {
  const { items } = await api(web, "ada", "/v1/spaces");
  const [space] = items as { id: string }[];
  const channel = await api(web, "ada", "/v1/conversations", {
    kind: "channel",
    visibility: "public",
    title,
    slug: title.toLowerCase().replaceAll(" ", "-"),
    space_id: space?.id,
    settings,
  });
  return channel["id"] as string;
}

const callerOf = async (who: DemoId): Promise<Caller> => ({
  userId: (await personId(web, who)) as UserId,
  kind: "human",
  isAdmin: false,
  isStaff: false,
  isService: false,
});

test("where writing is slowed down, what one writes waits, and who moderates does not", async () => {
  const id = await makeChannel("Slow wheels", { slow_mode_seconds: 6 });
  await api(web, "grace", `/v1/conversations/${id}/join`, {});
  const grace = await web.signIn("grace", { path: `/c/${id}` });
  await box(grace).fill("one");
  await box(grace).press("Enter");
  await messageWith(grace, "one").waitFor();
  await grace.getByRole("status").filter({ hasText: "Slow mode: you can write again in" }).waitFor();
  await box(grace).fill("two");
  expect(await grace.getByRole("button", { name: "Send", exact: true }).isDisabled()).toBe(true);
  await box(grace).press("Enter");
  expect(await box(grace).inputValue()).toBe("two");
  expect(await contentsOf(id)).toEqual(["one"]);
  await expect.poll(() => grace.getByText("Slow mode:").count(), { timeout: 15_000 }).toBe(0);
  await box(grace).press("Enter");
  await expect.poll(() => contentsOf(id)).toEqual(["one", "two"]);
  await expect.poll(() => box(grace).inputValue()).toBe("");

  const ada = await web.signIn("ada", { path: `/c/${id}` });
  for (const text of ["three", "four"]) {
    await box(ada).fill(text);
    await box(ada).press("Enter");
  }
  await expect.poll(() => contentsOf(id)).toEqual(["four", "one", "three", "two"]);
  expect(await ada.getByText("Slow mode:").count()).toBe(0);
});

test("calling everybody is asked about where they are many", async () => {
  const others = await Promise.all(Array.from({ length: 20 }, () => makeUser(web.node.database)));
  const members = [{ who: await callerOf("ada"), role: "owner" as const }, ...others];
  const id = await makeConversation(web.node.database, { members });
  const ada = await web.signIn("ada", { path: `/c/${id}` });
  const dialog = ada.getByRole("dialog", { name: "Call everybody?" });
  await box(ada).fill("@all The mill stands still");
  await box(ada).press("Enter");
  await dialog.getByText("This notifies all 21 members of this conversation.").waitFor();
  expect(await violationsOf(ada)).toEqual([]);
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect.poll(() => dialog.count()).toBe(0);
  expect(await box(ada).inputValue()).toBe("@all The mill stands still");
  expect(await ada.evaluate(() => document.activeElement?.tagName)).toBe("TEXTAREA");
  expect(await contentsOf(id)).toEqual([]);
  await box(ada).press("Enter");
  await dialog.getByRole("button", { name: "Send" }).click();
  await expect.poll(() => contentsOf(id)).toEqual(["@all The mill stands still"]);
  // In code it calls nobody, and is sent at once.
  await box(ada).fill("It is written `@here`");
  await box(ada).press("Enter");
  await expect.poll(() => contentsOf(id)).toHaveLength(2);
  expect(await dialog.count()).toBe(0);
});

test("who must be let into a channel asks, and is let in or refused", async () => {
  const id = await makeChannel("Boiler room", { require_approval: true });
  const [grace, edsger] = [
    await web.signIn("grace", { path: `/c/${id}` }),
    await web.signIn("edsger", { path: `/c/${id}` }),
  ];
  for (const page of [grace, edsger]) {
    await page.getByText("You are reading along.").waitFor();
    await page.getByRole("button", { name: "Ask to join" }).click();
    await page.getByText("You have asked to join. Someone here will decide.").last().waitFor();
    await expect.poll(() => page.getByRole("button", { name: "Ask to join" }).count()).toBe(0);
  }
  const ada = await web.signIn("ada", { path: `/c/${id}/details` });
  const asking = (name: string): Locator =>
    ada.getByRole("listitem").filter({ hasText: name }).filter({ hasText: "Let in" });
  await asking("Edsger Dijkstra").getByRole("button", { name: "Refuse" }).click();
  await expect.poll(() => asking("Edsger Dijkstra").count()).toBe(0);
  await asking("Grace Hopper").getByRole("button", { name: "Let in" }).click();
  await expect.poll(() => asking("Grace Hopper").count()).toBe(0);
  await box(grace).fill("Thank you.");
  await box(grace).press("Enter");
  await expect.poll(() => contentsOf(id)).toEqual(["Thank you."]);
  expect(await box(edsger).count()).toBe(0);
});

test("by touch, a tap shows what can be done with a message, and another hides it", async () => {
  const random = await conversationOf(web, "grace", "Random");
  await say(web, "grace", random, "Touch me");
  const ada = await web.signIn("ada", { path: `/c/${random}`, width: 390, height: 844, isTouch: true });
  const message = messageWith(ada, "Touch me");
  const actions = message.getByRole("group", { name: "What to do with this message" });
  await message.getByText("Touch me").waitFor();
  expect(await actions.count()).toBe(0);
  await message.getByText("Touch me").tap();
  await actions.waitFor();
  expect(await violationsOf(ada)).toEqual([]);
  // Large enough for a finger, and within the screen.
  const buttons = await actions.getByRole("button").all();
  for (const button of buttons) {
    const { x, width, height } = (await button.boundingBox()) ?? { x: -1, width: 0, height: 0 };
    expect([width >= 40, height >= 40, x >= 0 && x + width <= 390]).toEqual([true, true, true]);
  }
  await message.getByText("Touch me").tap();
  await expect.poll(() => actions.count()).toBe(0);
  // Two taps in a moment are one gesture.
  await ada.waitForTimeout(500);
  await message.getByText("Touch me").tap();
  await actions.getByRole("button", { name: "React with 👍" }).tap();
  await message.getByRole("button", { name: /^👍 1/ }).waitFor();
  await actions.getByRole("button", { name: "More" }).tap();
  await ada.getByRole("menuitem", { name: "Pin" }).tap();
  await message.getByText("Pinned").waitFor();
});

test("what is scheduled is sent when its time has come", async () => {
  const random = await conversationOf(web, "ada", "Random");
  const ada = await web.signIn("ada", { path: `/c/${random}` });
  await box(ada).fill("Later, mill.");
  await ada.getByRole("button", { name: "Send later" }).click();
  await ada.getByRole("dialog", { name: "Send later" }).getByRole("button", { name: "Schedule" }).click();
  const hint = ada.getByRole("link", { name: "One message will be sent later" });
  await hint.waitFor();
  expect(await box(ada).inputValue()).toBe("");
  const { items } = await api(web, "ada", "/v1/scheduled-messages");
  const [{ id } = { id: "" }] = items as { id: string }[];
  await api(
    web,
    "ada",
    `/v1/scheduled-messages/${id}`,
    { send_at: new Date(Date.now() + 1_500).toISOString() },
    "PATCH",
  );
  await ada.getByRole("log").getByText("Later, mill.").waitFor();
  await expect.poll(() => hint.count()).toBe(0);
});
