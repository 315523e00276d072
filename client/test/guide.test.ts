import { IDBFactory } from "fake-indexeddb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { effectScope, onScopeDispose, shallowRef, watchSyncEffect } from "vue";
import type { Conversation } from "@parley/protocol";
import WebSocket from "ws";
import { useTestDatabase } from "../../server/test/harness/database.ts";
import { readMarkdown } from "../../server/test/harness/markdown.ts";
import { startNode, type Person, type TestNode } from "../../server/test/harness/node.ts";
import { until } from "../../server/test/harness/until.ts";
import { createCache } from "../src/cache/mod.ts";
import { connect, ParleyError, type ConnectOptions, type Parley } from "../src/mod.ts";

// Every example of the guide is run as it stands there.

const { blocks } = readMarkdown("docs/guides/sdk.md");
const examples = new Map(
  blocks
    .filter(({ info }) => info.startsWith("example="))
    .map(({ info, code }) => [info.slice("example=".length), code]),
);
const run = new Set<string>();

const store = useTestDatabase();
let node: TestNode;
let ada: Person;
let grace: Person;
let conversation: Conversation;
const opened: Parley[] = [];

beforeAll(async () => {
  node = await startNode(store.database);
  ada = await node.person("ada");
  grace = await node.person("grace");
  for (const person of [ada, grace]) await node.done(person, "PATCH", "/v1/users/me", { contact_policy: "everyone" });
  conversation = await node.done(ada, "POST", "/v1/conversations", {
    kind: "group",
    title: "Launch",
    member_ids: [grace.id],
  });
});
afterAll(async () => {
  for (const parley of opened) parley.close();
  await node.close();
});

const noted = (options: ConnectOptions): Parley => {
  const parley = connect(options);
  opened.push(parley);
  return parley;
};
const clientOf = async (person: Person): Promise<Parley> => {
  const parley = noted({ url: node.url, token: person.token, WebSocket });
  await parley.ready();
  return parley;
};

const AsyncFunction = (async () => undefined).constructor as new (
  ...args: string[]
) => (...values: unknown[]) => Promise<unknown>;

/** Runs an example with what it takes for given; its imports are. */
async function example(name: string, given: Record<string, unknown>): Promise<void> {
  const code = examples.get(name);
  if (code === undefined) throw new Error(`the guide has no example ${name}`);
  run.add(name);
  const all = { connect: noted, WebSocket, ParleyError, ...given };
  const body = code.replaceAll(/^import .*$/gm, "");
  await new AsyncFunction(...Object.keys(all), body)(...Object.values(all));
}

test("quick start", async () => {
  const lines: string[][] = [];
  await example("quick-start", {
    url: node.url,
    token: ada.token,
    console: { log: (line: string[]) => lines.push(line) },
  });
  await until(() => lines.at(-1)?.join() === "hello");
  expect(lines).toContainEqual(["hello (queued)"]);
});

test("failed sends", async () => {
  const stranger = await clientOf(await node.person("alan"));
  const { id } = await node.done<Conversation>(ada, "POST", "/v1/conversations", {
    kind: "channel",
    title: "Open",
    visibility: "public",
  });
  stranger.conversation(id).send("may I?");
  await until(() => stranger.outbox.entries.value[0]?.reason?.code === "not_a_member");
  await example("failed-sends", { parley: stranger });
  expect(stranger.outbox.entries.value).toEqual([]);
});

test("offline, and signing out", async () => {
  const indexedDB = new IDBFactory();
  const user = { id: grace.id };
  const getToken = () => grace.token;
  const given = { url: node.url, user, getToken, createCache: () => createCache({ indexedDB }) };
  const connectHere = (options: ConnectOptions): Parley => noted({ ...options, WebSocket });
  await example("offline", { ...given, connect: connectHere });
  const first = opened.at(-1) as Parley;
  await first.ready();
  await until(() => first.conversations.value?.length === 1);
  first.close();
  const failing = () => Promise.reject(new TypeError("the host cannot be reached"));
  await example("offline", { ...given, getToken: failing, connect: connectHere });
  const second = opened.at(-1) as Parley;
  expect(second.conversations.value?.map(({ id }) => id)).toEqual([conversation.id]);
  await example("sign-out", { parley: second });
  await example("offline", { ...given, getToken: failing, connect: connectHere });
  expect(opened.at(-1)?.conversations.value).toBeUndefined();
});

