import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, afterEach, test } from "vitest";
import { mint } from "../../../server/test/harness/node.ts";
import { startHostPage } from "../harness/host-page.ts";
import { THEMES } from "../harness/look.ts";
import { useWeb } from "../harness/web.ts";
import { makeDemo, type Demo } from "./demo.ts";
import { dressHostPage } from "./host-dress.ts";
import { shrink } from "./png.ts";

const FOLDER = fileURLToPath(new URL("../../../docs/images/", import.meta.url));
const SIZES = { phone: [390, 844], tablet: [768, 1024], desk: [1440, 900] } as const;

/** So long people talk before the figures are looked at. */
const CHATTER_MS = 60_000;

const host = await startHostPage();
const web = useWeb({ PARLEY_CORS_ORIGINS: host.url });
let demo: Demo;
let online: AsyncDisposable;
beforeAll(async () => {
  host.service = web.url;
  mkdirSync(FOLDER, { recursive: true });
  demo = await makeDemo(web.node);
});
afterAll(() => host[Symbol.asyncDispose]());
// Who says nothing for a while is gone.
beforeEach(async () => {
  online = await demo.people.come("grace", "edsger", "yuki", "nora");
});
afterEach(() => online[Symbol.asyncDispose]());

const size = (kind: keyof typeof SIZES) => ({ width: SIZES[kind][0], height: SIZES[kind][1] });

async function take(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  // The pointer hovers over nothing.
  await page.mouse.move(0, 0);
  writeFileSync(`${FOLDER}${name}.png`, shrink(await page.screenshot({ animations: "disabled" })));
}

/** Who has said so a moment ago is not told of again, so that it takes a new beginning. */
async function untilTyping(page: Page): Promise<void> {
  const say = async (isTyping: boolean): Promise<unknown> =>
    await demo.people.ask("grace", "POST", `/v1/conversations/${demo.booking}/typing`, { is_typing: isTyping });
  await say(false);
  await say(true);
  await page.getByRole("main").getByText("Grace Hopper is typing").waitFor();
}

const WINDOWS = THEMES.flatMap((theme) => (["phone", "tablet", "desk"] as const).map((kind) => ({ theme, kind })));

test.each(WINDOWS)("the conversation in $theme on a $kind", async ({ theme, kind }) => {
  const ada = await web.signIn("ada", { theme, path: `/c/${demo.booking}`, ...size(kind) });
  await ada.getByRole("log").getByText("Then Monday at ten it is.").waitFor();
  if (kind !== "phone") await ada.locator(".presence.online").first().waitFor();
  await untilTyping(ada);
  await take(ada, `conversation-${theme}-${kind}`);
});

test("the list on a phone", async () => {
  const ada = await web.signIn("ada", size("phone"));
  await ada.getByRole("link", { name: /^Booking/ }).waitFor();
  await ada.locator(".presence.online").first().waitFor();
  await take(ada, "list-phone");
});

test("a thread beside its conversation", async () => {
  const path = `/c/${demo.booking}/t/${demo.threadRoot}`;
  const ada = await web.signIn("ada", { path, ...size("desk") });
  await ada.getByRole("region", { name: "Thread" }).getByText("Done at 02:04").waitFor();
  await take(ada, "thread-desk");
});

test("the search", async () => {
  const ada = await web.signIn("ada", { path: "/search?q=seat+map", ...size("desk") });
  await ada.locator(".hit").nth(2).waitFor();
  await take(ada, "search-desk");
});

test("the support inbox", async () => {
  const sam = await web.signIn("sam", { path: `/support/${demo.support}`, ...size("desk") });
  await sam.getByRole("log").getByText("you are the best").waitFor();
  await sam.getByRole("region", { name: "About the customer" }).getByText("Online", { exact: true }).waitFor();
  await take(sam, "support-desk");
});

test("administration, while people talk", async () => {
  const mary = await web.signIn("mary", { path: "/admin", ...size("desk") });
  const say = demo.people.talkIn(demo.aside);
  const until = Date.now() + CHATTER_MS;
  for (let count = 0; Date.now() < until; count += 1) {
    await say(count);
    await mary.waitForTimeout(120 + 400 * Math.abs(Math.sin(count / 25)));
  }
  await take(mary, "admin-desk");
});

test("settings, and the way in", async () => {
  const ada = await web.signIn("ada", { path: "/settings/appearance", ...size("desk") });
  await ada.getByRole("radio", { name: /Steampunk/ }).waitFor();
  await take(ada, "settings-desk");
  const stranger = await web.open("/sign-in", size("phone"));
  await stranger.locator('[data-person="ada"]').waitFor();
  await take(stranger, "sign-in-phone");
});

test("the widget on the page of a host", async () => {
  const token = await mint({ sub: "nora", name: "Nora Lindqvist" });
  host.signedIn = () => Promise.resolve(token);
  const nora = await web.open("/", { origin: host.url, width: 1024, height: 768 });
  await dressHostPage(nora);
  await nora.getByRole("button", { name: /^Chat with us/ }).click();
  await nora.getByRole("dialog").getByText("you are the best").waitFor();
  await take(nora, "widget");
});
