import { afterAll, beforeAll, expect, test } from "vitest";
import type { Conversation, Message, Page, Space } from "@parley/protocol";
import { useTestDatabase } from "../../server/test/harness/database.ts";
import { startNode, type Person, type TestNode } from "../../server/test/harness/node.ts";
import { until } from "../../server/test/harness/until.ts";
import type { ConversationState } from "../src/mod.ts";
import { startDevice, type Device } from "./harness/device.ts";

// What one sees beyond a handful of conversations of one's own: hundreds of them, those of others, and large ones.

const store = useTestDatabase();
let node: TestNode;
let ada: Person;
const devices: Device[] = [];

beforeAll(async () => {
  node = await startNode(store.database);
  ada = await personOf("ada");
});
afterAll(async () => {
  for (const device of devices) device.close();
  await node.close();
});

async function personOf(name: string, claims = {}): Promise<Person> {
  const person = await node.person(name, claims);
  await node.done(person, "PATCH", "/v1/users/me", { contact_policy: "everyone" });
  return person;
}

async function deviceOf(person: Person): Promise<Device> {
  const device = startDevice({ url: node.url, token: person.token, random: () => 0 });
  devices.push(device);
  await device.parley.ready();
  return device;
}

const make = (person: Person, input: object): Promise<Conversation> =>
  node.done<Conversation>(person, "POST", "/v1/conversations", input);
const say = (person: Person, id: string, content: string): Promise<Message> =>
  node.done<Message>(person, "POST", `/v1/conversations/${id}/messages`, { content });
const stateOf = (device: Device, id: string): ConversationState => device.parley.conversation(id).state.value;
const shown = (device: Device, id: string): string[] =>
  (stateOf(device, id).windows.at(-1)?.messages ?? []).map(({ content }) => content);
const listed = (device: Device): string[] => (device.parley.conversations.value ?? []).map(({ id }) => id);

test("620 conversations are all listed, and all caught up after a lost connection", { timeout: 60_000 }, async () => {
  const [owner, other] = [await personOf("owner"), await personOf("other")];
  const ids: string[] = [];
  for (let start = 0; start < 620; start += 20) {
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        make(owner, { kind: "group", title: `room ${start + index}`, member_ids: [other.id] }),
      ),
    );
    ids.push(...made.map(({ id }) => id));
  }
  const device = await deviceOf(other);
  await until(() => listed(device).length === 620, 20_000);
  device.unplug();
  const touched = [ids[0], ids[250], ids[499], ids[500], ids[619]] as string[];
  for (const id of touched) await say(owner, id, "while you were away");
  await node.done(owner, "DELETE", `/v1/conversations/${ids[510]}/members/${other.id}`);
  device.plugIn();
  await until(() => touched.every((id) => stateOf(device, id).unread === 1) && listed(device).length === 619);
  expect(listed(device).slice(0, 5).toSorted()).toEqual(touched.toSorted());
  expect(device.parley.unread.value).toEqual({ messages: 5, conversations: 5 });
  await say(owner, ids[300] ?? "", "live");
  await until(() => listed(device)[0] === ids[300]);
});

test("staff have every customer's conversation, hear them, answer, and find them again", async () => {
  const staff = await personOf("staff", { staff: true });
  const [first, second] = [await personOf("customer"), await personOf("customer")];
  const ask = (customer: Person, content: string): Promise<Message> =>
    node.done<Message>(customer, "POST", "/v1/messages", { content });
  const { conversation_id: one } = await ask(first, "my order?");
  const device = await deviceOf(staff);
  await until(() => listed(device).includes(one));
  expect(stateOf(device, one).conversation?.subject_user?.id).toBe(first.id);
  expect(stateOf(device, one).unread).toBe(1);
  // One that did not exist when the connection was made.
  const { conversation_id: two } = await ask(second, "hello?");
  await until(() => listed(device)[0] === two);
  await device.parley.conversation(two).open();
  await ask(second, "anyone?");
  await until(() => shown(device, two).join() === "hello?,anyone?");
  device.parley.conversation(two).send("I am");
  await until(() => stateOf(device, two).pending.length === 0 && stateOf(device, two).unread === 0);
  device.unplug();
  await ask(first, "still waiting");
  await ask(second, "thanks");
  device.plugIn();
  await until(() => shown(device, two).at(-1) === "thanks" && stateOf(device, one).unread === 2);
  const colleague = await deviceOf(await personOf("colleague", { staff: true }));
  await until(() => listed(colleague).includes(two) && stateOf(colleague, two).unread === 1);
  await colleague.parley.conversation(two).markRead();
  // They share one mark.
  await until(() => stateOf(device, two).unread === 0);
});

