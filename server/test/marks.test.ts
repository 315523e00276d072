import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../src/domain/caller.ts";
import { STAFF_MARK, type ConversationId, type MessageId } from "../src/domain/ids.ts";
import { findMarks } from "../src/store/marks/marks.ts";
import { startCore, type CoreServices } from "./harness/core-services.ts";
import { useTestDatabase } from "./harness/database.ts";
import { codeOf } from "./harness/membership.ts";
import { HOST, makeConversation, makeUser, run } from "./harness/rows.ts";
import { until } from "./harness/until.ts";

const store = useTestDatabase();
let core: CoreServices;
let ada: Caller;
let bob: Caller;
let eve: Caller;
let staff: Caller;
let id: ConversationId;

beforeAll(async () => {
  core = startCore(store.database);
});
afterAll(() => core.close());

beforeEach(async () => {
  [ada, bob, eve, staff] = await Promise.all([
    makeUser(store.database),
    makeUser(store.database),
    makeUser(store.database),
    makeUser(store.database, { isStaff: true }),
  ]);
  id = await makeConversation(store.database, { members: [ada, bob] });
  core.moves.length = 0;
});

const page = { limit: 50 };
const markOf = async (caller: Caller, conversationId = id) =>
  (await findMarks(store.database, caller.userId, [conversationId]))[0];
const unreadOf = async (caller: Caller, conversationId = id) =>
  (await core.conversations.get(caller, conversationId)).unread_count;
const support = () => makeConversation(store.database, { kind: "support", subject: eve, members: [eve] });

describe("reading", () => {
  test("goes to the last message, or to the last one at or before a seq, and counts what it has marked", async () => {
    const first = await core.say(ada, id);
    await core.say(ada, id);
    const last = await core.say(ada, id);
    expect(await core.marks.markRead(bob, id, { seq: first.seq })).toEqual({
      last_read_seq: first.seq,
      unread_count: 2,
      updated_count: 1,
    });
    expect(await core.marks.markRead(bob, id, { seq: last.seq - 1 })).toEqual({
      last_read_seq: last.seq - 1,
      unread_count: 1,
      updated_count: 1,
    });
    expect(await core.marks.markRead(bob, id, { seq: 10_000 })).toEqual({
      last_read_seq: last.seq,
      unread_count: 0,
      updated_count: 1,
    });
    expect(await core.marks.markRead(bob, id, {})).toEqual({
      last_read_seq: last.seq,
      unread_count: 0,
      updated_count: 0,
    });
  });

  test("between two messages goes to the earlier one, and before the first nowhere", async () => {
    const first = await core.say(ada, id);
    await core.members.setRole(HOST, id, bob.userId, "admin");
    await core.say(ada, id);
    expect(await core.marks.markRead(bob, id, { seq: first.seq + 1 })).toMatchObject({
      last_read_seq: first.seq,
      unread_count: 1,
    });
    expect(await core.marks.markRead(bob, id, { seq: 0 })).toMatchObject({
      last_read_seq: first.seq,
      updated_count: 0,
    });
  });

  test("to a message goes there, and a message that is not there or elsewhere is not found", async () => {
    const first = await core.say(ada, id);
    await core.say(ada, id);
    expect(await core.marks.markRead(bob, id, { message_id: first.id })).toEqual({
      last_read_seq: first.seq,
      unread_count: 1,
      updated_count: 1,
    });
    const elsewhere = await core.say(ada, await makeConversation(store.database, { members: [ada, bob] }));
    for (const messageId of [uuidv7(), elsewhere.id]) {
      expect(await codeOf(core.marks.markRead(bob, id, { message_id: messageId }))).toBe("not_found");
    }
  });

  test("one's own messages is nothing to do", async () => {
    const own = await core.say(ada, id);
    expect(await core.marks.markRead(ada, id, { message_id: own.id })).toEqual({
      last_read_seq: own.seq,
      unread_count: 0,
      updated_count: 0,
    });
  });

  test("never goes backwards, and implies delivery", async () => {
    await core.say(ada, id);
    const second = await core.say(ada, id);
    await core.marks.markRead(bob, id, {});
    expect(await core.marks.markRead(bob, id, { seq: 2 })).toMatchObject({ last_read_seq: second.seq });
    expect(await core.marks.markDelivered(bob, id, { seq: 2 })).toEqual({
      last_delivered_seq: second.seq,
      updated_count: 0,
    });
    expect(await markOf(bob)).toMatchObject({
      lastReadSeq: second.seq,
      lastReadOrdinal: 2,
      lastDeliveredSeq: second.seq,
    });
  });

  test("takes membership, and the host's backend has nothing to read but support", async () => {
    const open = await makeConversation(store.database, { kind: "channel", visibility: "public", members: [ada] });
    await core.say(ada, open);
    expect(await codeOf(core.marks.markRead(bob, open, {}))).toBe("not_a_member");
    expect(await codeOf(core.marks.markRead(eve, id, {}))).toBe("not_found");
    expect(await codeOf(core.marks.markRead(HOST, id, {}))).toBe("permission_denied");
  });

  test("what history hides is not found by id, and not moved to by seq", async () => {
    const limited = await makeConversation(store.database, {
      historyVisibility: "none",
      members: [{ who: ada, role: "owner" }],
    });
    const hidden = await core.say(ada, limited);
    await run(store.database, "UPDATE users SET contact_policy = 'everyone' WHERE id = $1", [bob.userId]);
    await core.members.addMembers(ada, limited, { user_id: bob.userId });
    expect(await codeOf(core.marks.markRead(bob, limited, { message_id: hidden.id }))).toBe("not_found");
    expect(await core.marks.markRead(bob, limited, {})).toEqual({
      last_read_seq: hidden.seq,
      unread_count: 0,
      updated_count: 0,
    });
  });

  test("at the same time from many devices ends at the furthest, and each message is counted once", async () => {
    for (let n = 0; n < 20; n += 1) await core.say(ada, id);
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, n) => core.marks.markRead(bob, id, { seq: 2 + ((n * 7) % 20) })),
    );
    expect(await markOf(bob)).toMatchObject({ lastReadSeq: 21, lastReadOrdinal: 20 });
    expect(results.reduce((sum, result) => sum + result.updated_count, 0)).toBe(20);
  });

  test("marks the notifications of what was read, and no others", async () => {
    const [first, second] = [await core.say(ada, id), await core.say(ada, id)];
    for (const message of [first, second]) {
      await run(
        store.database,
        `INSERT INTO notifications (id, user_id, type, conversation_id, message_id, unique_key) VALUES ($1::uuid, $2, 'group_messages', $3, $4, $1::text)`,
        [uuidv7(), bob.userId, id, message.id],
      );
    }
    await core.marks.markRead(bob, id, { seq: first.seq });
    const rows = await store.database.query<{ message_id: string; read: boolean }>({
      text: "SELECT message_id, read_at IS NOT NULL AS read FROM notifications WHERE user_id = $1 ORDER BY read",
      values: [bob.userId],
    });
    expect(rows).toEqual([
      { message_id: second.id, read: false },
      { message_id: first.id, read: true },
    ]);
  });
});

