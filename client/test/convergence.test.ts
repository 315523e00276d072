import { IDBFactory } from "fake-indexeddb";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Conversation, Mark, Member, Message, MessagePage } from "@parley/protocol";
import { useTestDatabase } from "../../server/test/harness/database.ts";
import { startNode, type Person, type TestNode } from "../../server/test/harness/node.ts";
import { until } from "../../server/test/harness/until.ts";
import { createCache } from "../src/cache/mod.ts";
import { ParleyError } from "../src/errors.ts";
import type { ConversationState } from "../src/store/state.ts";
import { startDevice, type Device } from "./harness/device.ts";

// Three people, one with two devices that share an outbox, do anything at all in two conversations, while their networks
// break and their programs are loaded anew. In the end every device has to hold what a fresh look at the service shows.

const store = useTestDatabase();
let node: TestNode;
let people: Person[] = [];

beforeAll(async () => {
  node = await startNode(store.database);
  people = await Promise.all(["ada", "grace", "alan"].map((name) => node.person(name)));
  for (const person of people) await node.done(person, "PATCH", "/v1/users/me", { contact_policy: "everyone" });
});
afterAll(() => node.close());

type MessageAct = "edit" | "delete" | "restore" | "react" | "unreact" | "pin" | "unpin";
type Kind =
  | MessageAct
  | ("send" | "burst" | "reply" | "read" | "older" | "newer" | "around" | "newest" | "members" | "open" | "close")
  | ("rename" | "history" | "archive" | "add" | "remove" | "leave")
  | ("cut" | "unplug" | "plugIn" | "reload" | "wait");

interface Act {
  readonly kind: Kind;
  readonly pick: number;
}

const WEIGHTS: readonly (readonly [Kind, number])[] = [
  ["send", 14],
  ["reply", 4],
  ["edit", 5],
  ["delete", 3],
  ["restore", 2],
  ["react", 6],
  ["unreact", 4],
  ["pin", 2],
  ["unpin", 2],
  ["read", 4],
  ["older", 4],
  ["newer", 3],
  ["around", 4],
  ["members", 2],
  ["newest", 3],
  ["close", 2],
  ["open", 3],
  ["rename", 2],
  ["history", 1],
  ["archive", 1],
  ["add", 3],
  ["remove", 2],
  ["leave", 1],
  ["cut", 4],
  ["unplug", 3],
  ["plugIn", 4],
  ["reload", 2],
  ["burst", 2],
  ["wait", 3],
];

const act: fc.Arbitrary<Act> = fc.record({
  kind: fc.oneof(...WEIGHTS.map(([kind, weight]) => ({ arbitrary: fc.constant(kind), weight }))),
  pick: fc.nat({ max: 9_999 }),
});
const step = fc.record({ who: fc.nat({ max: 3 }), where: fc.nat({ max: 1 }), act });

const RUNS = Number(process.env["PARLEY_CLIENT_RUNS"] ?? 12);
const REACTIONS = ["👍", "🎉", "❤️"];

test("whatever happens, every device ends up with what the service has", { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 70 }), async (steps) => {
      const world = await startWorld();
      try {
        for (const { who, where, act: one } of steps) await world.perform(who, where, one);
        await world.settle();
        await world.compare();
      } finally {
        world.close();
      }
    }),
    {
      numRuns: RUNS,
      endOnFailure: true,
      ...(process.env["PARLEY_CLIENT_SEED"] ? { seed: Number(process.env["PARLEY_CLIENT_SEED"]) } : {}),
    },
  );
});

