import { describe, expect, test } from "vitest";
import { lookAt, THEMES } from "./harness/look.ts";
import { api, conversationOf, personId, say } from "./harness/says.ts";
import { useWeb, violationsOf } from "./harness/web.ts";

describe("notifications", () => {
  const web = useWeb();

  test("come as they happen, lead to what they tell of, and are read by that", async () => {
    const random = await conversationOf(web, "ada", "Random");
    const ada = await web.signIn("ada", { path: "/notifications" });
    await ada.getByRole("heading", { name: "Notifications" }).waitFor();
    await say(web, "grace", random, "Have a look at this, @ada");
    const told = ada.getByRole("link", { name: /Grace Hopper mentioned you in Random/ });
    await told.waitFor();
    await ada.getByRole("navigation", { name: "Places" }).getByText("1 unread").first().waitFor();
    await told.click();
    await ada.getByRole("log").getByText("Have a look at this").waitFor();
    await ada.goBack();
    await expect.poll(() => ada.locator(".notification.unread").count()).toBe(0);
  });

  test("of replies lead to their thread; all are read at once; unread ones can be seen alone", async () => {
    const random = await conversationOf(web, "ada", "Random");
    const root = await say(web, "ada", random, "A question of mine");
    for (let count = 1; count <= 3; count += 1) await say(web, "edsger", random, `Answer ${count}`, root);
    const ada = await web.signIn("ada", { path: "/notifications" });
    await expect.poll(() => ada.locator(".notification.unread").count(), { timeout: 15_000 }).toBeGreaterThan(0);
    await ada.getByRole("button", { name: "Mark all as read" }).click();
    await expect.poll(() => ada.locator(".notification.unread").count()).toBe(0);
    await ada.getByRole("button", { name: "Only unread ones" }).click();
    await ada.getByText("Everything is read").waitFor();
    await ada.getByRole("button", { name: "Only unread ones" }).click();
    await ada
      .getByRole("link", { name: /Edsger Dijkstra (replied|wrote).*Answer/ })
      .first()
      .click();
    await ada.getByRole("region", { name: "Thread" }).getByText("Answer 1").waitFor();
  });

  test("show on the desktop only when asked for, and while the page is out of sight; the title counts", async () => {
    const random = await conversationOf(web, "ada", "Random");
    const general = await conversationOf(web, "ada", "General");
    const ada = await web.signIn("ada", { path: "/settings/notifications" });
    await ada.context().grantPermissions(["notifications"], { origin: web.url });
    await ada.evaluate(() => {
      const shown: string[] = [];
      class FakeNotification extends EventTarget {
        static readonly permission = "granted";
        static requestPermission = () => Promise.resolve("granted");
        close = () => undefined;
        constructor(title: string, { body = "" }: { body?: string } = {}) {
          super();
          shown.push(`${title}: ${body}`);
        }
      }
      Object.assign(window, { Notification: FakeNotification, shown });
    });
    const shown = () => ada.evaluate(() => (window as unknown as { shown: string[] }).shown);
    await ada.getByRole("switch", { name: "Notices of the system" }).click();
    await ada.getByRole("button", { name: "Try it" }).click();
    expect(await shown()).toEqual(["A notice from Parley: This is how it looks."]);

    await say(web, "grace", random, "While you look, @ada");
    await expect.poll(() => ada.title()).toMatch(/^\(\d+\) /);
    await expect.poll(() => ada.locator('link[rel="icon"]').getAttribute("href")).toBe("/favicon-unread.svg");
    // It has come, and was not shown.
    await ada.waitForTimeout(2_000);
    await ada.evaluate(() => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
    });
    await say(web, "grace", general, "While you are **away**, @ada");
    await expect
      .poll(shown, { timeout: 15_000 })
      .toContain("Grace Hopper mentioned you in General: While you are away, @ada");
    expect((await shown()).join(" ")).not.toContain("While you look");
  });

  test("are told by what was set, everywhere and for one conversation", async () => {
    const random = await conversationOf(web, "ada", "Random");
    const ada = await web.signIn("ada", { path: "/settings/notifications" });
    await ada.getByRole("checkbox", { name: "Mentions and replies, Email" }).check();
    await ada.getByLabel("Where").selectOption({ label: "Random" });
    await ada.getByRole("checkbox", { name: "Messages in groups and channels, In the app" }).uncheck();
    await expect
      .poll(async () => (await api(web, "ada", "/v1/notifications/preferences"))["preferences"])
      .toEqual([
        { conversation_id: null, type: "mentions", channel: "email", enabled: true },
        { conversation_id: random, type: "group_messages", channel: "in_app", enabled: false },
      ]);
    await ada.getByLabel("Where").selectOption({ label: "Everywhere" });
    await expect
      .poll(() => ada.getByRole("checkbox", { name: "Messages in groups and channels, In the app" }).isChecked())
      .toBe(true);
  });

  test.each(THEMES)("%s: axe finds nothing at any width", async (theme) => {
    await api(web, "edsger", `/v1/users/${await personId(web, "ada")}/friend`, undefined, "PUT");
    await say(web, "grace", await conversationOf(web, "ada", "Random"), `In ${theme}, @ada`);
    const ada = await web.signIn("ada", { theme, path: "/notifications" });
    await ada.locator(".notification").first().waitFor();
    await lookAt(ada, `notifications-${theme}`);
    await ada.goto(`${web.url}/settings/notifications`);
    await ada.getByRole("table").waitFor();
    await lookAt(ada, `settings-notifications-${theme}`);
    expect(await violationsOf(ada)).toEqual([]);
  });
});
