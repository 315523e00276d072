import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Conversation } from "@parley/protocol";
import { useTestDatabase } from "../../server/test/harness/database.ts";
import { startNode, type Person, type TestNode } from "../../server/test/harness/node.ts";
import { until } from "../../server/test/harness/until.ts";
import type { Clock } from "../src/internal.ts";
import { createMemoryStorage, type OwnChange } from "../src/mod.ts";
import { startDevice, type Device, type DeviceOptions } from "./harness/device.ts";

// What somebody sets for themselves takes no version. Tabs of a browser (here: clients of one program) tell each other;
// other devices look at their next connection, though not at every one.

const store = useTestDatabase();
let node: TestNode;
let ada: Person;
let grace: Person;
let direct: string;
const devices: Device[] = [];

beforeAll(async () => {
  node = await startNode(store.database);
});
beforeEach(async () => {
  [ada, grace] = [await node.person("ada"), await node.person("grace")];
  for (const person of [ada, grace]) await node.done(person, "PATCH", "/v1/users/me", { contact_policy: "everyone" });
  const made = await node.done<Conversation>(ada, "POST", "/v1/conversations", {
    kind: "direct",
    member_ids: [grace.id],
    initial_message: { content: "hi" },
  });
  direct = made.id;
});
afterAll(async () => {
  for (const device of devices) device.close();
  await node.close();
});

async function deviceOf(options: Partial<DeviceOptions> = {}): Promise<Device> {
  const device = startDevice({ url: node.url, token: ada.token, random: () => 0, ...options });
  devices.push(device);
  await device.parley.ready();
  await until(() => viewOf(device) !== undefined);
  return device;
}

const viewOf = (device: Device): Conversation | undefined =>
  device.parley.conversation(direct).state.value.conversation;
const at = (): { conversation_id: string } => ({ conversation_id: direct });

test("archived, muted, hidden: seen in every tab, and undone by the next message as on the service", async () => {
  const [one, other] = [await deviceOf(), await deviceOf()];
  await one.parley.api.archiveConversation({ ...at(), archived: true });
  await until(() => [one, other].every((tab) => viewOf(tab)?.archived_at != null));
  // An event of the same conversation says nothing of one's own archiving.
  await node.done(grace, "PATCH", `/v1/conversations/${direct}`, { description: "about us" }).catch(() => undefined);
  await one.parley.api.updateOwnMembership({ ...at(), notification_level: "none" });
  await until(() => [one, other].every((tab) => viewOf(tab)?.notification_level === "none"));
  expect(viewOf(other)?.archived_at).not.toBeNull();
  await one.parley.api.deleteConversation(at());
  await until(() => [one, other].every((tab) => tab.parley.conversations.value?.length === 0));
  await node.done(grace, "POST", `/v1/conversations/${direct}/messages`, { content: "are you there?" });
  await until(() => [one, other].every((tab) => tab.parley.conversations.value?.length === 1));
  expect(viewOf(other)).toMatchObject({ archived_at: null, hidden: false, notification_level: "none" });
});

test("drafts, saved messages and scheduled ones are told with what was set", async () => {
  const [one, other] = [await deviceOf(), await deviceOf()];
  const heard: OwnChange[] = [];
  other.parley.onOwnChange((change) => heard.push(change));
  await one.parley.api.putDraft({ ...at(), content: "dear Grace" });
  const message_id = viewOf(one)?.last_message?.id ?? "";
  await one.parley.api.saveMessage({ message_id });
  const send_at = new Date(Date.now() + 3_600_000).toISOString();
  one.parley.conversation(direct).send({ content: "later", send_at });
  await until(() => heard.length === 3);
  expect(heard).toEqual([
    { method: "putDraft", input: { ...at(), content: "dear Grace" } },
    { method: "saveMessage", input: { message_id } },
    { method: "sendMessage", input: at() },
  ]);
  expect(one.parley.outbox.entries.value).toEqual([]);
  const { items } = await one.parley.api.listScheduledMessages();
  expect(items.map(({ content, send_at: time }) => [content, time])).toEqual([["later", send_at]]);
});

test("another device sees it at its next connection, once some minutes have passed", async () => {
  let now = Date.now();
  const clock: Clock = {
    now: () => now,
    after(ms, callback) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
  };
  // Named otherwise, so that they do not hear of each other.
  const device = await deviceOf({ clock, account: "another device" });
  const mine = await deviceOf();
  await mine.parley.api.archiveConversation({ ...at(), archived: true });
  await mine.parley.api.updateOwnMembership({ ...at(), muted_until: "2100-01-01T00:00:00.000Z" });
  now += 6 * 60_000;
  device.cut();
  await until(() => viewOf(device)?.muted_until != null && viewOf(device)?.archived_at != null);
  await mine.parley.api.deleteConversation(at());
  now += 6 * 60_000;
  device.cut();
  await until(() => device.parley.conversations.value?.length === 0);
});

test("a scheduled message whose time comes before the connection does is sent at once", async () => {
  const device = await deviceOf({ storage: createMemoryStorage() });
  device.unplug();
  const send_at = new Date(Date.now() + 300).toISOString();
  device.parley.conversation(direct).send({ content: "at nine", send_at });
  await new Promise((resolve) => setTimeout(resolve, 400));
  device.plugIn();
  await until(() => viewOf(device)?.last_message?.content === "at nine");
  await until(() => device.parley.outbox.entries.value.length === 0);
});
