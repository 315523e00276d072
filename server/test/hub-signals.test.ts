import { expect, test } from "vitest";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId } from "../src/domain/ids.ts";
import { createLocalBus } from "../src/realtime/bus/local.ts";
import type { LiveNode, Person } from "./harness/live-node.ts";
import { useLiveNodes } from "./harness/live-nodes.ts";
import { makeConversation, makeUser, run } from "./harness/rows.ts";
import type { SocketClient } from "./harness/socket.ts";
import { until } from "./harness/until.ts";

const { store, start, people } = useLiveNodes();

/** A conversation of more than fifty, of whom these are some. */
async function makeLarge(some: readonly Person[]): Promise<ConversationId> {
  const others: Caller[] = [];
  for (let n = some.length; n < 51; n += 1) others.push(await makeUser(store.database));
  return await makeConversation(store.database, { members: [...some.map(({ caller }) => caller), ...others] });
}

const typesOf = (client: SocketClient, id: string): string[] => client.events(id).map((event) => event.type);
const marksOf = (client: SocketClient) =>
  client.frames.flatMap((frame) => (frame.type === "read.updated" || frame.type === "delivery.updated" ? [frame] : []));

/** Everything that was on its way to the client has come. */
async function settled(client: SocketClient): Promise<void> {
  await client.command("ping", {});
  await new Promise((resolve) => setTimeout(resolve, 20));
  await client.command("ping", {});
}

test("marks are told to everyone, to the reader's own sockets with the number of unread ones, and not for one's own messages", async () => {
  const node = await start();
  const [ada, bob, eve] = (await people(node, 3)) as [Person, Person, Person];
  const id = await node.make(ada, {
    kind: "group",
    title: "Marks",
    member_ids: [bob.caller.userId, eve.caller.userId],
  });
  const [sender, reader, phone] = [await node.connect(ada), await node.connect(bob), await node.connect(bob)];
  const [first] = [await node.say(ada, id), await node.say(ada, id), await node.say(ada, id)];
  await reader.ok("mark_delivered", { conversation_id: id });
  await reader.ok("mark_read", { conversation_id: id, seq: first.seq });
  await until(() => marksOf(sender).length === 2 && marksOf(phone).length === 2);
  expect(marksOf(sender)).toMatchObject([
    { type: "delivery.updated", user_id: bob.caller.userId, data: { last_delivered_seq: first.seq + 2 } },
    { type: "read.updated", user_id: bob.caller.userId, data: { last_read_seq: first.seq } },
  ]);
  expect(marksOf(sender)[1]?.data).not.toHaveProperty("unread_count");
  expect(marksOf(phone)[1]?.data).toMatchObject({ last_read_seq: first.seq, unread_count: 2 });
});

test("receipts are mutual: who does not share theirs is told nobody else's, and theirs only themselves", async () => {
  const node = await start();
  const [ada, bob] = (await people(node, 2)) as [Person, Person];
  await run(store.database, "UPDATE users SET share_receipts = false WHERE id = $1", [bob.caller.userId]);
  const id = await node.make(ada, { kind: "direct", member_ids: [bob.caller.userId] });
  const [open, closed] = [await node.connect(ada), await node.connect(bob)];
  await node.say(ada, id);
  await node.say(bob, id);
  await open.ok("mark_read", { conversation_id: id });
  await closed.ok("mark_read", { conversation_id: id });
  await Promise.all([settled(open), settled(closed)]);
  expect(marksOf(open).map((event) => event.user_id)).toEqual([ada.caller.userId]);
  expect(marksOf(closed).map((event) => event.user_id)).toEqual([bob.caller.userId]);
  await run(store.database, "UPDATE users SET share_receipts = true WHERE id = $1", [bob.caller.userId]);
  node.hub.usersChanged([bob.caller.userId]);
  await settled(closed);
  await node.say(bob, id);
  await open.ok("mark_read", { conversation_id: id });
  await until(() => marksOf(closed).length === 2);
});

