import { IDBFactory as FakeFactory } from "fake-indexeddb";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Conversation } from "@parley/protocol";
import { useTestDatabase } from "../../server/test/harness/database.ts";
import { startNode, type Person, type TestNode } from "../../server/test/harness/node.ts";
import { until } from "../../server/test/harness/until.ts";
import { createCache, type CacheOptions } from "../src/cache/mod.ts";
import type { ConversationState } from "../src/mod.ts";
import { startDevice, type Device, type DeviceOptions } from "./harness/device.ts";

type Factory = NonNullable<CacheOptions["indexedDB"]>;

const store = useTestDatabase();
let node: TestNode;
let ada: Person;
let grace: Person;
let room: string;
let factory: Factory;
const devices: Device[] = [];

beforeAll(async () => {
  node = await startNode(store.database);
});
beforeEach(async () => {
  factory = new FakeFactory();
  ada = await node.person("ada");
  grace = await node.person("grace");
  for (const person of [ada, grace]) await node.done(person, "PATCH", "/v1/users/me", { contact_policy: "everyone" });
  room = await makeRoom("Launch");
});
afterAll(async () => {
  for (const device of devices) device.close();
  await node.close();
});

async function makeRoom(title: string): Promise<string> {
  const made = await node.done<Conversation>(ada, "POST", "/v1/conversations", {
    kind: "group",
    title,
    member_ids: [grace.id],
  });
  return made.id;
}

const say = (content: string, id = room): Promise<unknown> =>
  node.done(ada, "POST", `/v1/conversations/${id}/messages`, { content });

/** One with a cache, and with a list of what it asked for over HTTP. */
function deviceOf(options: Partial<DeviceOptions> = {}, cache: CacheOptions = {}): Device & { asked: string[] } {
  const asked: string[] = [];
  const noted: typeof fetch = (input, init) => {
    asked.push(`${init?.method ?? "GET"} ${new URL(typeof input === "string" ? input : "about:blank").pathname}`);
    return fetch(input, init);
  };
  const device = startDevice({
    url: node.url,
    token: grace.token,
    random: () => 0,
    fetch: noted,
    cache: createCache({ indexedDB: factory, ...cache }),
    ...options,
  });
  devices.push(device);
  return Object.assign(device, { asked });
}

/** Connected, with the newest messages of the room on screen, and all of it kept. */
async function visited(device: Device): Promise<void> {
  await device.parley.ready();
  await device.parley.conversation(room).open();
  await until(() => stateOf(device).conversation !== undefined);
  device.close();
}

const stateOf = (device: Device, id = room): ConversationState => device.parley.conversation(id).state.value;
const shown = (device: Device, id = room): string[] =>
  (stateOf(device, id).windows.at(-1)?.messages ?? []).map(({ content }) => content);
const titles = (device: Device): unknown[] =>
  (device.parley.conversations.value ?? []).map(({ conversation }) => conversation?.title);

async function startedOffline(device: Device): Promise<void> {
  device.unplug();
  device.reload();
  await device.parley.restored;
}

test("a start without a network or a token shows what was there, takes messages, and catches up by what changed alone", async () => {
  for (const content of ["one", "two"]) await say(content);
  let isReachable = true;
  const getToken = (): Promise<string> =>
    isReachable ? Promise.resolve(grace.token) : Promise.reject(new TypeError("the host cannot be reached"));
  const device = deviceOf({ account: "grace", getToken });
  await visited(device);
  isReachable = false;
  await startedOffline(device);
  await until(() => titles(device).length === 1);
  expect(titles(device)).toEqual(["Launch"]);
  expect(shown(device)).toEqual(["one", "two"]);
  expect(device.parley.userId).toBe(grace.id);
  expect(stateOf(device).unread).toBe(2);
  await device.parley.conversation(room).open();
  device.parley.conversation(room).send("from the tunnel");
  await until(() => stateOf(device).pending.length === 1);
  expect(stateOf(device).pending[0]?.state).toBe("queued");
  await say("three");
  await node.done(ada, "PATCH", `/v1/conversations/${room}`, { title: "Landing" });
  device.asked.length = 0;
  isReachable = true;
  device.plugIn();
  await until(() => shown(device).length === 4 && stateOf(device).pending.length === 0);
  expect(shown(device)).toEqual(["one", "two", "three", "from the tunnel"]);
  expect(titles(device)).toEqual(["Landing"]);
  // Only what was missed came, with the resume; of the messages nothing was asked for.
  expect(device.asked.filter((line) => line.endsWith("/messages") || line.includes(room))).toEqual([]);
});