describe("sending", () => {
  test("advances the sender's own mark, seen at once on this node", async () => {
    await core.say(ada, id);
    expect(await unreadOf(bob)).toBe(1);
    await core.say(bob, id);
    expect(await unreadOf(bob)).toBe(0);
    expect(await unreadOf(ada)).toBe(1);
    await until(async () => (await markOf(bob))?.lastReadOrdinal === 2);
  });

  test("what was scheduled does so only if nothing was unread before it", async () => {
    await core.say(bob, id, {}, { ownMark: "if_all_read" });
    await until(async () => (await markOf(bob))?.lastReadOrdinal === 1);
    await core.say(ada, id);
    await core.say(bob, id, {}, { ownMark: "if_all_read" });
    await core.writer.move({ conversationId: id, userId: bob.userId });
    expect(await markOf(bob)).toMatchObject({ lastReadOrdinal: 1 });
    expect(await unreadOf(bob)).toBe(2);
  });

  test("moves a mark past nothing but own messages without remembering when", async () => {
    await core.say(bob, id);
    await core.say(ada, id);
    await core.say(bob, id);
    await until(async () => (await markOf(bob))?.lastReadOrdinal === 3);
    const movements = await store.database.query<{ seq: number }>({
      text: "SELECT seq FROM mark_movements WHERE conversation_id = $1 AND user_id = $2",
      values: [id, bob.userId],
    });
    expect(movements).toEqual([{ seq: 4 }]);
    const told = core.moves.filter((move) => move.userId === bob.userId);
    expect(told.map(({ lastReadSeq, bySending }) => ({ lastReadSeq, bySending }))).toEqual([
      { lastReadSeq: 2, bySending: true },
      { lastReadSeq: 4, bySending: false },
    ]);
  });
});

describe("a movement is told after the commit", () => {
  test("once, with what moved and whether it may be told to others", async () => {
    const message = await core.say(ada, id);
    await run(store.database, "UPDATE users SET share_receipts = false WHERE id = $1", [bob.userId]);
    core.moves.length = 0;
    await core.marks.markDelivered(bob, id, {});
    await core.marks.markDelivered(bob, id, {});
    await core.marks.markRead(bob, id, {});
    const told = core.moves.filter((move) => move.userId === bob.userId);
    expect(told).toMatchObject([
      {
        conversationId: id,
        lastReadSeq: 0,
        lastDeliveredSeq: message.seq,
        moved: { read: false, delivered: true },
        sharesReceipts: false,
      },
      {
        conversationId: id,
        lastReadSeq: message.seq,
        lastReadOrdinal: 1,
        moved: { read: true, delivered: false },
        bySending: false,
      },
    ]);
  });
});