test("staff share one mark in support: the customer is told of it, and all staff as their own", async () => {
  const node = await start();
  const [customer, one, two] = [
    await node.person(),
    await node.person({ staff: true }),
    await node.person({ staff: true }),
  ];
  const id = await node.make(customer, { kind: "support" });
  const clients = [await node.connect(customer), await node.connect(one), await node.connect(two)];
  const [asking, reading, watching] = clients as [SocketClient, SocketClient, SocketClient];
  await node.say(customer, id);
  const { seq } = await node.say(customer, id);
  await reading.ok("mark_read", { conversation_id: id });
  await until(() => clients.every((client) => marksOf(client).length === 1));
  const nobody = "00000000-0000-0000-0000-000000000000";
  expect(marksOf(asking)[0]).toMatchObject({ user_id: nobody, data: { last_read_seq: seq } });
  expect(marksOf(asking)[0]?.data).not.toHaveProperty("unread_count");
  for (const client of [reading, watching])
    expect(marksOf(client)[0]).toMatchObject({ user_id: nobody, data: { unread_count: 0 } });
});

test("in a large conversation marks and typing go to those who have it open, and to nobody else", async () => {
  const node = await start();
  const [ada, bob, eve] = (await people(node, 3)) as [Person, Person, Person];
  const id = await makeLarge([ada, bob, eve]);
  const [typist, opener, other] = [await node.connect(ada), await node.connect(bob), await node.connect(eve)];
  expect(await opener.ok("open", { conversation_id: id })).not.toHaveProperty("marks");
  await node.say(bob, id);
  await typist.ok("typing", { conversation_id: id, is_typing: true });
  await typist.ok("mark_read", { conversation_id: id });
  await until(() => typesOf(opener, id).length === 3);
  await settled(other);
  expect(typesOf(opener, id)).toEqual(["message.created", "typing.start", "read.updated"]);
  expect(typesOf(other, id)).toEqual(["message.created"]);
  expect(typesOf(typist, id)).toEqual(["message.created", "read.updated"]);
});

test("typing is told to the others, ends with the message, by itself, and with the socket", async () => {
  let passed = 0;
  const node = await start({ now: () => Date.now() + passed, hub: { tickMs: 5 } });
  const [ada, bob] = (await people(node, 2)) as [Person, Person];
  const id = await node.make(ada, { kind: "direct", member_ids: [bob.caller.userId] });
  const [typist, other] = [await node.connect(ada), await node.connect(bob)];
  const type = () => typist.ok("typing", { conversation_id: id, is_typing: true });
  await type();
  await type();
  await node.say(ada, id);
  await until(() => typesOf(other, id).length === 3);
  expect(typesOf(other, id)).toEqual(["typing.start", "message.created", "typing.stop"]);
  await type();
  passed += 4_000;
  await type();
  passed += 4_000;
  await until(() => typesOf(other, id).length === 5);
  passed += 3_000;
  await until(() => typesOf(other, id).length === 6);
  await type();
  await typist[Symbol.asyncDispose]();
  await until(() => typesOf(other, id).length === 8);
  expect(typesOf(other, id).slice(3)).toEqual([
    "typing.start",
    "typing.start",
    "typing.stop",
    "typing.start",
    "typing.stop",
  ]);
  expect(typesOf(typist, id)).toEqual(["message.created"]);
});

test("typing is refused where writing is", async () => {
  const node = await start();
  const [ada, bob, eve] = (await people(node, 3)) as [Person, Person, Person];
  const id = await node.make(ada, { kind: "direct", member_ids: [bob.caller.userId] });
  const channel = await node.make(ada, { kind: "channel", title: "Open", visibility: "public" });
  const [blocked, outsider, blocker] = [await node.connect(ada), await node.connect(eve), await node.connect(bob)];
  await node.contact.block(bob.caller, ada.caller.userId);
  expect(await blocked.refused("typing", { conversation_id: id, is_typing: true })).toMatchObject({
    code: "contact_refused",
  });
  expect(await outsider.refused("typing", { conversation_id: id, is_typing: true })).toMatchObject({
    code: "not_found",
  });
  expect(await outsider.refused("typing", { conversation_id: id, is_typing: false })).toMatchObject({
    code: "not_found",
  });
  expect(await outsider.refused("typing", { conversation_id: channel, is_typing: true })).toMatchObject({
    code: "not_a_member",
  });
  await settled(blocker);
  expect(typesOf(blocker, id)).toEqual([]);
});

