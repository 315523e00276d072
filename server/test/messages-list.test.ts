import { messageListQuery, threadQuery, type Message } from "@parley/protocol";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId, MessageId } from "../src/domain/ids.ts";
import { useTestDatabase } from "./harness/database.ts";
import { codeOf } from "./harness/membership.ts";
import { startMessages, type MessageServices } from "./harness/messages.ts";
import { HOST, makeConversation, makeUser, run } from "./harness/rows.ts";

const store = useTestDatabase();
let services: MessageServices;
let ada: Caller;
let bob: Caller;
let group: ConversationId;
/** 1 to 40, ten seconds apart; every fourth one is a reply to the first. */
let sent: Message[];

beforeAll(async () => {
  services = startMessages(store.database);
  [ada, bob] = await Promise.all([makeUser(store.database), makeUser(store.database)]);
  group = await makeConversation(store.database, { members: [ada, bob] });
  sent = [];
  for (let n = 1; n <= 40; n += 1) {
    const parent = n % 4 === 0 ? { parent_id: sent[0]?.id ?? null } : {};
    sent.push(await services.say(ada, group, { content: String(n), ...parent }));
    // Changes in between: seqs of messages are not dense.
    if (n % 7 === 0) await services.reactions.add(bob, sent[0]?.id as MessageId, `:r${n}:`);
  }
  await run(
    store.database,
    "UPDATE messages SET created_at = '2026-01-01T00:00:00Z'::timestamptz + make_interval(secs => 10 * ordinal) WHERE conversation_id = $1",
    [group],
  );
});
afterAll(() => services.close());

const timeOf = (n: number, ms = 0) => new Date(Date.UTC(2026, 0, 1) + n * 10_000 + ms).toISOString();
const at = (n: number) => sent[n - 1] as Message;

async function list(query: Record<string, string> = {}, who = ada, id = group) {
  const page = await services.reading.list(who, id, messageListQuery.parse(query));
  return { ...page, numbers: page.items.map((message) => Number(message.content)) };
}
/** From `high` down to `low`. */
const down = (high: number, low: number) => Array.from({ length: Math.max(0, high - low + 1) }, (_, n) => high - n);

