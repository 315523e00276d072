import type { ChangeEvent } from "@parley/protocol";
import { expect, test } from "vitest";
import type { Hub } from "../src/realtime/hub.ts";
import type { CommittedChange } from "../src/store/changes.ts";
import type { Person } from "./harness/live-node.ts";
import { useLiveNodes } from "./harness/live-nodes.ts";
import { run } from "./harness/rows.ts";
import type { SocketClient } from "./harness/socket.ts";
import { until } from "./harness/until.ts";

const { store, start, people } = useLiveNodes();

const versionsOf = (events: readonly ChangeEvent[]): number[] => events.map((event) => event.version);

/** Without a hole, and each once. */
function expectContiguous(client: SocketClient, id: string, from: number, to: number): void {
  expect(versionsOf(client.changes(id))).toEqual(Array.from({ length: to - from + 1 }, (_, n) => from + n));
}

test("whatever is lost, late or out of order on the way, each change is told once, in order", async () => {
  const kept: [Hub, CommittedChange][] = [];
  // Every third change is lost, every fourth comes late.
  const tell = (hub: Hub, changes: readonly CommittedChange[]): void => {
    for (const change of changes) {
      if (change.version < 2) hub.committed([change]);
      else if (change.version % 3 === 0) continue;
      else if (change.version % 4 === 0) kept.push([hub, change]);
      else hub.committed([change]);
      if (kept.length > 3) for (const [late, held] of kept.splice(0).toReversed()) late.committed([held]);
    }
  };
  const node = await start({ tell, hub: { tailMs: 20 } });
  const [ada, bob] = (await people(node, 2)) as [Person, Person];
  const clients = [await node.connect(ada), await node.connect(bob)];
  const id = await node.make(ada, { kind: "group", title: "Rough", member_ids: [bob.caller.userId] });
  const sent = await Promise.all(Array.from({ length: 100 }, (_, n) => node.say(n % 2 ? ada : bob, id, `${n}`)));
  const last = Math.max(...sent.map(({ seq }) => seq));
  for (const client of clients) {
    await client.version(id, last);
    expectContiguous(client, id, 1, last);
    const created = client.changes(id).filter((event) => event.type === "message.created");
    expect(created.map((event) => event.version)).toEqual(sent.map(({ seq }) => seq).toSorted((a, b) => a - b));
  }
});

test("a change of which the details are lost is told as how the message stands now", async () => {
  let isLost = false;
  const node = await start({
    tell: (hub, changes) => void (isLost || hub.committed(changes)),
    hub: { tailMs: 60_000 },
  });
  const [ada, bob] = (await people(node, 2)) as [Person, Person];
  const id = await node.make(ada, { kind: "group", title: "Rough", member_ids: [bob.caller.userId] });
  const message = await node.say(ada, id);
  const client = await node.connect(bob);
  isLost = true;
  await node.reactions.add(bob.caller, message.id as never, "👍");
  await node.pins.pin(ada.caller, id, message.id as never);
  await node.pins.unpin(ada.caller, id, message.id as never);
  await node.changing.remove(ada.caller, id, message.id as never);
  await node.changing.restore(ada.caller, id, message.id as never);
  isLost = false;
  await node.say(ada, id);
  await client.version(id, message.seq + 6);
  expectContiguous(client, id, message.seq + 1, message.seq + 6);
  expect(client.changes(id).map((event) => event.type)).toEqual([
    "message.updated",
    "message.updated",
    "pin.removed",
    "message.updated",
    "message.restored",
    "message.created",
  ]);
  expect(client.changes(id).at(-2)?.data).toMatchObject({ content: "hello", deleted_at: null });
});

test("what another process has written is told within a second, also a conversation that is new to somebody", async () => {
  const node = await start({ tell: () => undefined });
  const [ada, bob, eve] = (await people(node, 3)) as [Person, Person, Person];
  const old = await node.make(ada, { kind: "group", title: "Old", member_ids: [eve.caller.userId] });
  const client = await node.connect(bob);
  const id = await node.make(ada, { kind: "group", title: "New", member_ids: [bob.caller.userId] });
  const { seq } = await node.say(ada, id);
  await client.version(id, seq);
  expect(client.changes(id).map((event) => event.type)).toEqual(["conversation.created", "message.created"]);
  const added = await node.members.addMembers(ada.caller, old, { user_ids: [bob.caller.userId] });
  expect(added).toBeDefined();
  await until(() => client.changes(old).length > 0);
  expect(client.changes(old)[0]).toMatchObject({ type: "member.added", data: { user_id: bob.caller.userId } });
});

