import { describe, expect, test } from "vitest";
import { lookAt, THEMES } from "./harness/look.ts";
import { useWeb, type DemoId, type Web } from "./harness/web.ts";
import { api, conversationOf, say } from "./harness/says.ts";

/** Somebody has said something, and others have replied. */
async function beginThread(web: Web, replies: number): Promise<{ conversationId: string; rootId: string }> {
  const conversationId = await conversationOf(web, "ada", "Random");
  const root = await say(web, "grace", conversationId, "Shall we compile it *by hand*?");
  const people: readonly DemoId[] = ["ada", "edsger", "grace"];
  for (let count = 1; count <= replies; count += 1)
    await say(web, people[count % people.length] ?? "ada", conversationId, `Reply number ${count}.`, root);
  return { conversationId, rootId: root };
}

describe("a thread", () => {
  const web = useWeb();

  test("opens beside the conversation, takes replies, and counts them for everyone", async () => {
    const { conversationId, rootId } = await beginThread(web, 2);
    const ada = await web.signIn("ada", { path: `/c/${conversationId}` });
    const grace = await web.signIn("grace", { path: `/c/${conversationId}` });
    await ada.locator(`[data-thread="${rootId}"]`).click();

    const panel = ada.getByRole("region", { name: "Thread" });
    await panel.getByText("Reply number 2.").waitFor();
    // Side by side: the conversation is still there.
    await ada.getByRole("textbox", { name: "Message to Random" }).waitFor();
    await panel.getByRole("textbox").fill("By hand, **with care**.");
    await ada.keyboard.press("Enter");
    await panel.getByText("By hand, with care.").waitFor();
    await panel.getByText("3 replies").waitFor();

    await grace.locator(`[data-thread="${rootId}"]`).getByText("3 replies").waitFor();
    expect(await grace.getByRole("log").getByText("By hand, with care.").count()).toBe(0);
    await grace.locator(`[data-thread="${rootId}"]`).click();
    const hers = grace.getByRole("region", { name: "Thread" });
    await hers.getByRole("textbox").fill("Careful is slow.");
    await grace.keyboard.press("Enter");
    await panel.getByText("Careful is slow.").waitFor();
    await panel.getByText("4 replies").waitFor();
  });

  test("is followed by whoever wrote in it, who then sees what is new", async () => {
    const { conversationId, rootId } = await beginThread(web, 1);
    const ada = await web.signIn("ada", { path: `/c/${conversationId}/t/${rootId}` });
    const panel = ada.getByRole("region", { name: "Thread" });
    await panel.getByRole("button", { name: "Follow this thread" }).waitFor();
    await panel.getByRole("textbox").fill("I am in.");
    await ada.keyboard.press("Enter");
    await panel.getByRole("button", { name: "Stop following this thread" }).waitFor();

    // Escape closes it, and the focus is where the thread was opened.
    await ada.keyboard.press("Escape");
    await expect.poll(() => panel.count()).toBe(0);
    await expect.poll(() => ada.evaluate(() => document.activeElement?.getAttribute("data-thread"))).toBe(rootId);

    await say(web, "edsger", conversationId, "Unseen so far.", rootId);
    await ada.locator(`[data-thread="${rootId}"]`).getByText("1 new").waitFor();
    await ada.keyboard.press("Enter");
    await panel.getByText("Unseen so far.").waitFor();
    await panel.getByText("New", { exact: true }).waitFor();
    await expect.poll(() => ada.locator(`[data-thread="${rootId}"]`).first().textContent()).toBe("3 replies");
  });

  test("reads back as far as one goes, and shows its root in the conversation", async () => {
    const { conversationId, rootId } = await beginThread(web, 70);
    for (let count = 1; count <= 60; count += 1) await say(web, "edsger", conversationId, `After all that, ${count}.`);
    const ada = await web.signIn("ada", { path: `/c/${conversationId}/t/${rootId}` });
    const panel = ada.getByRole("region", { name: "Thread" });
    await panel.getByText("Reply number 70.").waitFor();
    expect(await panel.getByText("Reply number 2.", { exact: true }).count()).toBe(0);
    await panel.getByRole("log").evaluate((element) => element.scrollTo({ top: 0 }));
    await panel.getByText("Reply number 2.", { exact: true }).waitFor();

    await panel.getByRole("button", { name: "Show in the conversation" }).click();
    await ada.getByRole("log", { name: "Messages", exact: true }).getByText("Shall we compile it").first().waitFor();
    expect(await panel.count()).toBe(1);
  });

  test("an address leads to a reply; one that leads nowhere says so", async () => {
    const { conversationId, rootId } = await beginThread(web, 70);
    const { items } = await api(web, "ada", `/v1/messages/${rootId}/thread?limit=100`);
    const early = (items as { id: string; content: string }[]).find(({ content }) => content === "Reply number 5.");
    const ada = await web.signIn("ada", { path: `/c/${conversationId}/t/${rootId}?reply=${early?.id}` });
    await ada.getByText("Reply number 5.", { exact: true }).waitFor();
    await expect
      .poll(() =>
        ada.getByText("Reply number 5.", { exact: true }).evaluate((it) => it.getBoundingClientRect().top > 0),
      )
      .toBe(true);
    await ada.goto(`${web.url}/c/${conversationId}/t/0195c9a0-0000-7000-8000-0000000000c1`);
    await ada.getByText("This thread is not there").waitFor();
  });

  test.each(THEMES)("%s: axe finds nothing at any width", async (theme) => {
    const { conversationId, rootId } = await beginThread(web, 4);
    const ada = await web.signIn("ada", { theme, path: `/c/${conversationId}/t/${rootId}` });
    await ada.getByRole("region", { name: "Thread" }).getByText("Reply number 4.").waitFor();
    await lookAt(ada, `thread-${theme}`);
  });
});