describe("a page", () => {
  test("without an anchor is the last messages, newest first, and its cursor leads to the end of the older ones", async () => {
    const first = await list({ limit: "15" });
    expect(first.numbers).toEqual(down(40, 26));
    expect(first.prev_cursor).toBeNull();
    const second = await list({ limit: "15", cursor: first.next_cursor ?? "" });
    expect(second.numbers).toEqual(down(25, 11));
    const third = await list({ limit: "15", cursor: second.next_cursor ?? "" });
    expect([third.numbers, third.next_cursor]).toEqual([down(10, 1), null]);
    const back = await list({ limit: "15", cursor: third.prev_cursor ?? "" });
    expect(back.numbers).toEqual(down(25, 11));
    const front = await list({ limit: "15", cursor: back.prev_cursor ?? "" });
    expect([front.numbers, front.prev_cursor]).toEqual([down(40, 26), null]);
    expect((await list({ limit: "15", cursor: second.prev_cursor ?? "" })).numbers).toEqual(down(40, 26));
  });

  test.each([
    ["seq", (n: number) => String(at(n).seq)],
    ["id", (n: number) => at(n).id],
    ["time", (n: number) => timeOf(n)],
  ])("before, after and around a %s", async (_, name) => {
    expect((await list({ before: name(20), limit: "5" })).numbers).toEqual(down(19, 15));
    expect((await list({ after: name(20), limit: "5" })).numbers).toEqual(down(25, 21));
    const around = await list({ around: name(20), limit: "5" });
    expect(around.numbers).toContain(20);
    expect(around.numbers).toHaveLength(5);
    expect(around.numbers[0]).toBeGreaterThanOrEqual(21);
    expect(around.numbers.at(-1)).toBeLessThanOrEqual(19);
    expect((await list({ cursor: around.next_cursor ?? "", limit: "2" })).numbers).toEqual(
      down((around.numbers.at(-1) ?? 0) - 1, (around.numbers.at(-1) ?? 0) - 2),
    );
    expect((await list({ cursor: around.prev_cursor ?? "", limit: "2" })).numbers).toEqual(
      down((around.numbers[0] ?? 0) + 2, (around.numbers[0] ?? 0) + 1),
    );
    const start = await list({ before: name(1) });
    expect([start.numbers, start.next_cursor]).toEqual([[], null]);
    expect((await list({ cursor: start.prev_cursor ?? "", limit: "2" })).numbers).toEqual([2, 1]);
    const end = await list({ after: name(40) });
    expect([end.numbers, end.prev_cursor]).toEqual([[], null]);
    expect((await list({ cursor: end.next_cursor ?? "", limit: "2" })).numbers).toEqual([40, 39]);
  });

  test("around the ends is filled from the other side", async () => {
    expect((await list({ around: at(1).id, limit: "6" })).numbers).toEqual(down(6, 1));
    expect((await list({ around: at(40).id, limit: "6" })).numbers).toEqual(down(40, 35));
    expect((await list({ around: at(20).id, limit: "1" })).numbers).toEqual([20]);
    const all = await list({ around: at(20).id, limit: "100" });
    expect([all.numbers, all.next_cursor, all.prev_cursor]).toEqual([down(40, 1), null, null]);
  });

  test("at a time between messages, and far from all", async () => {
    expect((await list({ before: timeOf(20, 1), limit: "2" })).numbers).toEqual([20, 19]);
    expect((await list({ after: timeOf(20, -1), limit: "2" })).numbers).toEqual([21, 20]);
    expect((await list({ around: timeOf(20, 5_000), limit: "2" })).numbers).toEqual([21, 20]);
    expect((await list({ before: "1970-01-01T00:00:00Z" })).numbers).toEqual([]);
    expect((await list({ after: "1970-01-01T00:00:00Z", limit: "2" })).numbers).toEqual([2, 1]);
    expect((await list({ before: "2999-01-01T00:00:00Z", limit: "2" })).numbers).toEqual([40, 39]);
    expect((await list({ after: "2999-01-01T00:00:00Z" })).numbers).toEqual([]);
    expect((await list({ after: "2026-01-01T01:03:19.999+01:00", limit: "2" })).numbers).toEqual([21, 20]);
  });

  test("at a seq that no message has", async () => {
    expect((await list({ before: "9007199254740991", limit: "2" })).numbers).toEqual([40, 39]);
    expect((await list({ after: "0", limit: "2" })).numbers).toEqual([2, 1]);
    expect((await list({ before: "0" })).numbers).toEqual([]);
    const reaction = at(7).seq + 1;
    expect((await list({ around: String(reaction), limit: "2" })).numbers).toEqual([8, 7]);
  });

  test("refuses an anchor or a cursor that means nothing here", async () => {
    const other = await makeConversation(store.database, { members: [ada] });
    const elsewhere = await services.say(ada, other);
    expect(await codeOf(list({ before: uuidv7() }))).toBe("not_found");
    expect(await codeOf(list({ around: elsewhere.id }))).toBe("not_found");
    for (const cursor of [
      "nonsense",
      Buffer.from('["older",-1]').toString("base64url"),
      Buffer.from('["other",1]').toString("base64url"),
    ]) {
      expect(await codeOf(list({ cursor }))).toBe("validation_failed");
    }
  });

  test("of an empty conversation is empty", async () => {
    const empty = await makeConversation(store.database, { members: [ada] });
    const nothing = { items: [], next_cursor: null, prev_cursor: null, numbers: [] };
    for (const query of [{}, { before: "5" }, { after: "0" }, { around: timeOf(1) }])
      expect(await list(query, ada, empty)).toEqual(nothing);
  });
});

