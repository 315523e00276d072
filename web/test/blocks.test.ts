import { afterEach, describe, expect, test } from "vitest";
import { lookAt, THEMES } from "./harness/look.ts";
import { api, conversationOf, personId, say } from "./harness/says.ts";
import { useWeb } from "./harness/web.ts";

const HIDDEN = "Message from somebody you blocked";

describe("what somebody blocked writes where others write too", () => {
  const web = useWeb();
  const block = async (isBlocked = true): Promise<unknown> =>
    await api(web, "ada", `/v1/users/${await personId(web, "edsger")}/block`, undefined, isBlocked ? "PUT" : "DELETE");
  afterEach(() => block(false));

  test("is one quiet line in the list, in a thread and in previews, until one wants to see it", async () => {
    const random = await conversationOf(web, "ada", "Random");
    const root = await say(web, "grace", random, "Which language is the best?");
    await say(web, "edsger", random, "Certainly not yours.", root);
    await say(web, "edsger", random, "A rude remark");
    await say(web, "edsger", random, "And another one");
    await block();

    const ada = await web.signIn("ada", { path: `/c/${random}` });
    const log = ada.getByRole("log");
    await log.getByText(HIDDEN).nth(1).waitFor();
    expect(await ada.getByText("rude remark").count()).toBe(0);
    expect(await ada.getByText("another one").count()).toBe(0);
    expect(await log.getByRole("article", { name: new RegExp(`^${HIDDEN}`) }).count()).toBe(2);
    await ada.getByRole("link", { name: new RegExp(`^Random.*${HIDDEN}`) }).waitFor();

    // That one alone, with who said it; the focus stays with it.
    await log.getByRole("button", { name: "Show" }).first().click();
    const shown = log.getByRole("article", { name: /^Edsger/ }).filter({ hasText: "A rude remark" });
    await shown.getByRole("button", { name: "Edsger Dijkstra" }).waitFor();
    await expect.poll(() => shown.evaluate((article) => article === document.activeElement)).toBe(true);
    expect(await log.getByText(HIDDEN).count()).toBe(1);

    // By the keyboard: from message to message, and Enter.
    await ada.keyboard.press("ArrowDown");
    await ada.keyboard.press("e");
    await ada.keyboard.press("Enter");
    await log.getByText("And another one").waitFor();
    expect(new URL(ada.url()).pathname).toBe(`/c/${random}`);

    await ada.goto(`${web.url}/c/${random}/t/${root}`);
    const thread = ada.getByRole("region", { name: "Thread" });
    await thread.getByText(HIDDEN).waitFor();
    expect(await thread.getByText("Certainly not yours.").count()).toBe(0);
    await thread.getByRole("button", { name: "Show", exact: true }).click();
    await thread.getByText("Certainly not yours.").waitFor();
  });

  test("is hidden and shown at once when one blocks and unblocks, and when it comes", async () => {
    const random = await conversationOf(web, "ada", "Random");
    await say(web, "edsger", random, "Before it");
    const ada = await web.signIn("ada", { path: `/c/${random}` });
    const log = ada.getByRole("log");
    await log.getByText("Before it").waitFor();
    // In another tab.
    const settings = await ada.context().newPage();
    await settings.goto(`${web.url}/sign-in?to=/settings/people`);
    await settings.locator('[data-person="ada"]').click();
    const choose = settings.getByRole("combobox", { name: "Block somebody" });
    await choose.fill("edsger");
    await settings.getByRole("option", { name: /Edsger/ }).waitFor();
    await choose.press("Enter");
    await settings.getByRole("button", { name: "Unblock" }).waitFor();
    await expect.poll(() => log.getByText("Before it").count()).toBe(0);

    const hidden = await log.getByText(HIDDEN).count();
    await say(web, "edsger", random, "After it");
    await expect.poll(() => log.getByText(HIDDEN).count()).toBe(hidden + 1);
    expect(await ada.getByText("After it").count()).toBe(0);

    await settings.getByRole("button", { name: "Unblock" }).click();
    await log.getByText("Before it").waitFor();
    await log.getByText("After it").waitFor();
  });

  test("stays visible between the two", async () => {
    const { id } = await api(web, "edsger", "/v1/conversations", {
      kind: "direct",
      member_ids: [await personId(web, "ada")],
    });
    await say(web, "edsger", id as string, "Between us");
    await block();
    const ada = await web.signIn("ada", { path: `/c/${id as string}` });
    await ada.getByRole("log").getByText("Between us").waitFor();
    expect(await ada.getByRole("log").getByText(HIDDEN).count()).toBe(0);
  });

  test("is hidden in what a search finds, and in German", async () => {
    const random = await conversationOf(web, "ada", "Random");
    await say(web, "edsger", random, "A goosequill remark");
    await block();
    const ada = await web.signIn("ada", { path: "/search", locale: "de-DE" });
    const field = ada.getByRole("searchbox", { name: "Gesuchte Wörter" });
    await expect
      .poll(
        async () => {
          await field.fill("");
          await field.fill("goosequill");
          await ada.waitForTimeout(1_000);
          return await ada.locator(".hit").count();
        },
        { timeout: 30_000 },
      )
      .toBe(1);
    await ada.locator(".hit").getByText("Nachricht von einer Person, die du blockiert hast").waitFor();
    expect(await ada.locator(".hit").getByText("remark").count()).toBe(0);
  });

  test.each(THEMES)("%s: axe finds nothing", async (theme) => {
    const random = await conversationOf(web, "ada", "Random");
    await say(web, "edsger", random, `Something ${theme}`);
    await block();
    const page = await web.signIn("ada", { theme, path: `/c/${random}` });
    await page.getByRole("log").getByText(HIDDEN).last().waitFor();
    await lookAt(page, `blocked-${theme}`);
  });
});