async function startWorld() {
  const [ada, grace, alan] = people as [Person, Person, Person];
  const made = await Promise.all(
    ["first", "second"].map((title) =>
      node.done<Conversation>(ada, "POST", "/v1/conversations", {
        kind: "group",
        title,
        member_ids: [grace.id, alan.id],
      }),
    ),
  );
  const ids = made.map(({ id }) => id);
  for (let index = 0; index < 12; index++)
    await node.done(grace, "POST", `/v1/conversations/${ids[0]}/messages`, { content: `before ${index}` });
  const owners = [ada, ada, grace, alan];
  const devices: Device[] = [];
  // The two of one person share a cache, as tabs do; the last device has none.
  const caches = new Map(people.map((person) => [person, createCache({ indexedDB: new IDBFactory(), messages: 8 })]));
  for (const [who, person] of owners.entries()) {
    const cache = who === owners.length - 1 ? undefined : caches.get(person);
    const options = { url: node.url, token: person.token, random: () => 0, pageSize: 5 };
    devices.push(startDevice({ ...options, ...(cache ? { cache } : {}) }));
  }
  await Promise.all(devices.map(({ parley }) => parley.ready()));
  const said: string[] = [];
  const order = new Map<string, string[]>();

  const device = (who: number): Device => devices[who] as Device;
  const idOf = (where: number): string => ids[where] as string;
  const heldBy = (who: number, where: number): Message[] =>
    device(who)
      .parley.conversation(idOf(where))
      .state.value.windows.flatMap(({ messages }) => messages);

  async function perform(who: number, where: number, { kind, pick }: Act): Promise<void> {
    const { parley } = device(who);
    const conversation = parley.conversation(idOf(where));
    const held = heldBy(who, where);
    const message = held[pick % Math.max(1, held.length)];
    const other = people[pick % people.length] as Person;
    const at = { conversation_id: idOf(where) };
    const reaction = REACTIONS[pick % REACTIONS.length] as string;
    const tried = (work: Promise<unknown>): void => void work.catch(expectRefusal);
    switch (kind) {
      case "send":
        say(who, where, {});
        return;
      case "burst":
        for (let index = 0; index < 3; index++) say(who, where, {});
        return;
      case "reply":
        if (message) say(who, where, { parent_id: message.id });
        return;
      case "wait":
        await new Promise((resolve) => setTimeout(resolve, pick % 30));
        return;
      case "cut":
      case "unplug":
      case "plugIn":
        device(who)[kind]();
        return;
      case "reload":
        device(who).reload();
        return;
      case "open":
        tried(conversation.open());
        return;
      case "close":
        conversation.close();
        return;
      case "older":
        tried(conversation.loadOlder());
        return;
      case "newer":
        tried(conversation.loadNewer());
        return;
      case "newest":
        tried(conversation.loadNewest());
        return;
      case "around":
        tried(conversation.loadAround(pick % 20));
        return;
      case "members":
        tried(conversation.loadMembers());
        return;
      case "read":
        tried(conversation.markRead(pick % 3 === 0 ? undefined : message?.seq));
        return;
      case "rename":
        tried(parley.api.updateConversation({ ...at, title: `title ${pick}` }));
        return;
      case "history":
        tried(
          parley.api.updateConversation({ ...at, settings: { history_visibility: pick % 2 === 0 ? "all" : "none" } }),
        );
        return;
      case "archive":
        tried(parley.api.archiveConversation({ ...at, archived: pick % 2 === 0 }).then(() => conversation.refresh()));
        return;
      case "add":
        tried(parley.api.addMembers({ ...at, user_id: other.id }));
        return;
      case "remove":
        tried(parley.api.removeMember({ ...at, user_id: other.id }));
        return;
      case "leave":
        tried(parley.api.leaveConversation(at));
        return;
      case "edit":
      case "delete":
      case "restore":
      case "react":
      case "unreact":
      case "pin":
      case "unpin":
        if (message) tried(change(kind, conversation, message, reaction, parley, pick));
    }
  }

  function say(who: number, where: number, more: { parent_id?: string }): void {
    const content = `m${said.length} by ${who}`;
    said.push(content);
    const { id } = device(who)
      .parley.conversation(idOf(where))
      .send({ content, ...more });
    const key = `${who} ${where}`;
    order.set(key, [...(order.get(key) ?? []), id]);
  }

  /** Everything is plugged in, sent and told. */
  async function settle(): Promise<void> {
    for (const each of devices) each.plugIn();
    await Promise.all(devices.map(({ parley }) => parley.ready(AbortSignal.timeout(10_000))));
    const stuck = () =>
      devices.flatMap(({ parley }) => parley.outbox.entries.value.filter(({ state }) => state !== "failed"));
    await until(() => stuck().length === 0, 20_000).catch(() => {
      throw new Error(`not sent: ${JSON.stringify(stuck())}`);
    });
  }

  async function compare(): Promise<void> {
    for (const [who, owner] of owners.entries()) {
      for (const id of ids) {
        let mistake: unknown;
        const isSame = async (): Promise<boolean> => {
          try {
            await compareOne(device(who), owner, id);
            return true;
          } catch (error) {
            mistake = error;
            return false;
          }
        };
        // Marks and the last events may still be on their way; what is wrong stays wrong.
        await until(isSame, 4_000).catch(() => {
          throw mistake;
        });
      }
    }
    for (const [where, id] of ids.entries()) await compareOrder(where, id);
  }

  /** What one device said in one conversation is there once, and in the order of saying. */
  async function compareOrder(where: number, id: string): Promise<void> {
    const rows = await store.database.query<{ id: string }>({
      text: "SELECT id FROM messages WHERE conversation_id = $1 ORDER BY seq",
      values: [id],
    });
    const place = new Map(rows.map((row, index) => [row.id, index]));
    for (const [key, ids] of order) {
      if (!key.endsWith(` ${where}`)) continue;
      const places = ids.flatMap((sent) => place.get(sent) ?? []);
      expect(places).toEqual([...places].sort((a, b) => a - b));
    }
  }

  return {
    perform,
    settle,
    compare,
    close: () => {
      for (const each of devices) each.close();
    },
  };
}