describe("roots alone", () => {
  const roots = down(40, 1).filter((n) => n % 4 !== 0);

  test("leave the replies out, in every direction", async () => {
    expect((await list({ threads: "roots", limit: "100" })).numbers).toEqual(roots);
    expect((await list({ threads: "roots", limit: "3", before: String(at(20).seq) })).numbers).toEqual([19, 18, 17]);
    expect((await list({ threads: "roots", limit: "3", after: String(at(20).seq) })).numbers).toEqual([23, 22, 21]);
    const page = await list({ threads: "roots", limit: "4" });
    expect((await list({ threads: "roots", limit: "4", cursor: page.next_cursor ?? "" })).numbers).toEqual(
      roots.slice(4, 8),
    );
  });

  test("are found a bounded stretch at a time behind thousands of replies", async () => {
    const busy = await makeConversation(store.database, { members: [ada] });
    const root = await services.say(ada, busy, "0");
    await run(
      store.database,
      `INSERT INTO messages (conversation_id, seq, ordinal, version, id, sender_id, content_type, content, parent_id, thread_root_id, depth, fingerprint, created_at)
      SELECT $1, n + 2, n + 1, n + 2, gen_random_uuid(), $2, 'text', 'reply', $3, $3, 1, '\\x00', now() FROM generate_series(1, 5000) n`,
      [busy, ada.userId, root.id],
    );
    await run(
      store.database,
      "UPDATE conversation_heads SET head = 5002, message_count = 5001 WHERE conversation_id = $1",
      [busy],
    );
    const pages: number[][] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof list>> = await list(
        { threads: "roots", ...(cursor ? { cursor } : {}) },
        ada,
        busy,
      );
      pages.push(page.numbers);
      cursor = page.next_cursor;
    } while (cursor !== null && pages.length < 10);
    expect(pages).toEqual([[], [], [0]]);
  });
});

describe("history", () => {
  test("that is hidden is on no page, is no anchor, and cannot be got", async () => {
    const late = await makeUser(store.database);
    const id = await makeConversation(store.database, {
      historyVisibility: "member_join_date",
      members: [{ who: ada, role: "owner" }],
    });
    const before = [await services.say(ada, id, "1"), await services.say(ada, id, "2")] as const;
    await run(
      store.database,
      "INSERT INTO members (conversation_id, user_id, role, rights, first_joined_seq, joined_seq, joined_at, version) VALUES ($1, $2, 'member', 1, 3, 3, now(), 3)",
      [id, late.userId],
    );
    const after = [await services.say(ada, id, "3"), await services.say(ada, id, "4")] as const;
    expect((await list({}, late, id)).numbers).toEqual([4, 3]);
    expect((await list({ limit: "1" }, late, id)).next_cursor).not.toBeNull();
    const last = await list({ before: after[1].id }, late, id);
    expect([last.numbers, last.next_cursor]).toEqual([[3], null]);
    expect((await list({ after: "0" }, late, id)).numbers).toEqual([4, 3]);
    expect((await list({ before: String(before[1].seq) }, late, id)).numbers).toEqual([]);
    expect((await list({ around: String(before[0].seq), limit: "2" }, late, id)).numbers).toEqual([4, 3]);
    expect((await list({ after: "1970-01-01T00:00:00Z" }, late, id)).numbers).toEqual([4, 3]);
    expect(await codeOf(list({ around: before[1].id }, late, id))).toBe("not_found");
    expect(await codeOf(services.reading.get(late, id, before[0].id as MessageId))).toBe("not_found");
    expect(await codeOf(services.reading.listEdits(late, id, before[0].id as MessageId, { limit: 5 }))).toBe(
      "not_found",
    );
    expect((await list({}, ada, id)).numbers).toEqual([4, 3, 2, 1]);
    expect((await services.reading.get(late, id, after[0].id as MessageId)).content).toBe("3");
  });

  test("of a public channel is read without joining, unless it is limited to members; private ones are not there", async () => {
    const reader = await makeUser(store.database);
    const facts = { kind: "channel", visibility: "public", members: [{ who: ada, role: "owner" }] } as const;
    const [open, limited, closed] = await Promise.all([
      makeConversation(store.database, { ...facts, members: [...facts.members] }),
      makeConversation(store.database, { ...facts, members: [...facts.members], historyVisibility: "none" }),
      makeConversation(store.database, { ...facts, members: [...facts.members], visibility: "private" }),
    ]);
    for (const id of [open, limited, closed]) await services.say(ada, id, "1");
    expect((await list({}, reader, open)).numbers).toEqual([1]);
    expect((await list({}, reader, limited)).numbers).toEqual([]);
    expect((await list({ after: timeOf(1) }, reader, limited)).numbers).toEqual([]);
    expect(await codeOf(list({}, reader, closed))).toBe("not_found");
    expect((await list({}, HOST, closed)).numbers).toEqual([1]);
  });
});

