import { describe, expect, test } from "vitest";
import { screenshot } from "./harness/screenshots.ts";
import { useWeb, violationsOf, type Theme } from "./harness/web.ts";

describe("two people in two browsers", () => {
  const web = useWeb();

  test("talk, and see each other typing and reading", async () => {
    const ada = await web.signIn("ada");
    const grace = await web.signIn("grace");
    for (const page of [ada, grace]) await page.getByRole("link", { name: /^Random/ }).click();

    await grace.getByRole("textbox", { name: "Message to Random" }).pressSequentially("Is the **engine** running?");
    await ada.getByText("Grace Hopper is typing …").waitFor();
    await grace.keyboard.press("Enter");

    const heard = ada.getByRole("article", { name: /^Grace Hopper/ }).last();
    await heard.getByText("Is the engine running?").waitFor();
    expect(await heard.locator("strong").textContent()).toBe("engine");
    await expect.poll(() => ada.getByText("is typing").count()).toBe(0);

    await ada.getByRole("textbox", { name: "Message to Random" }).fill("It is.\nSince noon.");
    await ada.keyboard.press("Enter");
    await grace.getByRole("log").getByText("Since noon.").waitFor();
    expect(await ada.getByRole("textbox", { name: "Message to Random" }).inputValue()).toBe("");
    await ada
      .getByRole("log")
      .getByRole("img", { name: /Sent|Delivered|Read/ })
      .last()
      .waitFor();
  });

  test("a reload keeps one signed in, and a draft", async () => {
    const ada = await web.signIn("ada");
    await ada.getByRole("link", { name: /^General/ }).click();
    await ada.getByRole("textbox", { name: "Message to General" }).fill("half a thought");
    await ada.reload();
    await expect
      .poll(() => ada.getByRole("textbox", { name: "Message to General" }).inputValue())
      .toBe("half a thought");
  });

  test("an address that needs a sign-in is where one is afterwards", async () => {
    const ada = await web.signIn("ada", { path: "/settings" });
    await ada.getByRole("heading", { name: "Settings" }).waitFor();
    expect(new URL(ada.url()).pathname).toBe("/settings");
  });
});

const THEMES: readonly Theme[] = ["light", "dark", "steampunk"];
const WIDTHS = [390, 768, 1440] as const;

describe("every theme, at every width", () => {
  const web = useWeb();

  test.each(THEMES.flatMap((theme) => WIDTHS.map((width) => ({ theme, width }))))(
    "$theme at $width: axe finds nothing",
    async ({ theme, width }) => {
      const page = await web.open("/", { theme, width });
      await page.getByRole("heading", { name: "Welcome to Parley" }).waitFor();
      await screenshot(page, `sign-in-${theme}-${width}`);
      expect(await violationsOf(page)).toEqual([]);

      await page.locator('[data-person="ada"]').click();
      await page.getByRole("link", { name: /^General/ }).waitFor();
      await screenshot(page, `list-${theme}-${width}`);
      expect(await violationsOf(page)).toEqual([]);

      await page.getByRole("link", { name: /^General/ }).click();
      await page.getByRole("log").getByText("without holes").waitFor();
      await screenshot(page, `chat-${theme}-${width}`);
      expect(await violationsOf(page)).toEqual([]);
    },
  );
});
