import { conversationListQuery, type Conversation } from "@parley/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId } from "../src/domain/ids.ts";
import { findConversation } from "../src/store/conversations.ts";
import { startConversations, type ConversationServices } from "./harness/conversations.ts";
import { useTestDatabase } from "./harness/database.ts";
import { codeOf } from "./harness/membership.ts";
import { actingFor, HOST, makeConversation, makeUser, run } from "./harness/rows.ts";

const store = useTestDatabase();
let services: ConversationServices;

beforeAll(async () => {
  services = startConversations(store.database);
});
afterAll(() => services[Symbol.asyncDispose]());

const person = async (username?: string, displayName?: string): Promise<Caller> => {
  const caller = await makeUser(store.database, username ? { username } : {});
  await run(
    store.database,
    "UPDATE users SET contact_policy = 'everyone', display_name = coalesce($2, display_name) WHERE id = $1",
    [caller.userId, displayName],
  );
  return caller;
};

const list = (caller: Caller, query: Record<string, string> = {}) =>
  services.conversations.list(caller, conversationListQuery.parse(query));
const ids = async (caller: Caller, query: Record<string, string> = {}) =>
  (await list(caller, query)).items.map(({ id }) => id);

async function group(owner: Caller, title: string, other: Caller): Promise<ConversationId> {
  const { conversation } = await services.make(owner, { kind: "group", title, member_ids: [other.userId] });
  return conversation.id as ConversationId;
}

describe("the order and the pages", () => {
  test("newest activity first, every conversation once over all pages", async () => {
    const [me, peer] = [await person(), await person()];
    const made: ConversationId[] = [];
    for (let i = 0; i < 25; i += 1) made.push(await group(me, `Group ${i}`, peer));
    const [third, seventh] = [made[3], made[7]] as [ConversationId, ConversationId];
    await services.say(peer, third);
    await services.say(me, seventh);
    const expected = [seventh, third, ...made.toReversed().filter((id) => id !== seventh && id !== third)];
    expect(await ids(me)).toEqual(expected);

    const walked: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: Conversation[]; next_cursor: string | null } = await list(me, {
        limit: "10",
        ...(cursor ? { cursor } : {}),
      });
      walked.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor;
    } while (cursor);
    expect(walked).toEqual(expected);
  });

  test("a cursor of something else is refused", async () => {
    const me = await person();
    expect(await codeOf(list(me, { cursor: "bm9uc2Vuc2U" }))).toBe("validation_failed");
    const wrong = Buffer.from(JSON.stringify([-9e15, "x"])).toString("base64url");
    expect(await codeOf(list(me, { cursor: wrong }))).toBe("validation_failed");
  });

  test("a thousand conversations are listed fast, the last page as well as the first", async () => {
    const me = await person();
    await run(
      store.database,
      `WITH made AS (
         INSERT INTO conversations (id, kind, title, version, created_by, created_at, updated_at)
         SELECT gen_random_uuid(), 'group', 'Group ' || n, 1, $1, now() - make_interval(mins => n), now() FROM generate_series(1, 1000) n
         RETURNING id, created_at
       ), heads AS (
         INSERT INTO conversation_heads (conversation_id, head, message_count, last_message_seq, last_message_at)
         SELECT id, 2, 1, 2, created_at FROM made
       ), messages AS (
         INSERT INTO messages (conversation_id, seq, ordinal, version, id, sender_id, content_type, content, fingerprint, created_at)
         SELECT id, 2, 1, 2, gen_random_uuid(), $1, 'text', 'hello', '', created_at FROM made
       )
       INSERT INTO members (conversation_id, user_id, role, rights, first_joined_seq, joined_seq, joined_at, version)
       SELECT m.id, u.id, 'member', 1, 0, 0, now(), 1 FROM made m, (SELECT $1::uuid AS id UNION ALL SELECT id FROM users WHERE id <> $1 AND kind = 'human' LIMIT 20) u`,
      [me.userId],
    );
    await run(store.database, "ANALYZE");
    const first = await list(me, { limit: "100" });
    expect(first.items).toHaveLength(100);
    expect(first.items[0]).toMatchObject({ unread_count: 1, last_message: { content: "hello" }, title: "Group 1" });
    // Warm, and with a wide margin: it is around ten milliseconds.
    const started = performance.now();
    for (let i = 0; i < 5; i += 1) await list(me, { limit: "100" });
    const each = (performance.now() - started) / 5;
    expect(each).toBeLessThan(250);
    expect(await ids(me, { q: "group 1000" })).toHaveLength(1);
  });
});