test("what was kept and is too far behind is shown, and loaded anew once there is a network", async () => {
  await say("old");
  const device = deviceOf();
  await visited(device);
  await startedOffline(device);
  expect(shown(device)).toEqual(["old"]);
  for (let count = 0; count < 520; count += 20)
    await Promise.all(Array.from({ length: 20 }, (_, index) => say(`m${count + index}`)));
  await device.parley.conversation(room).open();
  device.plugIn();
  await until(() => shown(device).length === 50 && stateOf(device).unread === 521);
  // It is kept as it is now, without what was dropped.
  device.close();
  await startedOffline(device);
  expect(shown(device)).toHaveLength(50);
  expect(shown(device)).not.toContain("old");
});

test("nobody sees what another account kept, nor what another person kept under the same name", async () => {
  await say("for grace");
  await visited(deviceOf());
  const other = deviceOf({ token: ada.token });
  other.unplug();
  await other.parley.restored;
  expect(other.parley.conversations.value).toBeUndefined();
  const named = deviceOf({ account: "me" });
  await visited(named);
  const stranger = await node.person("alan");
  const mistaken = deviceOf({ account: "me", token: stranger.token });
  await mistaken.parley.ready();
  await until(() => mistaken.parley.conversations.value?.length === 0);
  expect(mistaken.parley.userId).toBe(stranger.id);
  mistaken.close();
  await startedOffline(mistaken);
  expect(mistaken.parley.conversations.value ?? []).toEqual([]);
});

test("another epoch: nothing of the earlier one stays", async () => {
  await say("kept");
  const device = deviceOf();
  await visited(device);
  await startedOffline(device);
  expect(shown(device)).toEqual(["kept"]);
  await say("lost");
  for (const text of [
    "DELETE FROM messages WHERE conversation_id = $1 AND content = 'kept'",
    "UPDATE messages SET seq = 2, ordinal = 1 WHERE conversation_id = $1 AND content = 'lost'",
    "DELETE FROM changes WHERE conversation_id = $1 AND version = 3",
    "UPDATE conversation_heads SET head = 2, message_count = 1, last_message_seq = 2 WHERE conversation_id = $1",
  ]) {
    await store.database.query({ text, values: [room] });
  }
  const epochOf = async (): Promise<unknown> =>
    (await node.done<{ epoch: string }>(ada, "GET", `/v1/conversations/${room}/changes`)).epoch;
  const before = await epochOf();
  await store.database.query({ text: "UPDATE instance SET value = md5(random()::text) WHERE key = 'epoch'" });
  await until(async () => (await epochOf()) !== before);
  await device.parley.conversation(room).open();
  device.plugIn();
  await until(() => shown(device).join() === "lost" && stateOf(device).conversation?.message_count === 1);
  device.close();
  await startedOffline(device);
  expect(shown(device)).toEqual(["lost"]);
});

test("removed while away: gone at the next connection, and not kept any longer", async () => {
  await say("hello");
  const device = deviceOf();
  await visited(device);
  await startedOffline(device);
  await node.done(ada, "DELETE", `/v1/conversations/${room}/members/${grace.id}`);
  const conversation = device.parley.conversation(room);
  device.plugIn();
  await until(() => conversation.state.value.gone === "removed");
  await device.parley.ready();
  device.close();
  await startedOffline(device);
  expect(titles(device)).toEqual([]);
});

test("after clearCache nothing is shown, and no tab writes it again", async () => {
  await say("secret");
  const [one, other] = [deviceOf(), deviceOf()];
  await Promise.all([one.parley.ready(), other.parley.ready()]);
  await other.parley.conversation(room).open();
  await one.parley.clearCache();
  one.close();
  await say("more");
  await until(() => shown(other).length === 2);
  other.close();
  const next = deviceOf();
  next.unplug();
  await next.parley.restored;
  expect(next.parley.conversations.value).toBeUndefined();
});