describe("staff", () => {
  test("share one mark in support", async () => {
    const conversationId = await support();
    const asked = await core.say(eve, conversationId);
    const other = await makeUser(store.database, { isStaff: true });
    expect(await core.marks.markRead(staff, conversationId, {})).toEqual({
      last_read_seq: asked.seq,
      unread_count: 0,
      updated_count: 1,
    });
    expect(await core.marks.markRead(other, conversationId, {})).toMatchObject({ updated_count: 0 });
    expect(await unreadOf(other, conversationId)).toBe(0);
    const answered = await core.say(other, conversationId);
    await until(
      async () => (await findMarks(store.database, STAFF_MARK, [conversationId]))[0]?.lastReadSeq === answered.seq,
    );
    expect(await markOf(other, conversationId)).toBeUndefined();
    const { items } = await core.marks.listMarks(eve, conversationId, page);
    expect(items.map((item) => item.user_id)).toEqual([STAFF_MARK, eve.userId]);
  });

  test("mark many conversations at once, or none where one is not theirs to read", async () => {
    const conversationId = await support();
    await core.say(eve, conversationId);
    expect(await codeOf(core.marks.markManyRead(staff, [conversationId, id]))).toBe("not_found");
    expect(await unreadOf(staff, conversationId)).toBe(1);
    const result = await core.marks.markManyRead(staff, [conversationId, conversationId]);
    expect(result).toEqual({
      items: [{ conversation_id: conversationId, last_read_seq: 2, unread_count: 0, updated_count: 1 }],
      updated_count: 1,
    });
  });

  test("reading answers the notifications of all of them", async () => {
    const conversationId = await support();
    const message = await core.say(eve, conversationId);
    const other = await makeUser(store.database, { isAdmin: true });
    for (const person of [staff, other, eve]) {
      await run(
        store.database,
        `INSERT INTO notifications (id, user_id, type, conversation_id, message_id, unique_key) VALUES ($1::uuid, $2, 'group_messages', $3, $4, $1::text)`,
        [uuidv7(), person.userId, conversationId, message.id],
      );
    }
    await core.marks.markRead(staff, conversationId, {});
    const unread = await store.database.query<{ user_id: string }>({
      text: "SELECT user_id FROM notifications WHERE conversation_id = $1 AND read_at IS NULL",
      values: [conversationId],
    });
    expect(unread).toEqual([{ user_id: eve.userId }]);
  });
});

describe("receipts are mutual", () => {
  test("in the list of marks", async () => {
    await core.say(ada, id);
    await core.marks.markRead(bob, id, {});
    const seenBy = async (caller: Caller) =>
      (await core.marks.listMarks(caller, id, page)).items.map((item) => item.user_id).toSorted();
    const both = [ada.userId, bob.userId].toSorted();
    expect(await seenBy(ada)).toEqual(both);
    expect(await core.marks.smallMarks(ada, [id])).toMatchObject(new Map([[id, [{}, {}]]]));
    await run(store.database, "UPDATE users SET share_receipts = false WHERE id = $1", [bob.userId]);
    expect(await seenBy(ada)).toEqual([ada.userId]);
    expect(await seenBy(bob)).toEqual([bob.userId]);
    expect(await seenBy(HOST)).toEqual([ada.userId]);
    expect((await core.marks.smallMarks(bob, [id])).get(id)?.map((mark) => mark.user_id)).toEqual([bob.userId]);
  });

  test("in the status of a message", async () => {
    const message = await core.say(ada, id);
    const statuses = async () => (await core.statuses.listMessageStatus(ada, id, message.id as MessageId, page)).items;
    expect(await statuses()).toHaveLength(1);
    await run(store.database, "UPDATE users SET share_receipts = false WHERE id = $1", [ada.userId]);
    expect(await statuses()).toEqual([]);
  });

  test("and not for guests, who do not learn who the members are", async () => {
    const guests = await makeConversation(store.database, { members: [ada, { who: eve, role: "guest" }] });
    const [theirs, own] = [await core.say(ada, guests), await core.say(eve, guests)];
    expect(await codeOf(core.marks.listMarks(eve, guests, page))).toBe("permission_denied");
    expect(await codeOf(core.statuses.listMessageStatus(eve, guests, theirs.id as MessageId, page))).toBe(
      "permission_denied",
    );
    expect((await core.statuses.listMessageStatus(eve, guests, own.id as MessageId, page)).items).toHaveLength(1);
    expect((await core.marks.smallMarks(eve, [guests])).get(guests)?.map((mark) => mark.user_id)).toEqual([eve.userId]);
  });

  test("larger conversations are listed a page at a time, and not told when resuming", async () => {
    const many = await Promise.all(Array.from({ length: 51 }, () => makeUser(store.database)));
    const large = await makeConversation(store.database, { members: many });
    const [reader = ada] = many;
    expect(await core.marks.smallMarks(reader, [large, id])).toEqual(new Map([[id, expect.anything()]]));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { items, next_cursor }: Awaited<ReturnType<CoreServices["marks"]["listMarks"]>> =
        await core.marks.listMarks(reader, large, { limit: 20, ...(cursor ? { cursor } : {}) });
      seen.push(...items.map((item) => item.user_id));
      cursor = next_cursor;
    } while (cursor);
    expect(seen).toEqual(many.map((person) => person.userId).toSorted());
    expect(await codeOf(core.marks.listMarks(reader, large, { limit: 20, cursor: "nonsense" }))).toBe(
      "validation_failed",
    );
  });
});