test("members who are added hear from their adding on, and those removed hear of their removal last", async () => {
  const node = await start();
  const [ada, bob, eve] = (await people(node, 3)) as [Person, Person, Person];
  const id = await node.make(ada, { kind: "group", title: "Coming and going", member_ids: [bob.caller.userId] });
  const [stays, comes, goes] = [await node.connect(ada), await node.connect(eve), await node.connect(bob)];
  let isOver = false;
  const talking = Promise.all(
    [1, 2, 3].map(async () => {
      while (!isOver) await node.say(ada, id);
    }),
  );
  await stays.version(id, 20);
  await node.members.addMembers(ada.caller, id, { user_ids: [eve.caller.userId] });
  await until(() => comes.changes(id).length > 20);
  await node.members.removeMember(ada.caller, id, bob.caller.userId);
  const removed = (event: ChangeEvent): boolean => event.type === "member.removed";
  await until(() => goes.changes(id).some(removed) && comes.changes(id).some(removed));
  const at = comes.changes(id).find(removed)?.version ?? 0;
  await stays.version(id, at + 20);
  isOver = true;
  await talking;
  expect(goes.changes(id).at(-1)).toMatchObject({
    type: "member.removed",
    version: at,
    data: { user_id: bob.caller.userId },
  });
  expectContiguous(goes, id, 2, at);
  const joined = comes.changes(id)[0];
  expect(joined).toMatchObject({ type: "member.added", data: { user_id: eve.caller.userId } });
  expectContiguous(comes, id, joined?.version ?? 0, comes.changes(id).at(-1)?.version ?? 0);
});

test("what the history rules hide is told as skipped, without a hole", async () => {
  const node = await start();
  const [ada, bob] = (await people(node, 2)) as [Person, Person];
  const eve = await node.person();
  const id = await node.make(ada, {
    kind: "group",
    title: "Secrets",
    member_ids: [eve.caller.userId],
    settings: { history_visibility: "none" },
  });
  const secret = await node.say(ada, id, "a secret");
  await node.members.addMembers(ada.caller, id, { user_ids: [bob.caller.userId] });
  const [owner, late] = [await node.connect(ada), await node.connect(bob)];
  const first = await node.say(ada, id, "for all");
  await node.changing.edit(ada.caller, id, secret.id as never, { content: "still a secret" });
  await node.reactions.add(eve.caller, secret.id as never, "🤫");
  await node.pins.pin(ada.caller, id, secret.id as never);
  await node.reactions.add(eve.caller, first.id as never, "👍");
  const last = first.seq + 4;
  await Promise.all([owner.version(id, last), late.version(id, last)]);
  const types = (client: SocketClient): string[] => client.changes(id).map((event) => event.type);
  expect(types(owner)).toEqual(["message.created", "message.updated", "reaction.added", "pin.added", "reaction.added"]);
  expect(types(late)).toEqual([
    "message.created",
    "version.skipped",
    "version.skipped",
    "version.skipped",
    "reaction.added",
  ]);
  expect(late.changes(id)[1]).toMatchObject({ user_id: null, data: {} });
  expect(JSON.stringify(late.frames)).not.toContain("secret");
  // Whoever becomes an admin sees it all, and whoever is one no more does not.
  await node.members.setRole(ada.caller, id, bob.caller.userId, "admin");
  await node.changing.edit(ada.caller, id, secret.id as never, { content: "known to admins" });
  await late.version(id, last + 2);
  expect(late.changes(id).at(-1)?.type).toBe("message.updated");
});

test("a change of the history setting binds what is told from then on", async () => {
  const node = await start();
  const [ada, bob] = (await people(node, 2)) as [Person, Person];
  const id = await node.make(ada, { kind: "group", title: "Open", member_ids: [(await node.person()).caller.userId] });
  const old = await node.say(ada, id, "old");
  await node.members.addMembers(ada.caller, id, { user_ids: [bob.caller.userId] });
  const late = await node.connect(bob);
  await node.changing.edit(ada.caller, id, old.id as never, { content: "seen" });
  await node.conversations.update(ada.caller, id, { settings: { history_visibility: "member_join_date" } });
  await node.changing.edit(ada.caller, id, old.id as never, { content: "unseen" });
  await late.version(id, old.seq + 4);
  expect(late.changes(id).map((event) => event.type)).toEqual([
    "message.updated",
    "conversation.updated",
    "version.skipped",
  ]);
});

test("guests are not told who the other members are", async () => {
  const node = await start();
  const [ada, guest, eve] = (await people(node, 3)) as [Person, Person, Person];
  const id = await node.make(ada, {
    kind: "group",
    title: "With a guest",
    member_ids: [(await node.person()).caller.userId],
  });
  await node.members.addMembers(ada.caller, id, { user_ids: [guest.caller.userId], role: "guest" });
  const client = await node.connect(guest);
  await node.members.addMembers(ada.caller, id, { user_ids: [eve.caller.userId] });
  await node.members.setRole(ada.caller, id, guest.caller.userId, "member");
  await node.members.removeMember(ada.caller, id, eve.caller.userId);
  await until(() => client.changes(id).length === 3);
  expect(client.changes(id).map((event) => event.type)).toEqual([
    "version.skipped",
    "member.updated",
    "member.removed",
  ]);
});

