import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { conversationOf } from "./harness/says.ts";
import { useWeb } from "./harness/web.ts";

const web = useWeb();

/** What of the words of other languages the page asks for. */
function wordsAskedBy(page: Page): readonly string[] {
  const asked: string[] = [];
  page.context().on("request", (request) => {
    if (request.url().includes("/words-")) asked.push(request.url());
  });
  return asked;
}

test("in German, emoji are found by German words, which come when one looks for an emoji", async () => {
  const random = await conversationOf(web, "ada", "Random");
  const ada = await web.signIn("ada", { path: `/c/${random}`, locale: "de-DE" });
  const asked = wordsAskedBy(ada);
  const box = ada.getByRole("textbox", { name: /^Nachricht an/ });
  await box.fill("Guten Morgen");
  expect(asked).toEqual([]);
  await box.fill("");
  await box.pressSequentially(":rakete");
  await ada
    .getByRole("option", { name: /Rakete/ })
    .first()
    .waitFor();
  await box.press("Enter");
  await expect.poll(() => box.inputValue()).toBe("🚀 ");
  await ada.getByRole("button", { name: "Emoji", exact: true }).click();
  const field = ada.getByRole("searchbox", { name: "Emoji suchen" });
  await field.fill("Daumen hoch");
  await ada.getByRole("button", { name: "Daumen hoch" }).first().waitFor();
  await field.press("Enter");
  await expect.poll(() => box.inputValue()).toBe("🚀 👍");
  expect(asked).toHaveLength(1);
});

test("in English nothing of another language is loaded", async () => {
  const random = await conversationOf(web, "ada", "Random");
  const ada = await web.signIn("ada", { path: `/c/${random}` });
  const asked = wordsAskedBy(ada);
  const box = ada.getByRole("textbox", { name: /^Message to/ });
  await box.pressSequentially(":rocke");
  await ada
    .getByRole("option", { name: /rocket/ })
    .first()
    .waitFor();
  await ada.getByRole("button", { name: "Emoji", exact: true }).click();
  await ada.getByRole("searchbox", { name: "Search emoji" }).fill("rocket");
  await ada.getByRole("button", { name: "rocket", exact: true }).waitFor();
  expect(asked).toEqual([]);
});