test("what concerns oneself alone", async () => {
  const [parley, other] = [await clientOf(grace), await clientOf(grace)];
  const lines: string[] = [];
  await example("own-changes", { parley, console: { log: (line: string) => lines.push(line) } });
  await other.api.putDraft({ conversation_id: conversation.id, content: "dear Ada" });
  await until(() => lines.length === 1);
  expect(lines).toEqual([`${conversation.id}: dear Ada`]);
});

test("the API", async () => {
  const parley = await clientOf(grace);
  const said: unknown[] = [];
  await node.done(ada, "POST", `/v1/conversations/${conversation.id}/messages`, { content: "one" });
  await example("api", { parley, id: conversation.id, console: { log: (line: unknown) => said.push(line) } });
  expect(said).toEqual(["gone"]);
});

test("in an application that has its own users", async () => {
  const asked: unknown[] = [];
  const fetchToken = async (...args: unknown[]) => {
    asked.push(args);
    return await Promise.resolve(new Response(grace.token));
  };
  const connectHere = (options: ConnectOptions): Parley => noted({ ...options, url: node.url, WebSocket });
  await example("embed", { connect: connectHere, fetch: fetchToken, user: { id: "grace" } });
  await opened.at(-1)?.ready();
  expect(opened.at(-1)?.userId).toBe(grace.id);
  expect(asked).toEqual([["/chat-token", { method: "POST" }]]);
});

test("a badge with what is unread", async () => {
  const parley = await clientOf(grace);
  const badge = { textContent: "" };
  await example("badge", { parley, badge });
  await parley.conversation(conversation.id).markRead();
  await until(() => badge.textContent === "" && parley.unread.value.messages === 0);
  await node.done(ada, "POST", `/v1/conversations/${conversation.id}/messages`, { content: "news" });
  await until(() => badge.textContent === "1");
});

test("a bot, which answers even what was said while it was away", async () => {
  const bot = await node.person("bot");
  await node
    .done(ada, "POST", `/v1/conversations/${conversation.id}/members`, { user_id: bot.id })
    .catch(() => undefined);
  await node.done(bot, "PATCH", "/v1/users/me", { contact_policy: "everyone" });
  await node.done(ada, "POST", `/v1/conversations/${conversation.id}/members`, { user_id: bot.id });
  const sockets: WebSocket[] = [];
  class Cuttable extends WebSocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
    }
  }
  await example("bot", { WebSocket: Cuttable, process: { env: { CHAT_URL: node.url, CHAT_TOKEN: bot.token } } });
  const parley = await clientOf(ada);
  const heard: string[] = [];
  parley.onMessage(({ sender_id: sender, content }) => sender === bot.id && heard.push(content));
  parley.conversation(conversation.id).send("roll d1");
  await until(() => heard.length === 1);
  for (const socket of sockets) socket.terminate();
  parley.conversation(conversation.id).send("roll d1");
  await until(() => heard.length === 2);
  expect(heard).toEqual(["You rolled 1.", "You rolled 1."]);
});

test("who is there", async () => {
  const [parley] = await Promise.all([clientOf(ada), clientOf(grace)]);
  const counts: number[] = [];
  await example("presence", { parley, userIds: [grace.id], console: { log: (count: number) => counts.push(count) } });
  await until(() => counts.at(-1) === 1);
});

test("in Vue and React", async () => {
  const parley = await clientOf(grace);
  const scope = effectScope();
  let shown: { readonly messages: number } | undefined;
  const shallow = (value: Parley["unread"]["value"]): object => {
    const ref = shallowRef(value);
    watchSyncEffect(() => (shown = ref.value));
    return ref;
  };
  await scope.run(() => example("vue", { parley, shallowRef: shallow, onScopeDispose }));
  let told = 0;
  const useSyncExternalStore = <T>(subscribe: (listener: () => void) => () => void, snapshot: () => T): T => {
    subscribe(() => (told += 1));
    return snapshot();
  };
  await example("react", { parley, useSyncExternalStore });
  const before = parley.unread.value.messages;
  await node.done(ada, "POST", `/v1/conversations/${conversation.id}/messages`, { content: "for the badge" });
  await until(() => shown?.messages === before + 1 && told > 0);
  scope.stop();
});

test("no example is left out", () => {
  expect([...run].sort()).toEqual([...examples.keys()].sort());
  expect(blocks.filter(({ language, info }) => language === "ts" && !info.startsWith("example="))).toEqual([]);
});
