import type { Conversation, Member, Message, Problem, Space } from "@parley/protocol";
import { randomUUID } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ConversationId } from "../../src/domain/ids.ts";
import { expectSound } from "../harness/committer.ts";
import { useTestDatabase } from "../harness/database.ts";
import { mint, startNode, type Answered, type Person, type TestNode } from "../harness/node.ts";
import { until } from "../harness/until.ts";
import { makeStranger } from "./places.ts";

/** What happens at the same time, over two nodes that share a database: whoever is first, everyone is told the same. */
const store = useTestDatabase();
let nodes: readonly TestNode[];
let node: TestNode;
let ada: Person;
let grace: Person;

beforeAll(async () => {
  nodes = await Promise.all([startNode(store.database), startNode(store.database)]);
  node = nodes[0] as TestNode;
});
beforeEach(async () => {
  [ada, grace] = await Promise.all([makeStranger(node), makeStranger(node)]);
});
afterAll(async () => {
  for (const each of nodes) expect(each.faults()).toEqual([]);
  await Promise.all(nodes.map((each) => each.close()));
});

/** The n-th of many requests, by turns on each node. */
const at = (n: number): TestNode => nodes[n % nodes.length] as TestNode;
const times = <T>(count: number, work: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => work(n)));

/** How often each status came: { 201: 1, 200: 49 }. */
function tally(answers: readonly Answered<unknown>[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

async function makeGroup(members: readonly Person[]): Promise<string> {
  const body = { kind: "group", title: "Race", member_ids: members.map(({ id }) => id) };
  return (await node.done<Conversation>(ada, "POST", "/v1/conversations", body)).id;
}

const say = (n: number, who: Person, id: string, body: object = {}) =>
  at(n).call<Message & Problem>(who, "POST", `/v1/conversations/${id}/messages`, {
    body: { content: `${n}`, ...body },
  });

async function messagesOf(id: string): Promise<Message[]> {
  const messages: Message[] = [];
  for (let cursor = ""; ;) {
    const page = await node.done<{ items: Message[]; next_cursor: string | null }>(
      node.host,
      "GET",
      `/v1/conversations/${id}/messages?limit=100${cursor}`,
    );
    messages.push(...page.items);
    if (page.next_cursor === null) return messages.toReversed();
    cursor = `&cursor=${page.next_cursor}`;
  }
}

interface ChangeRow {
  readonly version: number;
  readonly type: string;
  readonly subject_id: string;
}

async function logOf(id: string): Promise<ChangeRow[]> {
  await expectSound(store.database, id as ConversationId);
  return await store.database.query<ChangeRow>({
    text: "SELECT version, type, subject_id FROM changes WHERE conversation_id = $1 ORDER BY version",
    values: [id],
  });
}

describe("what exists once", () => {
  test("a direct conversation, under 50 creations from both sides", async () => {
    for (let round = 0; round < 4; round += 1) {
      const [one, other] = await Promise.all([makeStranger(node), makeStranger(node)]);
      const answers = await times(50, (n) => {
        const [who, whom] = n % 3 === 0 ? [one, other] : [other, one];
        return at(n).call<Conversation>(who, "POST", "/v1/conversations", {
          body: { kind: "direct", member_ids: [whom.id] },
        });
      });
      expect(tally(answers)).toEqual({ 201: 1, 200: 49 });
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
      expect((await logOf(answers[0]?.body.id as string)).map(({ type }) => type)).toEqual(["conversation.created"]);
    }
  });

  test("a direct conversation, under 50 first messages from both sides: all of them are in it", async () => {
    const answers = await times(50, (n) => {
      const [who, whom] = n % 2 === 0 ? [ada, grace] : [grace, ada];
      return at(n).call<Message>(who, "POST", "/v1/messages", {
        body: { id: uuidv7(), recipient_id: whom.id, content: `${n}` },
      });
    });
    expect(tally(answers)).toEqual({ 201: 50 });
    const [id = "", ...more] = new Set(answers.map(({ body }) => body.conversation_id));
    expect(more).toEqual([]);
    expect((await messagesOf(id)).map(({ ordinal }) => ordinal)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
  });

  test("a support conversation, asked for by the customer, staff and the host", async () => {
    const sam = await node.person("sam", { staff: true });
    const answers = await times(50, (n) => {
      const who = [ada, sam, node.host][n % 3] as Person;
      return at(n).call<Conversation>(who, "POST", "/v1/conversations", {
        body: { kind: "support", member_ids: [ada.id] },
      });
    });
    expect(tally(answers)).toEqual({ 201: 1, 200: 49 });
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });

  test("a system conversation, made by 50 notices: all of them are in it", async () => {
    const answers = await times(50, (n) =>
      at(n).call<Message>(node.host, "POST", "/v1/messages", {
        body: { recipient_id: ada.id, content_type: "system_notification", content: `${n}` },
      }),
    );
    expect(tally(answers)).toEqual({ 201: 50 });
    expect(new Set(answers.map(({ body }) => body.conversation_id)).size).toBe(1);
  });

  test("a slug of a channel and of a space, and a username", async () => {
    const slug = `s${randomUUID()}`;
    const spaces = await times(30, (n) =>
      at(n).call<Space>(ada, "POST", "/v1/spaces", { body: { name: "Race", slug } }),
    );
    expect(tally(spaces)).toEqual({ 201: 1, 409: 29 });
    const space_id = spaces.find(({ status }) => status === 201)?.body.id;
    const channels = await times(30, (n) =>
      at(n).call(ada, "POST", "/v1/conversations", { body: { kind: "channel", slug: "race", space_id } }),
    );
    expect(tally(channels)).toEqual({ 201: 1, 409: 29 });
    const people = await times(10, () => node.person("racer"));
    const names = await Promise.all(
      people.map((person, n) => at(n).call(person, "PATCH", "/v1/users/me", { body: { username: `u${slug}` } })),
    );
    expect(tally(names)).toEqual({ 200: 1, 409: 9 });
  });

  test("a user, made by 20 first tokens and as many upserts of the host", async () => {
    const sub = `racer-${randomUUID()}`;
    const answers = await times(40, async (n) => {
      if (n % 2 === 0) return await at(n).call<{ id: string }>(await mint({ sub, n }), "GET", "/v1/users/me");
      return await at(n).call<{ id: string }>(node.host, "PUT", `/v1/users/${sub}`, {
        body: { display_name: "Racer" },
      });
    });
    const { 200: found = 0, 201: made = 0, ...others } = tally(answers);
    expect([others, found + made, made <= 1]).toEqual([{}, 40, true]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });
});

describe("storms of one id", () => {
  test("200 sends of one message are one message, and all are told its place", async () => {
    const group = await makeGroup([grace]);
    const id = uuidv7();
    const answers = await times(200, (n) => say(n, ada, group, { id, content: "once" }));
    expect(tally(answers)).toEqual({ 201: 1, 200: 199 });
    expect(new Set(answers.map(({ body }) => `${body.id} ${body.seq} ${body.ordinal} ${body.content}`))).toEqual(
      new Set([`${id} 2 1 once`]),
    );
    expect((await logOf(group)).map(({ type }) => type)).toEqual(["conversation.created", "message.created"]);
  });

  test("of different messages under one id one is written, and the others are told nothing but that", async () => {
    const group = await makeGroup([grace]);
    const elsewhere = await makeGroup([grace]);
    const id = uuidv7();
    const answers = await times(120, (n) =>
      say(n, n % 2 === 0 ? ada : grace, n % 3 === 0 ? elsewhere : group, { id, content: `${n % 4}` }),
    );
    const written = answers.filter(({ status }) => status === 201);
    expect(written).toHaveLength(1);
    const [winner] = written;
    for (const { status, body } of answers) {
      if (status === 200)
        expect([body.sender_id, body.conversation_id, body.content]).toEqual([
          winner?.body.sender_id,
          winner?.body.conversation_id,
          winner?.body.content,
        ]);
      else if (status !== 201)
        expect([status, body.code, body.detail]).toEqual([
          409,
          "conflict",
          "This id names another message. Send with a new id.",
        ]);
    }
    expect([...(await messagesOf(group)), ...(await messagesOf(elsewhere))]).toHaveLength(1);
  });

  test("the same goes for replies, and their root counts them once", async () => {
    const group = await makeGroup([grace]);
    const root = (await say(0, ada, group)).body;
    const ids = Array.from({ length: 10 }, () => uuidv7());
    const answers = await times(100, (n) =>
      at(n).call<Message>(grace, "POST", `/v1/messages/${root.id}/thread`, {
        body: { id: ids[n % 10], content: "me too" },
      }),
    );
    expect(tally(answers)).toEqual({ 201: 10, 200: 90 });
    expect((await messagesOf(group))[0]).toMatchObject({ reply_count: 10 });
  });

  test("a group that is asked for again with the same first message is made once", async () => {
    const body = {
      kind: "group",
      title: "Once",
      member_ids: [grace.id],
      initial_message: { id: uuidv7(), content: "hello" },
    };
    const first = await node.call<Conversation>(ada, "POST", "/v1/conversations", { body });
    const again = await times(20, (n) => at(n).call<Conversation>(ada, "POST", "/v1/conversations", { body }));
    expect(tally(again)).toEqual({ 200: 20 });
    expect(new Set(again.map(({ body: { id } }) => id))).toEqual(new Set([first.body.id]));
  });

  test("one reaction is one, and a scheduled message is taken once", async () => {
    const group = await makeGroup([grace]);
    const { id } = (await say(0, ada, group)).body;
    const reactions = await times(40, (n) =>
      at(n).call<{ count: number }>(grace, "POST", `/v1/messages/${id}/reactions`, { body: { reaction: "👍" } }),
    );
    expect(tally(reactions)).toEqual({ 201: 1, 200: 39 });
    expect(new Set(reactions.map(({ body }) => body.count))).toEqual(new Set([1]));
    const body = { id: uuidv7(), content: "later", send_at: new Date(Date.now() + 3_600_000).toISOString() };
    expect(tally(await times(40, (n) => say(n, ada, group, body)))).toEqual({ 202: 40 });
    const { items } = await node.done<{ items: unknown[] }>(
      ada,
      "GET",
      `/v1/scheduled-messages?conversation_id=${group}`,
    );
    expect(items).toHaveLength(1);
  });
});

interface Sending {
  /** Waits until so many more were answered. */
  more(count: number): Promise<void>;
  /** Ends it; everything that was answered. */
  stop(): Promise<Answered<Message & Problem>[]>;
}

/** Sends one after the other, in several lines, until told to stop. */
function keepSending(who: Person, group: string): Sending {
  let goes = true;
  const answers: Answered<Message & Problem>[] = [];
  const lines = times(8, async (line) => {
    for (let n = line; goes; n += 8) answers.push(await say(n, who, group));
  });
  return {
    async more(count) {
      const enough = answers.length + count;
      await until(() => answers.length >= enough);
    },
    async stop() {
      goes = false;
      await lines;
      return answers;
    },
  };
}

/** Where in the log somebody might write: between the versions of these changes, by turns. */
function mayWrite(turns: readonly number[], seq: number): boolean {
  return turns.filter((version) => version < seq).length % 2 === 0;
}

describe("what is taken away while it is used", () => {
  test("the permission to send: nothing is written between a denial and the next grant", async () => {
    const group = await makeGroup([grace]);
    const path = `/v1/conversations/${group}/members/${grace.id}/permissions`;
    const sending = keepSending(grace, group);
    for (let turn = 0; turn < 10; turn += 1) {
      await sending.more(12);
      await at(turn).done<Member>(ada, "PUT", path, { permissions: turn % 2 === 0 ? { send_messages: false } : {} });
      if (turn % 2 === 0)
        expect((await say(turn, grace, group)).status, "after the answer there is no doubt").toBe(403);
    }
    const answers = await sending.stop();
    const { 201: sent = 0, 403: refused = 0, ...others } = tally(answers);
    expect(others).toEqual({});
    expect([sent > 0, refused > 0]).toEqual([true, true]);
    const log = await logOf(group);
    const turns = log.filter(({ type }) => type === "member.updated").map(({ version }) => version);
    const written = log.filter(({ type }) => type === "message.created");
    expect(written.filter(({ version }) => !mayWrite(turns, version))).toEqual([]);
    expect(written).toHaveLength(sent);
    for (const { status, body } of answers) if (status === 201) expect(mayWrite(turns, body.seq)).toBe(true);
  });

  test("the membership: nothing is written after a removal, until they are in again", async () => {
    const group = await makeGroup([grace]);
    const path = `/v1/conversations/${group}/members`;
    const sending = keepSending(grace, group);
    for (let turn = 0; turn < 10; turn += 1) {
      await sending.more(12);
      if (turn % 2 === 0) {
        await at(turn).done(ada, "DELETE", `${path}/${grace.id}`);
        expect((await say(turn + 1, grace, group)).status).toBe(404);
        expect((await at(turn).call(grace, "GET", `/v1/conversations/${group}`)).status).toBe(404);
      } else await at(turn).done(ada, "POST", path, { user_id: grace.id });
    }
    const answers = await sending.stop();
    const { 201: sent = 0, 404: refused = 0, ...others } = tally(answers);
    expect(others).toEqual({});
    expect([sent > 0, refused > 0]).toEqual([true, true]);
    const log = await logOf(group);
    const turns = log
      .filter(({ type }) => type === "member.added" || type === "member.removed")
      .map(({ version }) => version);
    const written = log.filter(({ type }) => type === "message.created");
    expect(written.filter(({ version }) => !mayWrite(turns, version))).toEqual([]);
    expect(written).toHaveLength(sent);
  });

  test("the same for edits, reactions and pins of somebody who is removed", async () => {
    for (let round = 0; round < 8; round += 1) {
      const group = await makeGroup([grace]);
      const { id } = (await say(0, grace, group)).body;
      const path = `/v1/conversations/${group}`;
      const acts = times(30, (n) => {
        const asked = at(n);
        if (n % 5 === 4) return asked.call(grace, "PUT", `${path}/pins/${id}`);
        if (n % 2 === 0) return asked.call(grace, "PUT", `${path}/messages/${id}`, { body: { content: `edit ${n}` } });
        return asked.call(grace, "POST", `/v1/messages/${id}/reactions`, { body: { reaction: `:r${n}:` } });
      });
      // Now and then a little later.
      for (let turn = 0; turn < round; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      await at(round).done(ada, "DELETE", `${path}/members/${grace.id}`);
      const answers = await acts;
      const { 200: done = 0, 201: added = 0, 404: refused = 0, ...others } = tally(answers);
      expect([others, done + added + refused]).toEqual([{}, 30]);
      expect((await logOf(group)).at(-1)?.type).toBe("member.removed");
    }
  });

  test("contact: after a block nothing more is written, from either side", async () => {
    const { id } = await node.done<Conversation>(ada, "POST", "/v1/conversations", {
      kind: "direct",
      member_ids: [grace.id],
    });
    const [one, other] = [keepSending(ada, id), keepSending(grace, id)];
    await Promise.all([one.more(20), other.more(20)]);
    await node.done(grace, "PUT", `/v1/users/${ada.id}/block`);
    const after = await times(10, (n) => say(n, n % 2 === 0 ? ada : grace, id));
    expect(tally(after)).toEqual({ 403: 10 });
    const answers = [...(await one.stop()), ...(await other.stop())];
    const { 201: sent = 0, 403: refused = 0, ...others } = tally(answers);
    expect([others, sent > 0, refused > 0]).toEqual([{}, true, true]);
    expect(await messagesOf(id)).toHaveLength(sent);
  });

  test("a space: who is removed from it while they join its channel does not stay there", async () => {
    const { id: space } = await node.done<Space>(ada, "POST", "/v1/spaces", { name: "Race", slug: `r${randomUUID()}` });
    const body = { kind: "channel", title: "Open", visibility: "public", space_id: space };
    const { id: channel } = await node.done<Conversation>(ada, "POST", "/v1/conversations", body);
    for (let round = 0; round < 15; round += 1) {
      await node.done(ada, "POST", `/v1/spaces/${space}/members`, { user_id: grace.id });
      const [removed, joined] = await Promise.all([
        at(round).call(ada, "DELETE", `/v1/spaces/${space}/members/${grace.id}`),
        at(round + 1).call(grace, "POST", `/v1/conversations/${channel}/join`),
      ]);
      expect(removed.status).toBe(204);
      expect([200, 404, 409], joined.text).toContain(joined.status);
      expect((await node.call(grace, "GET", `/v1/conversations/${channel}`)).status).toBe(404);
    }
    await logOf(channel);
  });
});

describe("ownership", () => {
  const ownersOf = async (id: string): Promise<string[]> => {
    const { items } = await node.done<{ items: Member[] }>(node.host, "GET", `/v1/conversations/${id}/members`);
    return items.filter(({ role }) => role === "owner").map(({ user_id }) => user_id);
  };

  test("is not lost between its transfer and the leaving of the heir", async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 30; round += 1) {
      const group = await makeGroup([grace]);
      const path = `/v1/conversations/${group}`;
      const [transfer, leave] = await Promise.all([
        at(round).call(ada, "POST", `${path}/transfer`, { body: { user_id: grace.id } }),
        at(round + 1).call<Problem>(grace, "POST", `${path}/leave`),
      ]);
      seen.add(`${transfer.status} ${leave.status}`);
      expect(["200 409", "404 204"]).toContain(`${transfer.status} ${leave.status}`);
      if (leave.status === 409) expect(leave.body.code).toBe("transfer_required");
      expect(await ownersOf(group)).toEqual([transfer.status === 200 ? grace.id : ada.id]);
      await logOf(group);
    }
    expect(seen.size).toBeGreaterThan(0);
  });

  test("is not lost between its transfer and the leaving of the owner", async () => {
    for (let round = 0; round < 30; round += 1) {
      const group = await makeGroup([grace]);
      const path = `/v1/conversations/${group}`;
      const [transfer, leave] = await Promise.all([
        at(round).call(ada, "POST", `${path}/transfer`, { body: { user_id: grace.id } }),
        at(round + 1).call(ada, "POST", `${path}/leave`),
      ]);
      // The last owner cannot leave; the former one can.
      expect(["200 409", "200 204"]).toContain(`${transfer.status} ${leave.status}`);
      expect(await ownersOf(group)).toEqual([grace.id]);
    }
  });

  test("is not lost when all owners leave, step down or are removed at once", async () => {
    for (let round = 0; round < 20; round += 1) {
      const barbara = await makeStranger(node);
      const group = await makeGroup([grace, barbara]);
      const path = `/v1/conversations/${group}`;
      for (const heir of [grace, barbara])
        await node.done(ada, "PUT", `${path}/members/${heir.id}/role`, { role: "owner" });
      const answers = await Promise.all([
        at(0).call(ada, "POST", `${path}/leave`),
        at(1).call(grace, "PUT", `${path}/members/${grace.id}/role`, { body: { role: "member" } }),
        at(0).call(barbara, "DELETE", `${path}/members/${ada.id}`),
        at(1).call(grace, "DELETE", `${path}/members/${barbara.id}`),
        at(0).call(barbara, "POST", `${path}/leave`),
      ]);
      for (const { status, text } of answers) expect([200, 204, 403, 404, 409], text).toContain(status);
      expect((await ownersOf(group)).length).toBeGreaterThan(0);
      await logOf(group);
    }
  });
});

test("reading goes forward only, whatever comes first", async () => {
  const group = await makeGroup([grace]);
  const sent = await times(40, (n) => say(n, ada, group));
  const seqs = sent.map(({ body }) => body.seq);
  await times(80, (n) => at(n).call(grace, "POST", `/v1/conversations/${group}/read`, { body: { seq: seqs[n % 40] } }));
  for (const each of nodes) {
    expect(await each.done<Conversation>(grace, "GET", `/v1/conversations/${group}`)).toMatchObject({
      last_read_seq: Math.max(...seqs),
      unread_count: 0,
    });
  }
});

test("a message that is edited and deleted at once is deleted in the end, and its thread counts right", async () => {
  for (let round = 0; round < 10; round += 1) {
    const group = await makeGroup([grace]);
    const root = (await say(0, ada, group)).body;
    const replies = await times(6, (n) => say(n, grace, group, { parent_id: root.id }));
    const path = `/v1/conversations/${group}/messages`;
    const answers = await Promise.all([
      ...replies.slice(0, 3).map(({ body }, n) => at(n).call(grace, "DELETE", `${path}/${body.id}`)),
      ...replies.slice(0, 3).map(({ body }, n) => at(n).call(ada, "DELETE", `${path}/${body.id}`)),
      ...replies.map(({ body }, n) =>
        at(n + 1).call(grace, "PUT", `${path}/${body.id}`, { body: { content: "changed" } }),
      ),
      ...replies.map((_, n) => say(n, ada, group, { parent_id: root.id })),
    ]);
    for (const { status, text } of answers) expect([200, 201, 204, 409], text).toContain(status);
    const messages = await messagesOf(group);
    const living = messages.filter(
      ({ thread_root_id, deleted_at }) => thread_root_id === root.id && deleted_at === null,
    );
    expect(messages.filter(({ deleted_at }) => deleted_at !== null)).toHaveLength(3);
    expect(messages[0]).toMatchObject({ id: root.id, reply_count: living.length });
    await logOf(group);
  }
});
