import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mint } from "../../server/test/harness/node.ts";
import { startHostPage } from "./harness/host-page.ts";
import { startLine } from "./harness/line.ts";
import { screenshot } from "./harness/screenshots.ts";
import { useWeb, violationsOf } from "./harness/web.ts";

const host = await startHostPage();
const web = useWeb({ PARLEY_CORS_ORIGINS: host.url });
beforeAll(() => {
  host.service = web.url;
});
afterAll(() => host[Symbol.asyncDispose]());

const launcher = (page: Page) => page.getByRole("button", { name: /^(Chat with us|Schreib uns)/ });
const panel = (page: Page) => page.getByRole("dialog");
const log = (page: Page) => panel(page).getByRole("log");
const field = (page: Page) => panel(page).getByRole("textbox");

async function asCustomer(name: string, options: Parameters<typeof web.open>[1] = {}, path = "/"): Promise<Page> {
  const token = await mint({ sub: `customer-${name}`, name });
  host.signedIn = () => Promise.resolve(token);
  return await web.open(path, { ...options, origin: host.url });
}

describe("the widget on a page of another site", () => {
  test("talks to staff in the app, both ways, with a reload in the middle", async () => {
    const customer = await asCustomer("Ida");
    const sam = await web.signIn("sam", { path: "/support" });
    expect(new URL(customer.url()).origin).not.toBe(new URL(sam.url()).origin);
    await launcher(customer).click();
    await panel(customer).getByText("How can we help?").waitFor();
    expect(await violationsOf(customer)).toEqual([]);
    await field(customer).fill("Is the **big** engine there?\nhttps://example.com/engine");
    await customer.keyboard.press("Enter");
    await log(customer).getByText("Sent").waitFor();

    await sam.getByRole("link", { name: /Ida/ }).click();
    const chat = sam.getByRole("log", { name: "Messages" });
    await chat.getByText("Is the big engine there?").waitFor();
    await sam.getByRole("textbox", { name: /^Message to / }).pressSequentially("It `is`.");
    await panel(customer).getByText("is typing").waitFor();
    await sam.keyboard.press("Enter");
    await log(customer).getByRole("article", { name: /^Sam/ }).getByText("It is.").waitFor();
    await log(customer).getByText("Read", { exact: false }).waitFor();

    await field(customer).fill("half a thought");
    await customer.reload();
    await log(customer).getByText("It is.").waitFor();
    expect(await field(customer).inputValue()).toBe("half a thought");
    await field(customer).press("Enter");
    await chat.getByText("half a thought").waitFor();
    expect(await log(customer).getByText("half a thought").count()).toBe(1);
    await screenshot(customer, "widget-light-1440");
    expect(await violationsOf(customer)).toEqual([]);

    // Closed, it counts what comes; opened, that is read.
    await customer.keyboard.press("Escape");
    expect(await panel(customer).count()).toBe(0);
    await sam.getByRole("textbox", { name: /^Message to / }).fill("Still there?");
    await sam.keyboard.press("Enter");
    await customer.getByRole("button", { name: "Chat with us, 1 unread message" }).click();
    await log(customer).getByText("Still there?").waitFor();
    await expect.poll(() => launcher(customer).getAttribute("aria-label")).toBe("Chat with us");
  });

  test("is used by keyboard alone, and the focus stays where it belongs", async () => {
    const customer = await asCustomer("Kay");
    const focused = () =>
      customer.evaluate(() => {
        let { activeElement: element } = document;
        while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
        return element?.getAttribute("aria-label") ?? element?.tagName;
      });
    await launcher(customer).waitFor();
    await launcher(customer).focus();
    await customer.keyboard.press("Enter");
    expect(await focused()).toBe("Your message");
    const seen: unknown[] = [];
    for (let count = 0; count < 5; count++) {
      await customer.keyboard.press("Tab");
      seen.push(await focused());
    }
    expect(seen).toEqual(["Send", "Close the chat", "Messages", "Your message", "Send"]);
    await customer.keyboard.press("Escape");
    expect(await focused()).toBe("Chat with us");
  });

  test("waits for a connection, and sends once when there is one", async () => {
    await using line = await startLine(web.url);
    host.service = line.url;
    const customer = await asCustomer("Lou");
    host.service = web.url;
    await launcher(customer).click();
    await field(customer).fill("first");
    await field(customer).press("Enter");
    await log(customer).getByText("Sent").waitFor();
    line.cut();
    await panel(customer).getByText("No connection.").waitFor();
    for (const text of ["second", "third"]) {
      await field(customer).fill(text);
      await field(customer).press("Enter");
    }
    await expect.poll(() => log(customer).getByText("Waiting").count()).toBe(2);
    line.mend();
    await expect.poll(() => log(customer).getByText("Sent").count(), { timeout: 40_000 }).toBe(3);
    expect((await log(customer).locator(".bubble").allInnerTexts()).map((text) => text.trim())).toEqual([
      "first",
      "second",
      "third",
    ]);
  });

  test("is set up and held by script", async () => {
    const customer = await asCustomer("Nan", {}, "/by-setup");
    await launcher(customer).waitFor();
    await customer.evaluate("parleyWidget.open()");
    await panel(customer).getByRole("heading", { name: "Ask the engineers" }).waitFor();
    await customer.evaluate("parleyWidget.close()");
    expect(await panel(customer).count()).toBe(0);
    host.signedIn = () => Promise.resolve(null);
    await customer.evaluate("parleyWidget.destroy()");
    expect(await customer.locator("parley-widget").count()).toBe(0);
  });

  test("is not there where nobody is signed in", async () => {
    host.signedIn = () => Promise.resolve(null);
    const page = await web.open("/", { origin: host.url });
    await page.locator("parley-widget").waitFor({ state: "hidden" });
    expect(await launcher(page).count()).toBe(0);
  });

  test.each([
    { attributes: 'data-theme="dark" data-locale="de" data-side="start"', width: 390, name: "dark-390" },
    { attributes: 'data-theme="light" data-title="Ask the &lt;b&gt;engineers"', width: 768, name: "light-768" },
  ])("looks as the page says: $name", async ({ attributes, width, name }) => {
    host.attributes = attributes;
    try {
      const customer = await asCustomer("Max", { width });
      await launcher(customer).click();
      await field(customer).fill("A question");
      await field(customer).press("Enter");
      await log(customer)
        .getByText(/Sent|Gesendet/)
        .first()
        .waitFor();
      await screenshot(customer, `widget-${name}`);
      expect(await violationsOf(customer)).toEqual([]);
      if (width === 768) await panel(customer).getByRole("heading", { name: "Ask the <b>engineers" }).waitFor();
    } finally {
      host.attributes = "";
    }
  });
});

test("it is small", () => {
  const code = readFileSync(fileURLToPath(new URL("../dist/widget.js", import.meta.url)));
  expect(gzipSync(code).length).toBeLessThanOrEqual(30_000);
});