describe("the filters", () => {
  test("by kind, space, unread and archived", async () => {
    const [me, peer] = [await person(), await person()];
    const direct = await services.conversations.directWith(me, peer.userId);
    const quiet = await group(me, "Quiet", peer);
    const loud = await group(me, "Loud", peer);
    const support = await services.conversations.supportOf(me);
    const space = await services.spaces.createSpace(me, { name: "S", slug: `s-${me.userId}` });
    const channel = (await services.make(me, { kind: "channel", title: "C", space_id: space.id })).conversation.id;
    await services.say(peer, loud);
    await services.conversations.archive(me, quiet, true);
    expect(await ids(me, { kind: "direct" })).toEqual([direct]);
    expect(await ids(me, { kind: "support" })).toEqual([support]);
    expect(await ids(me, { space_id: space.id })).toEqual([channel]);
    expect(await ids(me, { unread: "true" })).toEqual([loud]);
    expect(await ids(me, { unread: "false" })).toEqual(await ids(me));
    expect(await ids(me, { archived: "true" })).toEqual([quiet]);
    expect(await ids(me)).not.toContain(quiet);
    expect(await ids(peer)).toContain(quiet);
    await services.marks.markRead(me, loud, {});
    expect(await ids(me, { unread: "true" })).toEqual([]);
  });

  test("by text: titles, descriptions and names, in any case and without accents, taken literally", async () => {
    const [me, rene] = [await person(), await person(`rene-${Date.now()}`, "René Descartes")];
    const direct = await services.conversations.directWith(me, rene.userId);
    const launch = await group(me, "Launch 100% ready", rene);
    const { conversation } = await services.make(me, {
      kind: "channel",
      slug: `cafe-${Date.now()}`,
      description: "Über Kaffee",
    });
    expect((await ids(me, { q: "rene desc" })).toSorted()).toEqual([direct, launch].toSorted());
    expect(await ids(me, { q: "LAUNCH" })).toEqual([launch]);
    expect(await ids(me, { q: "100%" })).toEqual([launch]);
    expect(await ids(me, { q: "0% r" })).toEqual([launch]);
    expect(await ids(me, { q: "L%h" })).toEqual([]);
    expect(await ids(me, { q: "uber kaffee" })).toEqual([conversation.id]);
  });

  test("a guest of a group does not find it by the names of its members", async () => {
    const guest = await person();
    const [owner, hidden] = [await person(), await person(undefined, "Unfindable Name")];
    const id = await makeConversation(store.database, {
      members: [{ who: owner, role: "owner" }, hidden, { who: guest, role: "guest" }],
    });
    expect(await ids(guest)).toEqual([id]);
    expect(await ids(guest, { q: "unfindable" })).toEqual([]);
    expect(await ids(owner, { q: "unfindable" })).toEqual([id]);
  });
});

