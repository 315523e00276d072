import { afterAll, beforeAll, expect, test } from "vitest";
import type { Conversation } from "@parley/protocol";
import { useTestDatabase } from "../../server/test/harness/database.ts";
import { startNode, type Person, type TestNode } from "../../server/test/harness/node.ts";
import { until } from "../../server/test/harness/until.ts";
import { liveWindow } from "../src/store/windows.ts";
import { startDevice, type Device } from "./harness/device.ts";

const store = useTestDatabase();
let node: TestNode;
let ada: Person;
let grace: Person;
let group: string;
const devices: Device[] = [];

beforeAll(async () => {
  node = await startNode(store.database);
  ada = await node.person("ada");
  grace = await node.person("grace");
  for (const person of [ada, grace]) await node.done(person, "PATCH", "/v1/users/me", { contact_policy: "everyone" });
  const made = await node.done<Conversation>(ada, "POST", "/v1/conversations", {
    kind: "group",
    title: "Launch",
    member_ids: [grace.id],
  });
  group = made.id;
});
afterAll(async () => {
  for (const device of devices) device.close();
  await node.close();
});

function deviceOf(person: Person, options: Partial<Parameters<typeof startDevice>[0]> = {}): Device {
  const device = startDevice({ url: node.url, token: person.token, random: () => 0, ...options });
  devices.push(device);
  return device;
}

function shown(device: Device): string[] {
  const { windows, pending } = device.parley.conversation(group).state.value;
  return [...(liveWindow(windows)?.messages ?? []), ...pending.map(({ draft }) => draft)].map(
    ({ content }) => content ?? "",
  );
}

test("a message goes from one to the other, with its ticks, typing and unread count", async () => {
  const [one, other] = [deviceOf(ada), deviceOf(grace)];
  await Promise.all([one.parley.ready(), other.parley.ready()]);
  const mine = one.parley.conversation(group);
  const theirs = other.parley.conversation(group);
  await Promise.all([mine.open(), theirs.open()]);
  mine.typing();
  await until(() => theirs.state.value.typing.includes(ada.id));
  const sent = mine.send("hello");
  expect(sent.state).toBe("queued");
  expect(shown(one)).toEqual(["hello"]);
  await until(() => shown(other).includes("hello"));
  await until(() => mine.state.value.pending.length === 0);
  expect(shown(one)).toEqual(["hello"]);
  expect(theirs.state.value.typing).toEqual([]);
  await until(() => theirs.state.value.unread === 1 && other.parley.unread.value.messages === 1);
  const message = liveWindow(mine.state.value.windows)?.messages[0];
  if (!message) throw new Error("nothing is held");
  await until(() => mine.receiptOf(message).status === "delivered");
  await theirs.markRead();
  await until(() => mine.receiptOf(message).status === "read" && theirs.state.value.unread === 0);
  expect(mine.state.value.unread).toBe(0);
});