test("tabs share it: the one that has the messages writes them, the other does not take them away", async () => {
  await say("one");
  const [reader, other] = [deviceOf(), deviceOf()];
  await Promise.all([reader.parley.ready(), other.parley.ready()]);
  await reader.parley.conversation(room).open();
  await until(() => titles(other).length === 1 && titles(reader).length === 1);
  reader.close();
  await say("two");
  await until(() => stateOf(other).conversation?.message_count === 2);
  other.close();
  await startedOffline(reader);
  expect(shown(reader)).toEqual(["one"]);
  expect(stateOf(reader).conversation?.last_message?.content).toBe("two");
  reader.plugIn();
  await until(() => shown(reader).length === 2);
  expect(reader.asked.filter((line) => line.endsWith("/messages"))).toHaveLength(1);
});

test("it keeps the newest messages of the newest conversations, and not too much", async () => {
  const rooms = [room, await makeRoom("Second"), await makeRoom("Third")];
  for (const id of rooms) for (let index = 0; index < 5; index++) await say(`${index} ${"x".repeat(2_000)}`, id);
  const device = deviceOf({}, { messages: 3, conversations: 2, size: 16_000 });
  await device.parley.ready();
  for (const id of rooms) await device.parley.conversation(id).open();
  await until(() => titles(device).length === 3);
  device.close();
  await startedOffline(device);
  expect(titles(device)).toEqual(["Third", "Second"]);
  expect(rooms.map((id) => shown(device, id).map((content) => content[0]))).toEqual([[], [], ["2", "3", "4"]]);
  const [window] = stateOf(device, rooms[2]).windows;
  expect(window?.from).toBe(window?.messages[0]?.seq);
  device.plugIn();
  await device.parley.ready();
  await device.parley.conversation(rooms[2] ?? "").loadOlder();
  expect(shown(device, rooms[2])).toHaveLength(5);
});

test.each<[string, () => unknown]>([
  ["cannot be opened", () => rejectedOpening()],
  ["throws", () => raise(new DOMException("not here", "SecurityError"))],
  ["never answers", () => new EventTarget()],
])("a database that %s does no harm", async (_, open) => {
  await say("hello");
  const device = deviceOf({}, { indexedDB: brokenFactory(open) });
  await device.parley.ready();
  await device.parley.conversation(room).open();
  expect(shown(device)).toEqual(["hello"]);
  await say("again");
  await until(() => shown(device).length === 2);
});

test("a full disk and broken records do no harm, either", async () => {
  await say("hello");
  const device = deviceOf();
  await visited(device);
  const database = await opened();
  const transaction = database.transaction(["heads", "windows"], "readwrite");
  transaction.objectStore("windows").put({ id: room, version: 2, at: "", json: '{"from":' });
  transaction
    .objectStore("heads")
    .put({ id: "0195c9a0-0000-7000-8000-0000000000c1", version: 1, at: "", json: "null" });
  await new Promise((resolve) => transaction.addEventListener("complete", resolve));
  database.close();
  await startedOffline(device);
  expect(titles(device)).toEqual([]);
  device.plugIn();
  await device.parley.ready();
  await device.parley.conversation(room).open();
  expect(shown(device)).toEqual(["hello"]);
});

interface Opened {
  transaction(
    stores: string[],
    mode: "readwrite",
  ): EventTarget & { objectStore(name: string): { put(value: unknown): void } };
  close(): void;
}

/** The database of the cache, as it is on the device. */
async function opened(): Promise<Opened> {
  const databases: readonly { readonly name?: string }[] = await factory.databases();
  const name = databases.map((each) => each.name ?? "").find((each) => each.includes(" cache "));
  return await resultOf(factory.open(name ?? ""));
}

function resultOf<T>(request: { readonly result: T } & EventTarget): Promise<T> {
  return new Promise((resolve) => request.addEventListener("success", () => resolve(request.result)));
}

/** What is there has a later version than what is asked for. */
function rejectedOpening(): unknown {
  const other = new FakeFactory();
  other.open("any", 2);
  return other.open("any", 1);
}

function brokenFactory(open: () => unknown): Factory {
  const parts: unknown = { open };
  return parts as Factory;
}

function raise(error: Error): never {
  throw error;
}