describe("what is shown", () => {
  test("the last message only as far as history shows it", async () => {
    const [owner, early, late] = [await person(), await person(), await person()];
    const id = await makeConversation(store.database, {
      historyVisibility: "none",
      members: [{ who: owner, role: "owner" }, early],
    });
    const seq = await services.say(owner, id, "before");
    await run(
      store.database,
      `INSERT INTO members (conversation_id, user_id, role, rights, first_joined_seq, joined_seq, joined_at, version) VALUES ($1, $2, 'member', 1, $3, $3, now(), 1)`,
      [id, late.userId, seq],
    );
    expect((await services.conversations.get(early, id)).last_message).toMatchObject({ content: "before" });
    expect((await services.conversations.get(late, id)).last_message).toBeNull();
    await services.say(owner, id, "after");
    expect((await services.conversations.get(late, id)).last_message).toMatchObject({ content: "after" });
  });

  test("nothing unread to who wrote last, also in the same moment", async () => {
    const [me, peer] = [await person(), await person()];
    const id = await services.conversations.directWith(me, peer.userId);
    for (let i = 0; i < 5; i += 1) {
      await services.say(me, id);
      expect(await services.conversations.get(me, id)).toMatchObject({ unread_count: 0 });
    }
    expect(await services.conversations.get(peer, id)).toMatchObject({ unread_count: 5 });
  });

  test("a reader of a public channel has no unread count, and a stranger no such channel", async () => {
    const [owner, reader] = [await person(), await person()];
    const open = (await services.make(owner, { kind: "channel", title: "Open", visibility: "public" })).conversation
      .id as ConversationId;
    await services.say(owner, open, "welcome");
    expect(await services.conversations.get(reader, open)).toMatchObject({
      unread_count: null,
      last_read_seq: null,
      last_message: { content: "welcome" },
    });
    expect(await ids(reader)).not.toContain(open);
    const closed = (await services.make(owner, { kind: "channel", title: "Closed" })).conversation.id as ConversationId;
    expect(await codeOf(services.conversations.get(reader, closed))).toBe("not_found");
    const agent = await makeUser(store.database, { kind: "agent" });
    expect(await codeOf(services.conversations.get(agent, open))).toBe("not_found");
  });
});

describe("support", () => {
  test("staff list all of it beside their own, with the mark that they share", async () => {
    const [one, other] = [
      await makeUser(store.database, { isStaff: true }),
      await makeUser(store.database, { isStaff: true }),
    ];
    const customer = await person();
    const id = await services.conversations.supportOf(customer);
    await services.say(customer, id, "help");
    const own = await group(one, "Staff room", other);
    for (const staff of [one, other]) {
      const { items } = await list(staff, { kind: "support" });
      expect(items.find((item) => item.id === id)).toMatchObject({
        unread_count: 1,
        subject_user: { id: customer.userId },
      });
    }
    expect(await ids(one)).toEqual(expect.arrayContaining([id, own]));
    expect(await ids(one, { q: (await services.conversations.get(one, id)).subject_user?.display_name ?? "" })).toEqual(
      [id],
    );
    await services.marks.markRead(one, id, {});
    expect((await list(other, { kind: "support" })).items.find((item) => item.id === id)).toMatchObject({
      unread_count: 0,
    });
    expect(await services.conversations.get(customer, id)).toMatchObject({ unread_count: 0 });
    await services.say(other, id, "here we are");
    expect(await services.conversations.get(customer, id)).toMatchObject({ unread_count: 1 });
    expect(await ids(HOST, { kind: "support" })).toContain(id);
    expect(await ids(actingFor(await person()), { kind: "support" })).toEqual([]);
  });

  test("a customer sees their own alone, and staff who are customers theirs as one", async () => {
    const staff = await makeUser(store.database, { isStaff: true });
    const id = await services.conversations.supportOf(staff);
    expect((await ids(staff, { kind: "support" })).filter((each) => each === id)).toHaveLength(1);
    const customer = await person();
    await services.conversations.supportOf(customer);
    expect(await ids(customer)).toHaveLength(1);
  });
});

test("events carry what is the same for everyone", async () => {
  const [me, peer] = [await person(), await person()];
  const id = await group(me, "Shared", peer);
  const row = await findConversation(store.database, id);
  const [shared] = await services.presenter.presentShared(row ? [row] : []);
  expect(shared).toMatchObject({ id, title: "Shared", member_count: 2, archived_at: null });
  for (const field of ["unread_count", "last_message", "last_read_seq", "peer", "subject_user", "deleted_at"])
    expect(shared).not.toHaveProperty(field);
});