describe("a thread", () => {
  const thread = (id: string, query: Record<string, string> = {}, who = ada) =>
    services.threads.list(who, id as MessageId, threadQuery.parse(query));

  test("is listed with its root, from the root and from any reply, at every depth", async () => {
    const deep = await services.say(bob, group, { content: "44", parent_id: at(4).id });
    const fromRoot = await thread(at(1).id, { limit: "4" });
    expect(fromRoot.root).toMatchObject({ id: at(1).id, reply_count: 11 });
    expect(fromRoot.items.map((message) => Number(message.content))).toEqual([44, 40, 36, 32]);
    expect(fromRoot.items[0]).toMatchObject({ id: deep.id, depth: 2, parent_id: at(4).id, thread_root_id: at(1).id });
    const next = await thread(deep.id, { limit: "4", cursor: fromRoot.next_cursor ?? "" });
    expect(next.root.id).toBe(at(1).id);
    expect(next.items.map((message) => Number(message.content))).toEqual([28, 24, 20, 16]);
    expect(
      (await thread(at(1).id, { after: at(1).id, limit: "2" })).items.map((message) => Number(message.content)),
    ).toEqual([8, 4]);
    expect(
      (await thread(at(1).id, { around: timeOf(20), limit: "3" })).items.map((message) => Number(message.content)),
    ).toEqual([24, 20, 16]);
    expect(await thread(at(2).id)).toMatchObject({
      root: { id: at(2).id },
      items: [],
      next_cursor: null,
      prev_cursor: null,
    });
    await services.changing.remove(bob, group, deep.id as MessageId);
  });

  test("is not there for those who do not see it, nor where its root is hidden", async () => {
    const [eve, late] = await Promise.all([makeUser(store.database), makeUser(store.database)]);
    expect(await codeOf(thread(at(1).id, {}, eve))).toBe("not_found");
    expect(await codeOf(thread(uuidv7()))).toBe("not_found");
    const id = await makeConversation(store.database, {
      historyVisibility: "none",
      members: [{ who: ada, role: "owner" }],
    });
    const root = await services.say(ada, id, "1");
    await run(
      store.database,
      "INSERT INTO members (conversation_id, user_id, role, rights, first_joined_seq, joined_seq, joined_at, version) VALUES ($1, $2, 'member', 1, 1, $3, now(), 2)",
      [id, late.userId, root.seq],
    );
    const reply = await services.say(ada, id, { content: "2", parent_id: root.id });
    expect(await codeOf(thread(root.id, {}, late))).toBe("not_found");
    expect(await codeOf(thread(reply.id, {}, late))).toBe("not_found");
    expect((await thread(reply.id)).items).toHaveLength(1);
  });
});

test("time anchors agree with a plain search, wherever messages and changes lie", async () => {
  const id = await makeConversation(store.database, { members: [ada] });
  // Several messages in one millisecond, and gaps between seqs.
  const seconds = [1, 1, 1, 2, 5, 5, 9, 30, 30, 31];
  for (const [n] of seconds.entries()) {
    await services.say(ada, id, String(n));
    if (n % 3 === 0)
      await services.committer.change(id, async (change) => change.record("conversation.updated", id, ada.userId));
  }
  await run(
    store.database,
    "UPDATE messages SET created_at = '2026-01-01T00:00:00Z'::timestamptz + make_interval(secs => ($2::int[])[ordinal]) WHERE conversation_id = $1",
    [id, seconds],
  );
  for (let second = 0; second <= 32; second += 1) {
    const time = new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
    const older = seconds.flatMap((at, n) => (at < second ? [n] : [])).toReversed();
    const newer = seconds.flatMap((at, n) => (at > second ? [n] : [])).toReversed();
    expect((await list({ before: time }, ada, id)).numbers).toEqual(older);
    expect((await list({ after: time }, ada, id)).numbers).toEqual(newer);
  }
});
