import { afterEach, expect, test } from "vitest";
import type { Reader } from "../src/store/database.ts";
import { useTestDatabase } from "./harness/database.ts";
import { startLiveNode, type LiveNode, type Person } from "./harness/live-node.ts";
import { SocketClient } from "./harness/socket.ts";
import { until } from "./harness/until.ts";

const store = useTestDatabase();
let node: LiveNode | undefined;

afterEach(async () => {
  expect(node?.troubles).toEqual([]);
  await node?.[Symbol.asyncDispose]();
  node = undefined;
});

/** A reader that keeps the answer of one statement back until it is let go. */
class HeldReader implements Reader {
  isHolding = false;
  reached = 0;
  readonly #name: string;
  #letGo: (() => void)[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  async query<R>(statement: Parameters<Reader["query"]>[0]): Promise<R[]> {
    const rows = await store.database.query<R>(statement);
    if (statement.name === this.#name && this.isHolding) {
      this.reached += 1;
      await new Promise<void>((resolve) => this.#letGo.push(resolve));
    }
    return rows;
  }

  letGo(): void {
    this.isHolding = false;
    for (const resolve of this.#letGo.splice(0)) resolve();
  }
}

async function start(reader: Reader): Promise<{ node: LiveNode; ada: Person; bob: Person; eve: Person }> {
  // Without the net below: the seam has to hold by itself.
  node = await startLiveNode(store.database, { reader, hub: { tailMs: 600_000 } });
  return { node, ada: await node.person(), bob: await node.person(), eve: await node.person() };
}

/** Begins to connect; what the memberships are, is read, but not yet taken in. */
async function connecting(live: LiveNode, who: Person, reader: HeldReader): Promise<SocketClient> {
  reader.isHolding = true;
  const client = await SocketClient.open(live.url, { token: who.token });
  await until(() => reader.reached > 0);
  return client;
}

test("what is committed between the reading of the memberships and the subscription is told, though nothing follows", async () => {
  const reader = new HeldReader("find_live_memberships");
  const { node: live, ada, bob } = await start(reader);
  const id = await live.make(ada, { kind: "group", title: "Quiet", member_ids: [bob.caller.userId] });
  await using client = await connecting(live, bob, reader);
  const { seq } = await live.say(ada, id, "in between");
  reader.letGo();
  await client.version(id, seq);
  expect(client.changes(id)).toHaveLength(1);
});

test("who is removed between the reading and the subscription hears of it, and of nothing after it", async () => {
  const reader = new HeldReader("find_live_memberships");
  const { node: live, ada, bob, eve } = await start(reader);
  const [busy, idle] = (await Promise.all(
    [0, 1].map(() =>
      live.make(ada, { kind: "group", title: "Leaving", member_ids: [bob.caller.userId, eve.caller.userId] }),
    ),
  )) as [never, never];
  // In one of them somebody else listens, so that its stream goes on while the reading lasts.
  await live.connect(ada);
  await live.members.removeMember(eve.caller, idle, eve.caller.userId);
  await using client = await connecting(live, bob, reader);
  for (const id of [busy, idle]) {
    await live.members.removeMember(ada.caller, id, bob.caller.userId);
    await live.say(ada, id, "behind their back");
  }
  reader.letGo();
  await client.next("connected");
  for (const id of [busy, idle]) await live.say(ada, id, "behind their back");
  await client.command("ping", {});
  expect(JSON.stringify(client.frames)).not.toContain("behind");
});

test("who is added or comes back between the reading and the subscription is subscribed", async () => {
  const reader = new HeldReader("find_live_memberships");
  const { node: live, ada, bob, eve } = await start(reader);
  const back = await live.make(ada, {
    kind: "group",
    title: "Back",
    member_ids: [bob.caller.userId, eve.caller.userId],
  });
  const fresh = await live.make(ada, { kind: "group", title: "New", member_ids: [eve.caller.userId] });
  await live.connect(ada);
  await using client = await connecting(live, bob, reader);
  await live.members.removeMember(ada.caller, back, bob.caller.userId);
  for (const id of [back, fresh]) await live.members.addMembers(ada.caller, id, { user_ids: [bob.caller.userId] });
  const made = await live.make(ada, { kind: "direct", member_ids: [bob.caller.userId] });
  reader.letGo();
  await client.next("connected");
  for (const id of [back, fresh, made]) {
    const { seq } = await live.say(ada, id);
    await client.version(id, seq);
  }
});

test("what is committed while a channel is being opened is told to who opens it", async () => {
  const reader = new HeldReader("find_standing");
  const { node: live, ada, bob } = await start(reader);
  const id = await live.make(ada, { kind: "channel", title: "Open", visibility: "public" });
  const client = await live.connect(bob);
  reader.isHolding = true;
  const opening = client.ok("open", { conversation_id: id });
  await until(() => reader.reached > 0);
  const { seq } = await live.say(ada, id, "in between");
  reader.letGo();
  expect((await opening).head).toBe(seq - 1);
  await client.version(id, seq);
});

test("a message that was sent while an earlier one was being read comes after it", async () => {
  const reader = new HeldReader("find_members");
  const { node: live, ada, bob, eve } = await start(reader);
  const id = await live.make(ada, { kind: "group", title: "Slow", member_ids: [bob.caller.userId] });
  const client = await live.connect(bob);
  reader.isHolding = true;
  await live.members.addMembers(ada.caller, id, { user_ids: [eve.caller.userId] });
  await until(() => reader.reached > 0);
  const { seq } = await live.say(ada, id, "after her");
  expect(client.changes(id)).toEqual([]);
  expect(live.hub.stats().lag).toBe(2);
  reader.letGo();
  await client.version(id, seq);
  expect(client.changes(id).map(({ type }) => type)).toEqual(["member.added", "message.created"]);
});

test("when the database is away, what is owed is told once it is back", async () => {
  let isAway = false;
  const reader: Reader = {
    async query(statement) {
      if (isAway) throw new Error("the database is away");
      return await store.database.query(statement);
    },
  };
  const { node: live, ada, bob, eve } = await start(reader);
  const id = await live.make(ada, { kind: "group", title: "Away", member_ids: [bob.caller.userId] });
  const client = await live.connect(bob);
  isAway = true;
  await live.members.addMembers(ada.caller, id, { user_ids: [eve.caller.userId] });
  const { seq } = await live.say(ada, id);
  await until(() => live.troubles.length > 1);
  isAway = false;
  await client.version(id, seq);
  expect(client.changes(id).map(({ type }) => type)).toEqual(["member.added", "message.created"]);
  live.troubles.splice(0);
});