test("a deleted conversation ends with its deletion, and is heard again when it is restored", async () => {
  const node = await start();
  const [ada, bob] = (await people(node, 2)) as [Person, Person];
  const staff = await node.person({ staff: true });
  const id = await node.make(ada, { kind: "group", title: "Phoenix", member_ids: [bob.caller.userId] });
  const client = await node.connect(bob);
  await node.conversations.remove(ada.caller, id);
  await until(() => client.changes(id).length === 1);
  expect(client.changes(id)[0]?.type).toBe("conversation.deleted");
  expect(node.hub.stats().streams).toBe(0);
  await node.conversations.restore(staff.caller, id);
  await node.say(ada, id, "again");
  await until(() => client.changes(id).length === 3);
  expect(client.changes(id).map((event) => event.type)).toEqual([
    "conversation.deleted",
    "conversation.updated",
    "message.created",
  ]);
});

test("who opens a public channel follows it as long as they may", async () => {
  const node = await start({ hub: { auditMs: 50 } });
  const [ada, bob] = (await people(node, 2)) as [Person, Person];
  const id = await node.make(ada, { kind: "channel", title: "Open", visibility: "public" });
  const reader = await node.connect(bob);
  const { seq } = await node.say(ada, id, "unheard");
  expect(await reader.ok("open", { conversation_id: id })).toMatchObject({ head: seq });
  const heard = await node.say(ada, id, "heard");
  await reader.version(id, heard.seq);
  await reader.ok("close", { conversation_id: id });
  await node.say(ada, id, "unheard");
  await reader.ok("open", { conversation_id: id });
  await node.conversations.update(ada.caller, id, { settings: { history_visibility: "none" } });
  await until(() => reader.changes(id).length === 2);
  await node.say(ada, id, "hidden");
  await until(() => reader.changes(id).length === 3);
  await node.conversations.update(ada.caller, id, { visibility: "private" });
  await node.say(ada, id, "unheard");
  await until(() => node.hub.stats().streams === 0);
  expect(reader.changes(id).map((event) => event.type)).toEqual([
    "message.created",
    "conversation.updated",
    "version.skipped",
  ]);
  expect(await reader.refused("open", { conversation_id: id })).toMatchObject({ code: "not_found" });
});

test("who leaves a space follows its public channels no more, and who joins a channel goes on hearing it once", async () => {
  const node = await start();
  const [ada, bob, eve] = (await people(node, 3)) as [Person, Person, Person];
  const spaceId = crypto.randomUUID();
  await run(
    store.database,
    "INSERT INTO spaces (id, slug, name, created_by) VALUES ($1::uuid, $1::text, 'Space', $2)",
    [spaceId, ada.caller.userId],
  );
  for (const { caller } of [ada, bob, eve]) {
    await run(store.database, "INSERT INTO space_members (space_id, user_id) VALUES ($1, $2)", [
      spaceId,
      caller.userId,
    ]);
  }
  await run(store.database, "UPDATE space_members SET role = 'owner' WHERE space_id = $1 AND user_id = $2", [
    spaceId,
    ada.caller.userId,
  ]);
  const id = await node.make(ada, {
    kind: "channel",
    title: "Open",
    slug: "open",
    visibility: "public",
    space_id: spaceId,
  });
  const [leaves, joins] = [await node.connect(bob), await node.connect(eve)];
  await leaves.ok("open", { conversation_id: id });
  await joins.ok("open", { conversation_id: id });
  await node.members.join(eve.caller, id);
  await joins.version(id, 2);
  await leaves.version(id, 2);
  await run(store.database, "DELETE FROM space_members WHERE space_id = $1 AND user_id = $2", [
    spaceId,
    bob.caller.userId,
  ]);
  await node.hub.spaceChanged(spaceId as never);
  const { seq } = await node.say(eve, id);
  await joins.version(id, seq);
  expectContiguous(joins, id, 2, seq);
  expectContiguous(leaves, id, 2, 2);
});

test("staff hear every support conversation from its beginning, and nobody else does", async () => {
  const node = await start();
  const [customer, other] = (await people(node, 2)) as [Person, Person];
  const staff = await node.person({ staff: true });
  const [serving, bystander] = [await node.connect(staff), await node.connect(other)];
  await node.make(other, { kind: "group", title: "Not theirs", member_ids: [customer.caller.userId] });
  const id = await node.make(customer, { kind: "support" });
  const asked = await node.say(customer, id, "help");
  await serving.version(id, asked.seq);
  const answered = await node.say(staff, id, "gladly");
  await serving.version(id, answered.seq);
  expectContiguous(serving, id, 1, answered.seq);
  const client = await node.connect(customer);
  const thanks = await node.say(customer, id, "thanks");
  await client.version(id, thanks.seq);
  await serving.version(id, thanks.seq);
  expectContiguous(serving, id, 1, thanks.seq);
  expect(bystander.events(id)).toEqual([]);
  expect(serving.frames.filter((frame) => "conversation_id" in frame && frame.conversation_id !== id)).toEqual([]);
});