async function change(
  kind: MessageAct,
  conversation: ReturnType<Device["parley"]["conversation"]>,
  message: Message,
  reaction: string,
  parley: Device["parley"],
  pick: number,
): Promise<unknown> {
  const at = { conversation_id: conversation.id, message_id: message.id };
  if (kind === "edit") return await conversation.edit(message.id, `edited ${pick}`);
  if (kind === "delete") return await conversation.delete(message.id);
  if (kind === "restore") return await parley.api.restoreMessage(at);
  if (kind === "react") return await conversation.react(message.id, reaction);
  if (kind === "unreact") return await conversation.unreact(message.id, reaction);
  if (kind === "pin") return await parley.api.pinMessage(at);
  return await parley.api.unpinMessage(at);
}

/** Refusals are part of life; anything else is a mistake of the SDK. */
function expectRefusal(error: unknown): void {
  if (!(error instanceof ParleyError) || error.code === "internal" || error.code === "validation_failed") throw error;
}

async function compareOne(device: Device, owner: Person, id: string): Promise<void> {
  const { parley } = device;
  const view = await node.call<Conversation>(owner, "GET", `/v1/conversations/${id}`);
  if (view.status === 404) {
    expect(parley.conversations.value?.map((state) => state.id)).not.toContain(id);
    return;
  }
  const state = parley.conversation(id).state.value;
  expect(state.gone).toBeUndefined();
  const { head, last_message: last, ...rest } = view.body;
  expect(state.version).toBe(head);
  const { last_message: ownLast, ...own } = state.conversation as Conversation;
  // An archiving of one's own is not told to other devices.
  expect(own).toEqual({ ...rest, head, archived_at: own.archived_at });
  expect(normalised(ownLast)).toEqual(normalised(last));
  expect(state.unread).toBe(view.body.unread_count);
  const all = await everyMessage(owner, id);
  for (const { from, to, messages } of state.windows) {
    const expected = all.filter(({ seq }) => seq >= from && seq <= to);
    expect(messages.map(normalised)).toEqual(expected.map(normalised));
  }
  const ends = state.windows.map(({ from, to }) => [from, to] as const);
  for (const [index, [from]] of ends.entries())
    if (index > 0) expect(from).toBeGreaterThan((ends[index - 1]?.[1] ?? 0) + 1);
  await compareMembers(state, owner, id);
}

async function compareMembers(state: ConversationState, owner: Person, id: string): Promise<void> {
  const { items: members } = await node.done<{ items: Member[] }>(
    owner,
    "GET",
    `/v1/conversations/${id}/members?limit=100`,
  );
  // How far they have read is in their marks.
  const plain = ({ user, ...member }: Member): unknown => ({
    ...member,
    user: user.id,
    last_read_seq: 0,
    last_delivered_seq: 0,
    last_read_at: null,
  });
  if (state.members) {
    const sorted = (list: Iterable<Member>): unknown[] =>
      [...list].sort((a, b) => (a.user_id < b.user_id ? -1 : 1)).map(plain);
    expect(sorted(state.members.values())).toEqual(sorted(members));
  }
  const { items: marks } = await node.done<{ items: Mark[] }>(
    owner,
    "GET",
    `/v1/conversations/${id}/read-status?limit=100`,
  );
  for (const mark of marks) {
    const held = state.marks.get(mark.user_id);
    expect([mark.user_id, held?.last_read_seq ?? 0]).toEqual([mark.user_id, mark.last_read_seq]);
  }
}

/** The order of reactions is by who came first, which a device that saw them come and go may not know; who reacted, it does. */
function normalised(message: Message | null): unknown {
  if (!message) return message;
  const reactions = message.reactions.map(({ user_ids, ...rest }) => ({ ...rest, user_ids: [...user_ids].sort() }));
  return { ...message, reactions: reactions.sort((a, b) => (a.reaction < b.reaction ? -1 : 1)) };
}

async function everyMessage(owner: Person, id: string): Promise<Message[]> {
  const messages: Message[] = [];
  let cursor: string | null | undefined;
  do {
    const page: MessagePage = await node.done(
      owner,
      "GET",
      `/v1/conversations/${id}/messages?limit=100${cursor == null ? "" : `&cursor=${cursor}`}`,
    );
    messages.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return messages.toReversed();
}
