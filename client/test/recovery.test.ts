import { beforeEach, expect, test } from "vitest";
import type { ChangeSet } from "@parley/protocol";
import { until } from "../../server/test/harness/until.ts";
import { createMemoryLock, createMemoryStorage } from "../src/mod.ts";
import type { Device } from "./harness/device.ts";
import { useTwoPeople } from "./harness/two-people.ts";

const people = useTwoPeople();
let room: string;
beforeEach(async () => {
  room = await people.makeGroup();
});

const stored = async (): Promise<string[]> => {
  const rows = await people.store.database.query<{ content: string }>({
    text: "SELECT content FROM messages WHERE conversation_id = $1 ORDER BY seq",
    values: [room],
  });
  return rows.map(({ content }) => content);
};
const shown = (device: Device): string[] =>
  (device.parley.conversation(room).state.value.windows.at(-1)?.messages ?? []).map(({ content }) => content);

test("what is said off line, and survives a reload off line, arrives once and in order", async () => {
  const device = people.deviceOf(people.ada);
  await device.parley.ready();
  device.unplug();
  for (const content of ["one", "two"]) device.parley.conversation(room).send(content);
  const after = device.reload();
  after.conversation(room).send("three");
  await until(() => after.conversation(room).state.value.pending.length === 3);
  expect(after.conversation(room).state.value.pending.map(({ draft, state }) => [draft.content, state])).toEqual([
    ["one", "queued"],
    ["two", "queued"],
    ["three", "queued"],
  ]);
  device.plugIn();
  await until(() => after.outbox.entries.value.length === 0);
  expect(await stored()).toEqual(["one", "two", "three"]);
});

test("two tabs share an outbox: what either says is sent once, in order, whichever of them lives", async () => {
  const shared = { storage: createMemoryStorage(), lock: createMemoryLock() };
  const [one, other] = [people.deviceOf(people.ada, shared), people.deviceOf(people.ada, shared)];
  await Promise.all([one.parley.ready(), other.parley.ready()]);
  other.unplug();
  for (let index = 0; index < 6; index++) (index % 2 === 0 ? one : other).parley.conversation(room).send(`m${index}`);
  await until(async () => (await stored()).length === 6);
  one.close();
  other.plugIn();
  await other.parley.ready();
  other.parley.conversation(room).send("after");
  await until(async () => (await stored()).includes("after"));
  await until(() => other.parley.outbox.entries.value.length === 0);
  const all = await stored();
  expect(all.toSorted()).toEqual(["after", "m0", "m1", "m2", "m3", "m4", "m5"]);
  // Nobody says something in two tabs at the same moment, so between them there is no order.
  expect(all.filter((content) => /[024]/.test(content))).toEqual(["m0", "m2", "m4"]);
  expect(all.filter((content) => /[135]/.test(content))).toEqual(["m1", "m3", "m5"]);
});

test("removed while away: the conversation is gone; added again: it is there again", async () => {
  const device = people.deviceOf(people.grace);
  await device.parley.ready();
  const before = device.parley.conversation(room);
  await before.open();
  device.unplug();
  await people.node.done(people.ada, "DELETE", `/v1/conversations/${room}/members/${people.grace.id}`);
  device.plugIn();
  await until(() => before.state.value.gone === "removed");
  expect(device.parley.conversations.value?.map(({ id }) => id)).not.toContain(room);
  await people.node.done(people.ada, "POST", `/v1/conversations/${room}/members`, { user_id: people.grace.id });
  await until(() => device.parley.conversations.value?.some(({ id }) => id === room) === true);
  await device.parley.conversation(room).open();
  await people.node.done(people.ada, "POST", `/v1/conversations/${room}/messages`, { content: "welcome back" });
  await until(() => shown(device).includes("welcome back"));
});

test("more missed than is replayed: what was shown is loaded anew", { timeout: 60_000 }, async () => {
  const device = people.deviceOf(people.grace);
  await device.parley.ready();
  const conversation = device.parley.conversation(room);
  await conversation.open();
  device.unplug();
  for (let count = 0; count < 520; count += 20) {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        people.node.done(people.ada, "POST", `/v1/conversations/${room}/messages`, { content: `m${count + index}` }),
      ),
    );
  }
  device.plugIn();
  await until(() => shown(device).length === 50 && conversation.state.value.unread === 520);
  expect(conversation.state.value.version).toBe(521);
  expect(conversation.holes()).toEqual([{ after: -1, before: conversation.state.value.windows[0]?.from }]);
  while (await conversation.loadOlder());
  expect(conversation.holes()).toEqual([]);
  expect(shown(device)).toHaveLength(520);
});

test("another epoch: versions are forgotten, and everything is loaded anew", async () => {
  const device = people.deviceOf(people.grace);
  await device.parley.ready();
  const conversation = device.parley.conversation(room);
  await conversation.open();
  await people.node.done(people.ada, "POST", `/v1/conversations/${room}/messages`, { content: "kept" });
  await people.node.done(people.ada, "POST", `/v1/conversations/${room}/messages`, { content: "lost" });
  await until(() => shown(device).length === 2);
  const changesOf = () => people.node.done<ChangeSet>(people.ada, "GET", `/v1/conversations/${room}/changes`);
  const before = await changesOf();
  device.unplug();
  // As a restore to an earlier state leaves it.
  for (const text of [
    "DELETE FROM messages WHERE conversation_id = $1 AND content = 'lost'",
    "DELETE FROM changes WHERE conversation_id = $1 AND version = 3",
    "UPDATE conversation_heads SET head = 2, message_count = 1 WHERE conversation_id = $1",
  ]) {
    await people.store.database.query({ text, values: [room] });
  }
  await people.store.database.query({ text: "UPDATE instance SET value = md5(random()::text) WHERE key = 'epoch'" });
  // Nodes look for it every few seconds.
  await until(async () => (await changesOf()).epoch !== before.epoch);
  device.plugIn();
  await until(() => shown(device).join() === "kept" && conversation.state.value.version === 2);
});
