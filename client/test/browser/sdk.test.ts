import type { Page } from "playwright-core";
import { rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Conversation } from "@parley/protocol";
import { makeDataDirectory } from "../../../server/test/harness/data-directory.ts";
import { useTestDatabase } from "../../../server/test/harness/database.ts";
import { NODE_SECRET, startNode, type Person, type TestNode } from "../../../server/test/harness/node.ts";
import { startProcess } from "../../../server/test/harness/process.ts";
import { until } from "../../../server/test/harness/until.ts";
import type { Parley } from "../../src/mod.ts";
import { createChromium, whyNoBrowser, type Chromium } from "./harness/chromium.ts";
import { startSite, type Site } from "./harness/site.ts";

// The SDK in a real browser, with its IndexedDB, Web Locks, BroadcastChannels and crashes.

declare global {
  var parley: Parley;
}

const store = useTestDatabase();
const errors: string[] = [];
let node: TestNode;
let site: Site;
let browser: Chromium;
let ada: Person;
let grace: Person;
let room: string;

beforeAll(async () => {
  if (whyNoBrowser !== undefined) return;
  node = await startNode(store.database);
  site = await startSite();
});
beforeEach(async ({ skip }) => {
  skip(whyNoBrowser !== undefined, whyNoBrowser);
  browser = createChromium(errors);
  site.lead(node.url);
  [ada, grace] = [await node.person("ada"), await node.person("grace")];
  for (const person of [ada, grace]) await node.done(person, "PATCH", "/v1/users/me", { contact_policy: "everyone" });
  const input = { kind: "group", title: "Launch", member_ids: [grace.id] };
  ({ id: room } = await node.done<Conversation>(ada, "POST", "/v1/conversations", input));
});
afterEach(async () => {
  site?.open();
  site?.mute(false);
  await browser?.close();
  expect(errors.splice(0)).toEqual([]);
});
afterAll(async () => {
  await site?.close();
  await node?.close();
});

