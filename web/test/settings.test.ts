import { describe, expect, test } from "vitest";
import { lookAt, THEMES } from "./harness/look.ts";
import { api, conversationOf, personId } from "./harness/says.ts";
import { useWeb, violationsOf } from "./harness/web.ts";

describe("the settings", () => {
  const web = useWeb();

  test("change who one is, and say what cannot be", async () => {
    // A token that is issued later would bring the name that it carries.
    await api(web, "ada", "/v1/users/me");
    const ada = await web.signIn("ada", { path: "/settings" });
    await ada.getByLabel("Name", { exact: true }).fill("Augusta Ada King");
    await ada.getByLabel("Username").fill("Not valid");
    await ada.getByText("1 to 64 of").waitFor();
    expect(await ada.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
    await ada.getByLabel("Username").fill("ada");
    await ada.getByRole("button", { name: "Save" }).click();
    await ada.getByText("Saved", { exact: true }).first().waitFor();
    expect(await api(web, "ada", "/v1/users/me")).toMatchObject({ display_name: "Augusta Ada King" });
    await ada.getByLabel("Name", { exact: true }).fill("Ada Lovelace");
    await ada.keyboard.press("Enter");
    await expect.poll(async () => (await api(web, "ada", "/v1/users/me"))["display_name"]).toBe("Ada Lovelace");
  });

  test("the status is seen by others", async () => {
    const ada = await web.signIn("ada", { path: "/settings" });
    await ada.getByRole("radio", { name: "Busy" }).check();
    const id = await personId(web, "ada");
    const status = async () => {
      const { items } = await api(web, "grace", `/v1/presence?user_ids=${id}`);
      return (items as { status: string }[])[0]?.status;
    };
    await expect.poll(status).toBe("busy");
    await ada.getByRole("radio", { name: "Online" }).check();
    await expect.poll(status).toBe("online");
  });

  test("change how it looks and reads, at once and after a reload", async () => {
    const ada = await web.signIn("ada", { path: "/settings/appearance" });
    await ada.getByRole("radio", { name: "Steampunk" }).check();
    await expect.poll(() => ada.evaluate(() => document.documentElement.dataset["theme"])).toBe("steampunk");
    await ada.getByRole("switch", { name: "Less movement" }).click();
    await ada.getByLabel("Language", { exact: true }).selectOption({ label: "Deutsch" });
    await ada.getByRole("heading", { name: "Aussehen und Sprache" }).waitFor();
    await ada.reload();
    await ada.getByRole("heading", { name: "Aussehen und Sprache" }).waitFor();
    expect(
      await ada.evaluate(() => [document.documentElement.lang, document.documentElement.dataset["theme"]]),
    ).toEqual(["de", "steampunk"]);
    expect(await ada.evaluate(() => document.documentElement.hasAttribute("data-still"))).toBe(true);
  });

  test("until one has chosen, it looks as the system does, and goes with it", async () => {
    const ada = await web.signIn("ada", { path: "/settings/appearance", theme: "dark" });
    const look = () =>
      ada.evaluate(() => [document.documentElement.dataset["theme"], getComputedStyle(document.body).backgroundColor]);
    await ada.getByRole("radio", { name: "Steampunk" }).waitFor();
    const [, dark] = await look();
    await ada.emulateMedia({ colorScheme: "light" });
    await expect.poll(async () => (await look())[0]).toBe("light");
    expect((await look())[1]).not.toBe(dark);
    await ada.getByRole("radio", { name: "Dark" }).check();
    await expect.poll(look).toEqual(["dark", dark]);
  });

  test("offer to install the app where the browser does", async () => {
    const ada = await web.signIn("ada", { path: "/settings/appearance" });
    const offer = () =>
      ada.evaluate(() => {
        const event = Object.assign(new Event("beforeinstallprompt", { cancelable: true }), {
          prompt: () => (document.documentElement.dataset["asked"] = "yes"),
        });
        dispatchEvent(event);
        return event.defaultPrevented;
      });
    const button = ada.getByRole("button", { name: "Install the app" });
    await ada.getByRole("switch", { name: "Enter sends" }).waitFor();
    expect(await button.count()).toBe(0);
    expect(await offer()).toBe(true);
    await button.waitFor();
    expect(await violationsOf(ada)).toEqual([]);
    await button.click();
    await expect.poll(() => ada.evaluate(() => document.documentElement.dataset["asked"])).toBe("yes");
    await expect.poll(() => button.count()).toBe(0);
    // It was not wanted: later the browser offers it again.
    await offer();
    await button.waitFor();
    await ada.evaluate(() => dispatchEvent(new Event("appinstalled")));
    await expect.poll(() => button.count()).toBe(0);
  });

  test("say who may write, and what others see", async () => {
    const ada = await web.signIn("ada", { path: "/settings/privacy" });
    await ada.getByRole("radio", { name: "Friends", exact: true }).check();
    await expect.poll(async () => (await api(web, "ada", "/v1/users/me"))["contact_policy"]).toBe("friends");
    await ada.getByRole("switch", { name: "Read receipts" }).click();
    await expect.poll(async () => (await api(web, "ada", "/v1/users/me"))["share_receipts"]).toBe(false);
    await ada.getByRole("switch", { name: "Exchange pictures and files" }).click();
    await expect
      .poll(async () => (await api(web, "ada", "/v1/consents"))["consents"])
      .toContainEqual(expect.objectContaining({ type: "media_sharing", granted: false }));
    await ada.getByRole("radio", { name: "Members of your spaces, and friends" }).check();
    await expect
      .poll(async () => (await api(web, "ada", "/v1/users/me"))["contact_policy"])
      .toBe("shared_space_or_friend");
  });

  test("friends are asked and accepted, people blocked and unblocked", async () => {
    const ada = await web.signIn("ada", { path: "/settings/people" });
    const grace = await web.signIn("grace", { path: "/settings/people" });
    const ask = ada.getByRole("combobox", { name: "Ask somebody for friendship" });
    await ask.fill("grace");
    await ada.getByRole("option", { name: /Grace/ }).waitFor();
    await ask.press("Enter");
    await ada.getByText("Has been asked").waitFor();
    await grace.reload();
    await grace.getByRole("button", { name: "Accept" }).click();
    await grace.getByRole("button", { name: "End the friendship" }).waitFor();

    const block = ada.getByRole("combobox", { name: "Block somebody" });
    await block.fill("edsger");
    await ada.getByRole("option", { name: /Edsger/ }).waitFor();
    await block.press("Enter");
    await ada.getByRole("button", { name: "Unblock" }).click();
    await expect.poll(() => ada.getByRole("button", { name: "Unblock" }).count()).toBe(0);
    expect((await api(web, "ada", "/v1/blocks"))["items"]).toEqual([]);
  });

  test("signing out warns of what waits to be sent, and leaves nothing behind", async () => {
    const random = await conversationOf(web, "ada", "Random");
    const ada = await web.signIn("ada", { path: `/c/${random}` });
    const composer = ada.getByRole("textbox", { name: "Message to Random" });
    await composer.waitFor();
    await ada.getByRole("link", { name: "Settings" }).click();
    await ada.getByRole("link", { name: "Account" }).click();
    await ada.getByRole("button", { name: "Sign out" }).waitFor();
    await ada.getByRole("link", { name: "Conversations" }).click();
    await ada.getByRole("link", { name: /^Random/ }).click();
    await composer.waitFor();
    await ada.context().setOffline(true);
    await composer.fill("Never to be sent");
    await composer.press("Enter");
    await composer.fill("Half a thought");
    await ada.getByRole("link", { name: "Settings" }).click();
    await ada.getByRole("link", { name: "Account" }).click();
    await ada.getByRole("button", { name: "Sign out" }).click();
    await ada.getByRole("dialog").getByText("A message is still waiting").waitFor();
    await ada.getByRole("button", { name: "Cancel" }).click();
    await ada.getByRole("button", { name: "Sign out" }).click();
    await ada.context().setOffline(false);
    await ada.getByRole("button", { name: "Sign out and discard" }).click();
    await ada.waitForURL(/sign-in/);
    expect(await ada.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("drafts")))).toEqual([]);
  });

  test.each(THEMES)("%s: axe finds nothing at any width", async (theme) => {
    const ada = await web.signIn("ada", { theme, path: "/settings" });
    for (const section of ["", "/profile", "/appearance", "/privacy", "/people", "/account"]) {
      await ada.goto(`${web.url}/settings${section}`);
      await ada.getByRole("heading").first().waitFor();
      await ada.waitForLoadState("networkidle");
      await lookAt(ada, `settings${section.replace("/", "-")}-${theme}`);
    }
  });
});
