import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { screenshot } from "./harness/screenshots.ts";
import { useWeb, violationsOf } from "./harness/web.ts";

const web = useWeb();

const log = (page: Page) => page.getByRole("log", { name: "Messages" });

async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: /^Message to / }).fill(text);
  await page.keyboard.press("Enter");
}

test("a customer asks, staff answer, archive, and hear of it when it goes on", async () => {
  const grace = await web.signIn("grace", { path: "/support" });
  const sam = await web.signIn("sam", { path: "/support" });
  await sam.getByText("Nobody has asked anything").waitFor();
  expect(await violationsOf(grace)).toEqual([]);
  await grace.getByRole("button", { name: "Write to the team" }).click();
  await say(grace, "My engine has stopped.");

  const inbox = sam.getByRole("region", { name: "Support inbox" });
  const item = inbox.getByRole("link", { name: /Grace Hopper/ });
  await inbox.getByRole("button", { name: /^Unread/ }).click();
  await item.getByText("My engine has stopped.").waitFor();
  await inbox.getByRole("searchbox", { name: "Search by person" }).fill("edsger");
  await inbox.getByText("Nobody of that name").waitFor();
  await inbox.getByRole("searchbox", { name: "Search by person" }).fill("hopper");
  await item.click();
  await log(sam).getByText("My engine has stopped.").waitFor();
  await inbox.getByRole("button", { name: "Open" }).click();
  await expect.poll(() => item.getByText("1 unread message").count()).toBe(0);

  const facts = sam.getByRole("region", { name: "About the customer" });
  await facts.getByText("@grace").waitFor();
  await facts.getByText("Online", { exact: true }).waitFor();
  await say(sam, "Have you tried steam?");
  await log(grace).getByText("Have you tried steam?").waitFor();
  await facts.getByText("Has been read").waitFor();
  await screenshot(sam, "support-light-1440");
  await screenshot(grace, "support-customer-light-1440");
  for (const page of [sam, grace]) expect(await violationsOf(page)).toEqual([]);

  await sam.getByRole("button", { name: "Archive", exact: true }).click();
  await sam.getByRole("button", { name: "Reopen" }).waitFor();
  await expect.poll(() => item.count()).toBe(0);
  await inbox.getByRole("button", { name: "Archived" }).click();
  await item.waitFor();
  await sam.getByRole("button", { name: "Reopen" }).click();
  await sam.getByRole("button", { name: "Archive", exact: true }).click();
  await say(grace, "It has stopped again.");
  await inbox.getByRole("button", { name: "Open" }).click();
  await item.getByText("It has stopped again.").waitFor();
});

test.each([
  { theme: "dark", width: 390 },
  { theme: "steampunk", width: 768 },
] as const)("the inbox in $theme at $width: axe finds nothing", async ({ theme, width }) => {
  const sam = await web.signIn("sam", { path: "/support", theme, width });
  await sam.getByRole("link", { name: /Grace Hopper/ }).waitFor();
  await screenshot(sam, `support-${theme}-${width}`);
  expect(await violationsOf(sam)).toEqual([]);
  await sam.getByRole("link", { name: /Grace Hopper/ }).click();
  await log(sam).getByText("My engine has stopped.").waitFor();
  await screenshot(sam, `support-chat-${theme}-${width}`);
  expect(await violationsOf(sam)).toEqual([]);
  await sam.getByRole("button", { name: "About the customer" }).click();
  await sam.getByRole("dialog").getByText("@grace").waitFor();
  expect(await violationsOf(sam)).toEqual([]);
  await sam.keyboard.press("Escape");
  await expect.poll(() => sam.getByRole("dialog").count()).toBe(0);
});