/** The page of one who is signed in as Ada, with the room open once there is a connection. */
async function visit(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${site.url}/?account=ada&token=${ada.token}`);
  return page;
}

async function online(page: Page): Promise<Page> {
  await page.evaluate((id) => parley.ready().then(() => parley.conversation(id).open()), room);
  return page;
}

/** Says it, and waits until it is on the disk (or sent already): what a crash finds. */
async function say(page: Page, ...contents: string[]): Promise<void> {
  await page.evaluate(
    ([id, ...texts]) => {
      for (const text of texts) parley.conversation(id ?? "").send(text);
    },
    [room, ...contents],
  );
  for (const content of contents)
    await until(async () => !(await waiting(page)).includes(content) || (await isKept(page, "outbox", content)));
}
const stateOf = (page: Page): Promise<string> => page.evaluate(() => parley.connection.value);
const waiting = (page: Page): Promise<(string | undefined)[]> =>
  page.evaluate(() => parley.outbox.entries.value.map(({ draft }) => draft.content));
const shown = (page: Page): Promise<string[]> =>
  page.evaluate(
    (id) => (parley.conversation(id).state.value.windows.at(-1)?.messages ?? []).map(({ content }) => content),
    room,
  );
const stored = async (): Promise<string[]> => {
  const rows = await store.database.query<{ content: string }>({
    text: "SELECT content FROM messages WHERE conversation_id = $1 ORDER BY seq",
    values: [room],
  });
  return rows.map(({ content }) => content);
};
/** Whether something with this text is in a store of the browser's databases. */
const isKept = (page: Page, store: "outbox" | "windows", text: string): Promise<boolean> =>
  page.evaluate(
    async ([name = "", content]) => {
      for (const each of await indexedDB.databases()) {
        const opening = indexedDB.open(each.name ?? "");
        await new Promise((resolve) => opening.addEventListener("success", resolve));
        const { result } = opening;
        if (!result.objectStoreNames.contains(name)) continue;
        const reading = result.transaction(name).objectStore(name).getAll();
        await new Promise((resolve) => reading.addEventListener("success", resolve));
        result.close();
        return JSON.stringify(reading.result).includes(content ?? "");
      }
      return false;
    },
    [store, text],
  );
const graceSays = (content: string): Promise<unknown> =>
  node.done(grace, "POST", `/v1/conversations/${room}/messages`, { content });

test("three messages said without a network survive a reload, and arrive once and in order", async () => {
  const page = await online(await visit());
  site.shut();
  await say(page, "one", "two", "three");
  await page.reload();
  await until(async () => (await waiting(page)).length === 3);
  expect(await waiting(page)).toEqual(["one", "two", "three"]);
  expect(await stored()).toEqual([]);
  site.open();
  await until(async () => (await waiting(page)).length === 0);
  expect(await stored()).toEqual(["one", "two", "three"]);
});

test("what was said survives the killing of the browser, at the very moment it is sent as well", async () => {
  const page = await online(await visit());
  site.shut();
  await say(page, "one", "two");
  await browser.kill();
  const after = await visit();
  await until(async () => (await waiting(after)).length === 2);
  // The service gets them, but its answer never comes.
  site.open();
  await online(after);
  await until(async () => (await stored()).length === 2 && (await waiting(after)).length === 0);
  site.mute(true);
  await say(after, "three");
  await until(async () => (await stored()).length === 3);
  expect(await waiting(after)).toEqual(["three"]);
  await browser.kill();
  site.mute(false);
  const last = await online(await visit());
  await until(async () => (await waiting(last)).length === 0);
  expect(await stored()).toEqual(["one", "two", "three"]);
  await until(async () => (await shown(last)).join() === "one,two,three");
});

test("two tabs share an outbox: one sends for both, and when it crashes in the middle the other goes on", async () => {
  const first = await online(await visit());
  const second = await online(await visit());
  await say(second, "from the second");
  await until(async () => (await shown(first)).length === 1 && (await waiting(second)).length === 0);
  site.mute(true);
  await say(first, "one", "two");
  await say(second, "three");
  await until(async () => (await stored()).length === 2);
  // What one tab adds, the other hears of a moment later.
  for (const tab of [first, second]) await until(async () => (await waiting(tab)).join() === "one,two,three");
  // The tab that sends ends without a word, with the answer to the first on its way.
  const session = await first.context().newCDPSession(first);
  session.send("Page.crash").catch(() => undefined);
  await new Promise((resolve) => first.once("crash", resolve));
  site.shut();
  site.mute(false);
  site.open();
  await until(async () => (await waiting(second)).length === 0);
  expect(await stored()).toEqual(["from the second", "one", "two", "three"]);
  await until(async () => (await shown(second)).length === 4);
});

test("it wakes up when the browser is on line again, or on screen", async () => {
  const page = await online(await visit());
  for (const sign of ["online", "visibilitychange"]) {
    site.attempts();
    site.shut();
    // Until it waits for so long that nobody could take what follows for the next attempt.
    let count = 0;
    const enough = sign === "online" ? 3 : 0;
    await until(async () => (count += site.attempts()) >= enough && (await stateOf(page)) === "offline", 20_000);
    site.open();
    const began = performance.now();
    if (sign === "online") {
      await page.context().setOffline(true);
      await page.context().setOffline(false);
    } else await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await until(async () => (await stateOf(page)) === "online", 2_000);
    expect(performance.now() - began).toBeLessThan(2_000);
  }
});

test("a reload without the service shows what was there, and so does a start after a crash", async () => {
  for (const content of ["one", "two"]) await graceSays(content);
  const page = await online(await visit());
  await until(async () => (await shown(page)).length === 2);
  await until(() => isKept(page, "windows", "two"));
  site.shut();
  await page.reload();
  await until(async () => (await shown(page)).length === 2);
  expect(await page.evaluate(() => parley.conversations.value?.[0]?.conversation?.title)).toBe("Launch");
  await browser.kill();
  await graceSays("three");
  const after = await visit();
  await until(async () => (await shown(after)).join() === "one,two");
  site.open();
  await until(async () => (await shown(after)).join() === "one,two,three");
});

test("a service that is killed and started again under the page: nothing is missing", async () => {
  const directory = makeDataDirectory("parley-browser-");
  const variables = {
    DATABASE_URL: store.connectionString,
    PARLEY_JWT_SECRET: NODE_SECRET,
    PARLEY_DEV: "0",
    PARLEY_RATE_LIMITS: "off",
    PARLEY_LOG_LEVEL: "info",
  };
  const start = () => startProcess(directory, variables);
  let service = start();
  try {
    site.lead(await service.ready);
    const page = await online(await visit());
    await say(page, "before");
    await until(async () => (await stored()).length === 1);
    const saying = say(page, "one", "two", "three", "four");
    service.kill("SIGKILL");
    await Promise.all([service.exited, saying]);
    await say(page, "while it is gone");
    await graceSays("meanwhile, by another node");
    service = start();
    site.lead(await service.ready);
    const all = ["before", "one", "two", "three", "four", "while it is gone"];
    await until(async () => (await waiting(page)).length === 0, 20_000);
    expect((await stored()).filter((content) => content !== "meanwhile, by another node")).toEqual(all);
    await until(async () => (await shown(page)).join() === (await stored()).join());
    expect(await stateOf(page)).toBe("online");
  } finally {
    service.kill("SIGTERM");
    await service.exited;
    rmSync(directory, { recursive: true, force: true });
  }
});
