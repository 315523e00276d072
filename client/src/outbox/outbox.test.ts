import type { Message } from "@parley/protocol";
import { IDBFactory } from "fake-indexeddb";
import { expect, test } from "vitest";
import { createFakeClock } from "../../test/harness/fake-clock.ts";
import { ParleyError } from "../errors.ts";
import type { OutboxEntry } from "./entry.ts";
import { createIndexedDbStorage } from "./indexed-db.ts";
import { createMemoryLock, noLock, type OutboxLock } from "./lock.ts";
import { createOutbox } from "./outbox.ts";
import { createMemoryStorage, type OutboxStorage } from "./storage.ts";

const ROOM = { conversation_id: "room" };
const OTHER = { conversation_id: "other" };

/** A service that keeps what it is sent, or refuses it. */
function startTab({
  storage = createMemoryStorage(),
  lock = noLock,
  clock = createFakeClock(),
}: { storage?: OutboxStorage; lock?: OutboxLock; clock?: ReturnType<typeof createFakeClock> } = {}) {
  const arrived: string[] = [];
  const world = { isOnline: true, answer: async (entry: OutboxEntry): Promise<void> => void entry };
  const outbox = createOutbox({
    storage: Promise.resolve(storage),
    lock,
    lockName: () => "outbox",
    clock,
    random: () => 0,
    isOnline: () => world.isOnline,
    async send(entry) {
      await world.answer(entry);
      arrived.push(entry.draft.content ?? "");
      return { id: entry.id, version: arrived.length } as Message;
    },
    onSent: ({ id }) => outbox.arrived(id),
  });
  const states = (): string[] => outbox.entries.value.map(({ draft, state }) => `${draft.content} ${state}`);
  return { outbox, arrived, world, clock, states };
}

test("what is said offline is sent in order once there is a connection", async () => {
  const tab = startTab();
  tab.world.isOnline = false;
  for (const content of ["one", "two", "three"]) tab.outbox.add(ROOM, { content });
  await tab.clock.pass(0);
  expect(tab.states()).toEqual(["one queued", "two queued", "three queued"]);
  tab.world.isOnline = true;
  tab.outbox.wake();
  await tab.clock.pass(0);
  expect(tab.arrived).toEqual(["one", "two", "three"]);
  expect(tab.states()).toEqual([]);
});

test("a limit holds up its conversation, not the others, and nothing overtakes", async () => {
  const tab = startTab();
  let isLimited = true;
  tab.world.answer = ({ to }) =>
    isLimited && to === ROOM
      ? Promise.reject(new ParleyError("rate_limited", "Slow down.", { retryAfterSeconds: 7 }))
      : Promise.resolve();
  for (const content of ["one", "two"]) tab.outbox.add(ROOM, { content });
  tab.outbox.add(OTHER, { content: "elsewhere" });
  await tab.clock.pass(6_999);
  expect(tab.arrived).toEqual(["elsewhere"]);
  isLimited = false;
  await tab.clock.pass(1);
  expect(tab.arrived).toEqual(["elsewhere", "one", "two"]);
});

test("a refusal fails its message alone; it can be retried under the same id, or discarded", async () => {
  const tab = startTab();
  let refuses = true;
  tab.world.answer = ({ draft }) =>
    refuses && draft.content !== "fine"
      ? Promise.reject(new ParleyError("not_a_member", "Join first."))
      : Promise.resolve();
  const { outgoing: first } = tab.outbox.add(ROOM, { content: "one" });
  const { outgoing: second } = tab.outbox.add(ROOM, { content: "two" });
  tab.outbox.add(ROOM, { content: "fine" });
  await tab.clock.pass(0);
  expect(tab.arrived).toEqual(["fine"]);
  expect(tab.outbox.entries.value).toMatchObject([
    { id: first.id, state: "failed", reason: { code: "not_a_member", message: "Join first." } },
    { id: second.id, state: "failed" },
  ]);
  refuses = false;
  expect(await tab.outbox.discard(second.id)).toBe(true);
  await tab.outbox.retry(first.id);
  await tab.clock.pass(0);
  expect(tab.arrived).toEqual(["fine", "one"]);
});

test("what is being sent cannot be discarded", async () => {
  const tab = startTab();
  tab.world.answer = () => new Promise(() => undefined);
  const { outgoing } = tab.outbox.add(ROOM, { content: "one" });
  await tab.clock.pass(0);
  expect(tab.states()).toEqual(["one sending"]);
  expect(await tab.outbox.discard(outgoing.id)).toBe(false);
});

for (const [name, create] of [
  ["memory", () => createMemoryStorage()],
  ["IndexedDB", () => createIndexedDbStorage(`outbox ${Math.random()}`, new IDBFactory())],
] as const) {
  test(`a reload loses nothing (${name})`, async () => {
    const storage = create();
    const before = startTab({ storage });
    before.world.isOnline = false;
    const said = ["one", "two", "three"].map((content) => before.outbox.add(ROOM, { content }));
    await Promise.all(said.map(({ kept }) => kept));
    const after = startTab({ storage });
    await expect.poll(() => after.arrived).toEqual(["one", "two", "three"]);
    await expect.poll(() => storage.load()).toEqual([]);
  });
}

test("two tabs share one outbox: one sends, the other takes over when that ends", async () => {
  const shared = { storage: createMemoryStorage(), lock: createMemoryLock(), clock: createFakeClock() };
  // What a tab closes is its own connection to the storage.
  const [one, other] = [startTab(shared), startTab(shared)];
  other.outbox.add(ROOM, { content: "from the other" });
  await shared.clock.pass(0);
  one.outbox.add(ROOM, { content: "from the one" });
  await shared.clock.pass(0);
  expect(one.arrived).toEqual(["from the other", "from the one"]);
  expect(other.arrived).toEqual([]);
  one.outbox.close();
  other.outbox.add(ROOM, { content: "after" });
  await shared.clock.pass(0);
  expect(other.arrived).toEqual(["after"]);
  expect([one.states(), other.states()]).toEqual([[], []]);
});

test("a tab that dies while sending: the next sends it again under the same id", async () => {
  const storage = createMemoryStorage();
  const dying = startTab({ storage });
  dying.world.answer = () => new Promise(() => undefined);
  const { outgoing } = dying.outbox.add(ROOM, { content: "one" });
  await dying.clock.pass(0);
  const sent: string[] = [];
  const next = startTab({ storage });
  next.world.answer = ({ id }) => Promise.resolve(void sent.push(id));
  await next.clock.pass(0);
  expect(sent).toEqual([outgoing.id]);
});