describe("the status of a message", () => {
  const statusOf = async (caller: Caller, messageId: string, conversationId = id) =>
    (await core.statuses.listMessageStatus(caller, conversationId, messageId as MessageId, page)).items;

  test("goes from sent to delivered to read to archived, with the times of the first movements past it", async () => {
    const [first, second] = [await core.say(ada, id), await core.say(ada, id)];
    expect(await statusOf(ada, first.id)).toEqual([
      { user_id: bob.userId, status: "sent", delivered_at: null, read_at: null },
    ]);
    await core.marks.markDelivered(bob, id, {});
    const [delivered] = await statusOf(ada, first.id);
    expect(delivered).toMatchObject({ status: "delivered", delivered_at: expect.any(String), read_at: null });
    await core.marks.markRead(bob, id, { seq: first.seq });
    const [read] = await statusOf(ada, first.id);
    expect(read).toMatchObject({ status: "read", delivered_at: delivered?.delivered_at, read_at: expect.any(String) });
    expect((await statusOf(ada, second.id))[0]).toMatchObject({ status: "delivered" });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await core.marks.markRead(bob, id, {});
    expect((await statusOf(ada, first.id))[0]?.read_at).toBe(read?.read_at);
    expect(new Date((await statusOf(ada, second.id))[0]?.read_at ?? 0).getTime()).toBeGreaterThan(
      new Date(read?.read_at ?? 0).getTime(),
    );
    await core.conversations.archive(bob, id, true);
    expect((await statusOf(ada, first.id))[0]).toMatchObject({ status: "archived", read_at: read?.read_at });
    await core.say(ada, id);
    expect((await statusOf(ada, first.id))[0]).toMatchObject({ status: "read" });
  });

  test("reading without delivery is delivery", async () => {
    const message = await core.say(ada, id);
    await core.marks.markRead(bob, id, {});
    const [status] = await statusOf(ada, message.id);
    expect(status?.delivered_at).toBe(status?.read_at);
  });

  test("is of those who were there when it was sent", async () => {
    const message = await core.say(ada, id);
    await run(store.database, "UPDATE users SET contact_policy = 'everyone' WHERE id = $1", [eve.userId]);
    await core.members.addMembers(HOST, id, { user_id: eve.userId });
    expect((await statusOf(ada, message.id)).map((status) => status.user_id)).toEqual([bob.userId]);
    const later = await core.say(ada, id);
    expect((await statusOf(ada, later.id)).map((status) => status.user_id).toSorted()).toEqual(
      [bob.userId, eve.userId].toSorted(),
    );
  });

  test("in support the staff are one recipient, and read as one", async () => {
    const conversationId = await support();
    const asked = await core.say(eve, conversationId);
    await core.marks.markRead(staff, conversationId, {});
    expect(await statusOf(eve, asked.id, conversationId)).toMatchObject([{ user_id: STAFF_MARK, status: "read" }]);
    const answer = await core.say(staff, conversationId);
    expect(await statusOf(staff, answer.id, conversationId)).toMatchObject([{ user_id: eve.userId, status: "sent" }]);
  });

  test("is not found where the message is not, and not for who is no member", async () => {
    const message = await core.say(ada, id);
    expect(await codeOf(statusOf(eve, message.id))).toBe("not_found");
    expect(await codeOf(statusOf(ada, uuidv7()))).toBe("not_found");
    const open = await makeConversation(store.database, { kind: "channel", visibility: "public", members: [ada] });
    const shown = await core.say(ada, open);
    expect(await codeOf(statusOf(eve, shown.id, open))).toBe("not_a_member");
  });
});