test("presence is told to who watches, as far as it is shared", async () => {
  const node = await start();
  const [ada, bob, hidden, blocker] = (await people(node, 4)) as [Person, Person, Person, Person];
  await run(store.database, "UPDATE users SET share_presence = false WHERE id = $1", [hidden.caller.userId]);
  await node.contact.block(blocker.caller, ada.caller.userId);
  const watcher = await node.connect(ada);
  await node.connect(hidden);
  const ids = [bob, hidden, blocker, ada].map(({ caller }) => caller.userId);
  const { items } = await watcher.ok("watch_presence", { user_ids: ids });
  expect(items.map(({ status }) => status)).toEqual(["offline", "offline", "offline", "online"]);
  const client = await node.connect(bob);
  await node.connect(blocker);
  await watcher.next("presence.updated");
  await client.ok("set_presence", { status: "busy" });
  await watcher.next("presence.updated", 1);
  await client.ok("set_presence", { status: "offline" });
  await watcher.next("presence.updated", 2);
  await client.ok("set_presence", { status: "away" });
  await watcher.next("presence.updated", 3);
  await client[Symbol.asyncDispose]();
  const gone = await watcher.next("presence.updated", 4);
  expect(gone.data.last_seen_at).not.toBeNull();
  const told = watcher.frames.flatMap((frame) => (frame.type === "presence.updated" ? [frame.data] : []));
  expect(told.map(({ user_id, status }) => [user_id, status])).toEqual(
    ["online", "busy", "offline", "away", "offline"].map((status) => [bob.caller.userId, status]),
  );
  // Sharing it no more looks like going away.
  await node.connect(bob);
  await watcher.next("presence.updated", 5);
  await run(store.database, "UPDATE users SET share_presence = false WHERE id = $1", [bob.caller.userId]);
  node.hub.usersChanged([bob.caller.userId]);
  expect((await watcher.next("presence.updated", 6)).data).toEqual({
    user_id: bob.caller.userId,
    status: "offline",
    last_seen_at: null,
  });
  await watcher.ok("watch_presence", { user_ids: [] });
  expect(watcher.frames.filter((frame) => frame.type === "presence.updated")).toHaveLength(7);
});

test("what is for one user goes to all their sockets, and to theirs alone", async () => {
  const node = await start();
  const [ada, bob] = (await people(node, 2)) as [Person, Person];
  const clients = [await node.connect(ada), await node.connect(ada), await node.connect(bob)];
  const [one, two, other] = clients as [SocketClient, SocketClient, SocketClient];
  const event = {
    type: "space.updated",
    user_id: null,
    timestamp: new Date().toISOString(),
    data: { space_id: crypto.randomUUID() },
  } as const;
  node.hub.toUser(ada.caller.userId, event);
  expect(await one.next("space.updated")).toEqual(event);
  expect(await two.next("space.updated")).toEqual(event);
  await settled(other);
  expect(other.frames.filter((frame) => frame.type === "space.updated")).toEqual([]);
});

test("nodes tell each other of changes, marks, typing, and who has to leave", async () => {
  const bus = createLocalBus();
  const [here, there] = [
    await start({ bus: bus.join() }),
    await start({ bus: bus.join(), hub: { tailMs: 60_000 } }),
  ] as [LiveNode, LiveNode];
  const [ada, bob] = (await people(here, 2)) as [Person, Person];
  const [near, far] = [await here.connect(ada), await there.connect(bob)];
  const id = await here.make(ada, { kind: "group", title: "Far", member_ids: [bob.caller.userId] });
  const message = await here.say(ada, id, "across");
  await here.reactions.add(ada.caller, message.id as never, "👍");
  await far.version(id, message.seq + 1);
  expect(typesOf(far, id)).toEqual(["conversation.created", "message.created", "reaction.added"]);
  await near.ok("typing", { conversation_id: id, is_typing: true });
  await far.ok("mark_read", { conversation_id: id });
  await until(() => typesOf(far, id).includes("typing.start") && typesOf(near, id).includes("read.updated"));
  here.hub.toUser(bob.caller.userId, {
    type: "space.updated",
    user_id: null,
    timestamp: new Date().toISOString(),
    data: { space_id: id },
  });
  await far.next("space.updated");
  here.hub.revoke(bob.caller.userId);
  expect((await far.closed).code).toBe(4403);
});