test("a public channel is browsed, read and followed without joining, and joined", async () => {
  const reader = await personOf("reader");
  const space = await node.done<Space>(ada, "POST", "/v1/spaces", { slug: "open-source", name: "Open source" });
  await node.done(ada, "POST", `/v1/spaces/${space.id}/members`, { user_id: reader.id });
  const { id } = await make(ada, { kind: "channel", title: "News", visibility: "public", space_id: space.id });
  await say(ada, id, "one");
  const device = await deviceOf(reader);
  const browsed: Page<Conversation> = await device.parley.api.listSpaceConversations({ space_id: space.id });
  expect(browsed.items.map(({ title, unread_count }) => [title, unread_count])).toEqual([["News", null]]);
  const channel = device.parley.conversation(id);
  await channel.open();
  expect(shown(device, id)).toEqual(["one"]);
  expect([channel.state.value.unread, listed(device)]).toEqual([null, []]);
  await say(ada, id, "two");
  await until(() => shown(device, id).at(-1) === "two");
  // Also what was said while there was no connection.
  device.unplug();
  await say(ada, id, "three");
  device.plugIn();
  await until(() => shown(device, id).at(-1) === "three");
  channel.close();
  await say(ada, id, "four");
  await channel.open();
  await until(() => shown(device, id).join() === "one,two,three,four");
  channel.send("may I?");
  await until(() => channel.state.value.pending[0]?.reason?.code === "not_a_member");
  await device.parley.api.joinConversation({ conversation_id: id });
  await until(() => listed(device).includes(id) && channel.state.value.unread === 0);
  await device.parley.outbox.retry(channel.state.value.pending[0]?.id ?? "");
  await until(() => shown(device, id).at(-1) === "may I?" && channel.state.value.pending.length === 0);
  await device.parley.api.leaveConversation({ conversation_id: id });
  await until(() => !listed(device).includes(id));
});

test("with more than 50 members, marks and typing come while it is open, and marks on demand", async () => {
  const people = await Promise.all(Array.from({ length: 55 }, (_, index) => personOf(`member${index}`)));
  const { id } = await make(ada, { kind: "group", title: "All hands", member_ids: people.map((each) => each.id) });
  const { seq } = await say(ada, id, "welcome");
  const [mine, theirs] = [await deviceOf(ada), await deviceOf(people[0] as Person)];
  const [all, one] = [mine.parley.conversation(id), theirs.parley.conversation(id)];
  await until(() => one.state.value.conversation !== undefined);
  await one.markRead();
  one.typing();
  await say(people[1] as Person, id, "hi");
  await until(() => all.state.value.version === 3);
  expect([all.state.value.marks.get(people[0]?.id ?? ""), all.state.value.typing]).toEqual([undefined, []]);
  await all.open();
  await all.loadMarks();
  expect(all.state.value.marks.get(people[0]?.id ?? "")?.last_read_seq).toBe(seq);
  await one.markRead();
  one.typing(false);
  one.typing();
  await until(() => all.state.value.marks.get(people[0]?.id ?? "")?.last_read_seq === 3);
  await until(() => all.state.value.typing.includes(people[0]?.id ?? ""));
  await all.loadMembers();
  expect(all.state.value.members?.size).toBe(56);
});
