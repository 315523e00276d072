import { notification as notificationSchema } from "@parley/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId, MessageId } from "../src/domain/ids.ts";
import { notify, notifyOfJoinRequest, type Notice } from "../src/store/notifications-of-services.ts";
import { useTestDatabase } from "./harness/database.ts";
import { startMessages, type MessageServices } from "./harness/messages.ts";
import { startNotifications } from "./harness/notifying.ts";
import { HOST, makeConversation, makeUser, run, type ConversationFacts, type PersonFacts } from "./harness/rows.ts";
import { until } from "./harness/until.ts";

const store = useTestDatabase();
let messages: MessageServices;
let notifications: ReturnType<typeof startNotifications>;
let ada: Caller;
let bob: Caller;
let cleo: Caller;

beforeAll(() => {
  messages = startMessages(store.database);
  notifications = startNotifications(store.database);
});
// New people for each test: they have been told of nothing.
beforeEach(async () => {
  [ada, bob, cleo] = await Promise.all([person(), person(), person()]);
});
afterAll(async () => {
  await notifications[Symbol.asyncDispose]();
  await messages.close();
});

const person = (facts: PersonFacts = {}) => makeUser(store.database, facts);
/** With nobody told of having been added. */
const make = async (facts: ConversationFacts): Promise<ConversationId> => {
  const id = await makeConversation(store.database, facts);
  await run(store.database, "DELETE FROM changes WHERE conversation_id = $1", [id]);
  return id;
};
const nameOf = async (who: Caller): Promise<string> => {
  const [row] = await store.database.query<{ username: string }>({
    text: "SELECT username FROM users WHERE id = $1",
    values: [who.userId],
  });
  return row?.username ?? "";
};
const settings = (id: ConversationId, who: Caller, fields: Record<string, unknown>) =>
  run(
    store.database,
    `INSERT INTO member_settings (conversation_id, user_id, muted_until, notification_level) VALUES ($1, $2, $3, $4)
     ON CONFLICT (conversation_id, user_id) DO UPDATE SET muted_until = excluded.muted_until, notification_level = excluded.notification_level`,
    [id, who.userId, fields["muted_until"], fields["notification_level"] ?? "all"],
  );
const prefer = (who: Caller, type: string, enabled: boolean, conversationId: ConversationId | null = null) =>
  notifications.preferences.set(who, {
    preferences: [{ conversation_id: conversationId, type: type as never, channel: "in_app", enabled }],
  });

describe("who is told of a message", () => {
  test("the other one of a direct conversation, and nobody of what they wrote themselves", async () => {
    const id = await make({ kind: "direct", members: [ada, bob] });
    const sent = await messages.say(ada, id, "good morning");
    const [told] = await notifications.list(bob);
    expect(notificationSchema.parse(told)).toEqual(told);
    expect(told).toMatchObject({
      type: "direct_messages",
      conversation_id: id,
      message_id: sent.id,
      created_at: sent.created_at,
      read_at: null,
      data: {
        reason: "direct_message",
        sender_id: ada.userId,
        sender: { id: ada.userId },
        preview: "good morning",
        conversation: { kind: "direct", title: null },
        thread_root_id: null,
      },
    });
    expect(await notifications.list(ada)).toEqual([]);
  });

  test("everybody in a small group, nobody in a large one unless they asked for it", async () => {
    const small = await make({ members: [ada, bob, cleo] });
    await messages.say(ada, small, "to all three");
    expect(await notifications.kinds(bob)).toEqual(["group_messages group_message"]);
    const crowd = await Promise.all(Array.from({ length: 49 }, () => person()));
    const large = await make({ kind: "channel", members: [ada, cleo, ...crowd] });
    await prefer(cleo, "group_messages", true, large);
    await messages.say(ada, large, "to many");
    expect(await notifications.reasons(crowd[0] as Caller)).toEqual([]);
    expect(await notifications.reasons(cleo)).toEqual(["group_message", "group_message"]);
  });

  test("of what says nothing to them in particular, once until they have read", async () => {
    const id = await make({ members: [ada, bob, cleo] });
    await messages.say(bob, id, "one");
    await messages.say(ada, id, "two");
    const last = await messages.say(ada, id, "three");
    const previews = async (reader: Caller): Promise<unknown[]> =>
      (await notifications.list(reader)).map(({ data }) => data["preview"]);
    expect(await previews(cleo)).toEqual(["one"]);
    expect(await previews(bob)).toEqual(["two"]);
    await run(
      store.database,
      `INSERT INTO member_marks (conversation_id, user_id, last_read_seq, last_read_at) VALUES ($1, $2, $3, now())
       ON CONFLICT (conversation_id, user_id) DO UPDATE SET last_read_seq = excluded.last_read_seq, last_read_at = excluded.last_read_at`,
      [id, cleo.userId, last.seq],
    );
    const four = await messages.say(ada, id, "four");
    await messages.say(ada, id, "five");
    expect(await previews(cleo)).toEqual(["four", "one"]);
    expect(await previews(bob)).toEqual(["two"]);
    // What they were told of is gone: the next one says that there is something.
    await messages.changing.remove(ada, id, four.id as MessageId);
    await messages.say(ada, id, `six, @${await nameOf(cleo)}`);
    await messages.say(ada, id, "seven");
    expect(await previews(cleo)).toEqual([expect.stringMatching(/^six/), "one"]);
  });

  test("of a group by the first of those whom they have not blocked", async () => {
    const id = await make({ members: [ada, bob, cleo] });
    await run(store.database, "INSERT INTO blocks (blocker_id, blocked_id) VALUES ($1, $2)", [cleo.userId, ada.userId]);
    await messages.say(ada, id, "unheard");
    await messages.say(bob, id, "heard");
    expect((await notifications.list(cleo)).map(({ data }) => data["preview"])).toEqual(["heard"]);
  });

  test("who is mentioned, in large conversations too, but not who is no member", async () => {
    const crowd = await Promise.all(Array.from({ length: 49 }, () => person()));
    const id = await make({ kind: "channel", members: [ada, bob, ...crowd] });
    await messages.say(ada, id, `hello @${await nameOf(bob)} and @${await nameOf(cleo)}`);
    expect(await notifications.kinds(bob)).toEqual(["mentions mention"]);
    expect(await notifications.kinds(cleo)).toEqual([]);
    expect(await notifications.kinds(crowd[0] as Caller)).toEqual([]);
  });

  test("everybody by @all, who is online by @here, if the sender may", async () => {
    const id = await make({ kind: "channel", members: [{ who: ada, role: "admin" }, bob, cleo] });
    notifications.online.add(bob.userId);
    await messages.say(ada, id, "@all come");
    await messages.say(ada, id, "@here come");
    expect(await notifications.reasons(bob)).toEqual(["mention_here", "mention_all"]);
    await messages.say(bob, id, "@all no");
    expect(await notifications.reasons(cleo)).toEqual(["mention_all"]);
  });

  test("those who wrote in a thread, by the reply", async () => {
    const id = await make({ members: [ada, bob, cleo] });
    await Promise.all([ada, bob, cleo].map((who) => settings(id, who, { notification_level: "mentions" })));
    const root = await messages.say(ada, id, "root");
    const first = await messages.say(bob, id, { content: "first", parent_id: root.id });
    expect(await notifications.kinds(ada)).toEqual(["mentions reply"]);
    await messages.say(cleo, id, { content: "second", parent_id: first.id });
    expect(await notifications.reasons(ada)).toEqual(["thread_reply", "reply"]);
    expect(await notifications.reasons(bob)).toEqual(["reply"]);
    await messages.say(ada, id, { content: "third", parent_id: root.id });
    expect(await notifications.reasons(bob)).toEqual(["thread_reply", "reply"]);
    expect(await notifications.reasons(cleo)).toEqual(["thread_reply"]);
  });

  test("the customer by staff, and staff by the customer, who share one mark", async () => {
    const [customer, first, second] = await Promise.all([
      person(),
      person({ isStaff: true }),
      person({ isStaff: true }),
    ]);
    const id = await make({ kind: "support", subject: customer, members: [customer] });
    const asked = await messages.say(customer, id, "help");
    expect(await notifications.kinds(first)).toEqual(["group_messages support_message"]);
    expect(await notifications.kinds(second)).toEqual(["group_messages support_message"]);
    await messages.say(first, id, "here");
    expect(await notifications.kinds(customer)).toEqual(["direct_messages support_reply"]);
    expect(await notifications.kinds(second)).toEqual(["group_messages support_message"]);
    await run(
      store.database,
      `INSERT INTO member_marks (conversation_id, user_id, last_read_seq, last_read_at) VALUES ($1, '00000000-0000-0000-0000-000000000000', $2, now())
       ON CONFLICT (conversation_id, user_id) DO UPDATE SET last_read_seq = excluded.last_read_seq, last_read_at = excluded.last_read_at`,
      [id, asked.seq],
    );
    expect((await notifications.list(second)).map(({ read_at }) => read_at !== null)).toEqual([true]);
  });

  test("a project's members by updates, and the reader of notices by them", async () => {
    const agent = await person({ kind: "agent" });
    const project = await make({ kind: "project", members: [ada, bob, agent] });
    await messages.say(agent, project, { content: "built", content_type: "collaboration_update" });
    await messages.say(ada, project, "nice");
    expect(await notifications.kinds(bob)).toEqual(["collaboration_updates collaboration_update"]);
    const system = await make({ kind: "system", subject: bob, members: [bob] });
    await messages.say(HOST, system, { content: "maintenance", content_type: "system_notification" });
    expect((await notifications.kinds(bob))[0]).toBe("system_notifications system_notice");
    expect(await notifications.kinds(agent)).toEqual([]);
  });

  test("nobody who is deactivated, was removed, joined later or has read it already", async () => {
    const late = await person();
    const id = await make({ members: [ada, bob, cleo, { who: late, joinedSeq: 50 }] });
    await run(store.database, "UPDATE users SET deactivated_at = now() WHERE id = $1", [bob.userId]);
    await run(store.database, "UPDATE members SET left_at = now() WHERE conversation_id = $1 AND user_id = $2", [
      id,
      cleo.userId,
    ]);
    const eager = await person();
    const other = await make({ members: [ada, eager] });
    await run(
      store.database,
      "UPDATE member_marks SET last_read_seq = 100 WHERE conversation_id = $1 AND user_id = $2",
      [other, eager.userId],
    );
    await messages.say(ada, id, "anybody?");
    await messages.say(ada, other, "you?");
    for (const who of [bob, cleo, late, eager]) expect(await notifications.reasons(who)).toEqual([]);
  });

  test("nobody by whom they blocked", async () => {
    const id = await make({ members: [ada, bob, cleo] });
    await run(store.database, "INSERT INTO blocks (blocker_id, blocked_id) VALUES ($1, $2)", [bob.userId, ada.userId]);
    await messages.say(ada, id, `@${await nameOf(bob)}`);
    expect(await notifications.reasons(bob)).toEqual([]);
    expect(await notifications.reasons(cleo)).toEqual(["group_message"]);
  });

  test("nobody of what is imported, or of what happened long ago", async () => {
    const id = await make({ members: [ada, bob] });
    const log = (version: number, fields: string) =>
      run(
        store.database,
        `WITH m AS (INSERT INTO messages (conversation_id, seq, ordinal, version, id, sender_id, content_type, content, fingerprint, created_at)
           VALUES ($1, $2, $2, $2, $3, $4, 'text', 'old', '', now()) RETURNING id)
         INSERT INTO changes (conversation_id, version, type, subject_id, actor_id, imported, at) SELECT $1, $2, 'message.created', m.id, $4, ${fields} FROM m`,
        [id, version, uuidv7(), ada.userId],
      );
    await log(100, "true, now()");
    await log(101, "false, now() - interval '2 days'");
    await log(102, "false, now()");
    expect((await notifications.list(bob)).map(({ data }) => data["preview"])).toEqual(["old"]);
  });
});

describe("what people have set", () => {
  test("goes before what holds for all: by conversation, then everywhere", async () => {
    const [one, two] = [await make({ members: [ada, bob] }), await make({ members: [ada, bob] })];
    await prefer(bob, "group_messages", false);
    await prefer(bob, "group_messages", true, two);
    await messages.say(ada, one, "not told");
    await messages.say(ada, two, "told");
    expect((await notifications.list(bob)).map(({ data }) => data["preview"])).toEqual(["told"]);
  });

  test("leaves the next reason where one is off", async () => {
    const id = await make({ kind: "direct", members: [ada, bob] });
    await prefer(bob, "mentions", false);
    await messages.say(ada, id, `hey @${await nameOf(bob)}`);
    expect(await notifications.kinds(bob)).toEqual(["direct_messages direct_message"]);
    await prefer(bob, "direct_messages", false);
    await messages.say(ada, id, "again");
    expect(await notifications.kinds(bob)).toHaveLength(1);
  });

  test("by the level of a conversation, and not while it is muted", async () => {
    const id = await make({ members: [ada, bob] });
    const name = await nameOf(bob);
    await settings(id, bob, { notification_level: "mentions" });
    await messages.say(ada, id, "quiet");
    await messages.say(ada, id, `loud @${name}`);
    await notifications.follower.idle();
    await settings(id, bob, { notification_level: "none" });
    await messages.say(ada, id, `off @${name}`);
    await notifications.follower.idle();
    await settings(id, bob, { muted_until: new Date(Date.now() + 60_000) });
    await messages.say(ada, id, `muted @${name}`);
    await notifications.follower.idle();
    await settings(id, bob, { muted_until: new Date(Date.now() - 1_000) });
    await messages.say(ada, id, `audible again, @${name}`);
    expect(await notifications.reasons(bob)).toEqual(["mention", "mention"]);
  });

  test("is what was set, the last of the same, and for conversations that they see alone", async () => {
    const id = await make({ members: [ada, bob] });
    const set = await notifications.preferences.set(bob, {
      preferences: [
        { conversation_id: null, type: "mentions", channel: "push", enabled: true },
        { conversation_id: id, type: "mentions", channel: "in_app", enabled: true },
        { conversation_id: id, type: "mentions", channel: "in_app", enabled: false },
      ],
    });
    const expected = [
      { conversation_id: null, type: "mentions", channel: "push", enabled: true },
      { conversation_id: id, type: "mentions", channel: "in_app", enabled: false },
    ];
    expect(set.preferences).toEqual(expected);
    expect((await notifications.preferences.get(bob)).preferences).toEqual(expected);
    await expect(prefer(cleo, "mentions", true, id)).rejects.toMatchObject({ code: "not_found" });
    expect((await notifications.preferences.get(cleo)).preferences).toEqual([]);
  });
});

describe("the list", () => {
  test("is the latest first, in pages, or what is unread alone", async () => {
    const id = await make({ kind: "direct", members: [ada, bob] });
    await Promise.all(Array.from({ length: 12 }, (_, n) => messages.say(ada, id, String(n))));
    const all = (await notifications.list(bob)).map(({ data }) => data["preview"]);
    const stored = await store.database.query<{ content: string }>({
      text: "SELECT content FROM messages WHERE conversation_id = $1 ORDER BY seq DESC",
      values: [id],
    });
    expect(all).toEqual(stored.map(({ content }) => content));
    const paged: unknown[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: { data: Record<string, unknown> }[]; next_cursor: string | null } =
        await notifications.service.list(bob, {
          limit: 5,
          ...(cursor ? { cursor } : {}),
        });
      paged.push(...page.items.map(({ data }) => data["preview"]));
      cursor = page.next_cursor;
    } while (cursor);
    expect(paged).toEqual(all);
    await expect(notifications.service.list(bob, { limit: 5, cursor: "nonsense" })).rejects.toMatchObject({
      code: "validation_failed",
    });
  });

  test("knows what was read: named, of a conversation, all, and what the mark has passed", async () => {
    const [direct, group] = [
      await make({ kind: "direct", members: [ada, bob] }),
      await make({ kind: "direct", members: [bob, cleo] }),
    ];
    for (const [who, id] of [
      [ada, direct],
      [cleo, group],
    ] as const)
      for (const content of ["one", "two", "three"]) await messages.say(who, id, content);
    const listed = await notifications.list(bob);
    expect(listed).toHaveLength(6);
    const [latest] = listed;
    const named = await notifications.service.markRead(bob, { notification_ids: [latest?.id ?? "", uuidv7()] });
    expect(named).toEqual({ updated_count: 1, unread_count: 5 });
    expect(await notifications.service.markRead(ada, { notification_ids: [listed[1]?.id ?? ""] })).toEqual({
      updated_count: 0,
      unread_count: 0,
    });
    await run(
      store.database,
      "UPDATE member_marks SET last_read_seq = 3, last_read_at = now() WHERE conversation_id = $1 AND user_id = $2",
      [direct, bob.userId],
    );
    expect((await notifications.list(bob, { unread: "true" })).map(({ data }) => data["preview"])).toEqual([
      "two",
      "one",
      "three",
    ]);
    expect(await notifications.service.markRead(bob, { conversation_id: group })).toEqual({
      updated_count: 2,
      unread_count: 1,
    });
    expect(await notifications.service.markRead(bob, {})).toMatchObject({ unread_count: 0 });
    expect(await notifications.list(bob, { unread: "true" })).toEqual([]);
    expect(await notifications.list(bob)).toHaveLength(6);
  });

  test("shows what messages are now, and none that are deleted or that one may not read any more", async () => {
    const id = await make({ members: [{ who: ada, role: "owner" }, bob] });
    const at = `@${await nameOf(bob)}`;
    const [edited, deleted] = [
      await messages.say(ada, id, `before ${at}`),
      await messages.say(ada, id, `secret ${at}`),
    ];
    expect(await notifications.list(bob)).toHaveLength(2);
    await messages.changing.edit(ada, id, edited.id as MessageId, { content: "after" });
    await messages.changing.remove(ada, id, deleted.id as MessageId);
    expect((await notifications.list(bob)).map(({ data }) => data["preview"])).toEqual(["after"]);
    await run(store.database, "UPDATE members SET left_at = now() WHERE conversation_id = $1 AND user_id = $2", [
      id,
      bob.userId,
    ]);
    expect(await notifications.list(bob)).toEqual([]);
    expect((await notifications.service.markRead(bob, { conversation_id: uuidv7() })).unread_count).toBe(0);
    await run(
      store.database,
      "UPDATE members SET left_at = NULL, joined_seq = 90 WHERE conversation_id = $1 AND user_id = $2",
      [id, bob.userId],
    );
    expect(await notifications.list(bob)).toHaveLength(1);
    await run(store.database, "UPDATE conversations SET history_visibility = 'none' WHERE id = $1", [id]);
    expect(await notifications.list(bob)).toEqual([]);
  });

  test("shows nothing of what confidential channels hold", async () => {
    const id = await make({ kind: "channel", visibility: "confidential", members: [ada, bob] });
    await messages.say(ada, id, "ciphertext");
    expect((await notifications.list(bob)).map(({ data }) => data["preview"])).toEqual([null]);
  });
});

describe("sockets", () => {
  test("hear of each notification once, after it is committed, as the list has it", async () => {
    const id = await make({ members: [ada, bob, cleo] });
    const all = [`@${await nameOf(bob)}`, `@${await nameOf(cleo)}`].join(" ");
    await messages.say(ada, id, `one ${all}`);
    await messages.say(ada, id, `two ${all}`);
    const heard = await notifications.heard(bob, 2);
    expect(heard.toReversed()).toEqual(await notifications.list(bob));
    expect(await notifications.heard(cleo, 2)).toHaveLength(2);
    expect(notifications.told.find(({ userId }) => userId === bob.userId)?.event).toMatchObject({
      type: "notification.created",
      user_id: bob.userId,
    });
  });

  test("hear nothing twice when the follower does a page again", async () => {
    const id = await make({ kind: "direct", members: [ada, bob] });
    await messages.say(ada, id, "once");
    await notifications.heard(bob, 1);
    await run(store.database, "UPDATE follower_cursors SET next_xid = '0' WHERE name = 'notifications'");
    await notifications.follower.idle();
    await messages.say(ada, id, "then");
    expect((await notifications.heard(bob, 2)).map(({ data }) => data["preview"])).toEqual(["once", "then"]);
    expect(await notifications.list(bob)).toHaveLength(2);
  });
});

describe("what is no message", () => {
  test("having been added, but not having joined or made it oneself", async () => {
    const id = await makeConversation(store.database, { members: [{ who: ada, role: "owner" }, bob] });
    expect(await notifications.kinds(bob)).toEqual(["system_notifications added_to_conversation"]);
    expect(await notifications.list(bob)).toMatchObject([
      { conversation_id: id, message_id: null, data: { sender_id: ada.userId, conversation: { title: "Group" } } },
    ]);
    expect(await notifications.kinds(ada)).toEqual([]);
    await run(
      store.database,
      `INSERT INTO members (conversation_id, user_id, role, rights, first_joined_seq, joined_seq, joined_at, version) VALUES ($1, $2, 'member', 1, 1, 1, now(), 2)`,
      [id, cleo.userId],
    );
    const log = (version: number, actor: Caller) =>
      run(
        store.database,
        "INSERT INTO changes (conversation_id, version, type, subject_id, actor_id, at) VALUES ($1, $2, 'member.added', $3, $4, now())",
        [id, version, cleo.userId, actor.userId],
      );
    await log(2, cleo);
    expect(await notifications.kinds(cleo)).toEqual([]);
    await log(3, ada);
    expect(await notifications.kinds(cleo)).toEqual(["system_notifications added_to_conversation"]);
    await makeConversation(store.database, { kind: "direct", members: [ada, bob] });
    expect(await notifications.kinds(bob)).toHaveLength(1);
  });

  const tell = (...notices: Notice[]) => store.database.transaction((tx) => notify(tx, notices));

  test("what services tell: heard by sockets once it is committed, and not again before it was read", async () => {
    const notice: Notice = { userId: bob.userId, reason: "friend_requested", actorId: ada.userId };
    const undone = store.database.transaction(async (tx) => {
      await notify(tx, [notice]);
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    await tell(notice, { ...notice, userId: ada.userId });
    await tell(notice);
    expect(await notifications.heard(bob, 1)).toMatchObject([
      { type: "system_notifications", data: { reason: "friend_requested", sender: { id: ada.userId } } },
    ]);
    await notifications.service.markRead(bob, {});
    await tell(notice);
    expect(await notifications.heard(bob, 2)).toHaveLength(2);
    expect(await notifications.list(bob)).toMatchObject([{ read_at: null }]);
    expect(await notifications.list(ada)).toEqual([]);
  });

  test("not by whom one blocked, and not where one turned it off", async () => {
    await run(store.database, "INSERT INTO blocks (blocker_id, blocked_id) VALUES ($1, $2)", [bob.userId, ada.userId]);
    await prefer(cleo, "system_notifications", false);
    await tell(
      { userId: bob.userId, reason: "friend_requested", actorId: ada.userId },
      { userId: cleo.userId, reason: "friend_requested", actorId: ada.userId },
      { userId: bob.userId, reason: "scheduled_message_failed", data: { code: "not_a_member" } },
    );
    expect(await notifications.list(bob)).toMatchObject([
      { data: { reason: "scheduled_message_failed", code: "not_a_member" } },
    ]);
    expect(await notifications.list(cleo)).toEqual([]);
  });

  test("is told apart by what it is about, and names no conversation that one is not in any more", async () => {
    const id = await make({ members: [ada, bob] });
    const failed = (about: string): Notice => ({
      userId: bob.userId,
      reason: "scheduled_message_failed",
      conversationId: id,
      about,
      data: { code: "not_a_member" },
    });
    await tell(failed("one"), failed("two"));
    await tell(failed("two"));
    const named = { reason: "scheduled_message_failed", code: "not_a_member", conversation: { title: "Group" } };
    expect((await notifications.list(bob)).map(({ data }) => data)).toMatchObject([named, named]);
    await run(store.database, "UPDATE members SET left_at = now() WHERE conversation_id = $1 AND user_id = $2", [
      id,
      bob.userId,
    ]);
    const [left] = await notifications.list(bob);
    expect(left).toMatchObject({ conversation_id: id });
    expect(left?.data).not.toHaveProperty("conversation");
  });

  test("a request to join, to those who can approve it", async () => {
    const helper = await person();
    const id = await make({
      kind: "channel",
      members: [{ who: ada, role: "owner" }, { who: helper, permissions: { manage_members: true } }, bob],
    });
    await store.database.transaction((tx) => notifyOfJoinRequest(tx, id, cleo.userId));
    for (const who of [ada, helper]) {
      expect(await notifications.list(who)).toMatchObject([
        { conversation_id: id, data: { reason: "join_requested", sender_id: cleo.userId } },
      ]);
    }
    for (const who of [bob, cleo]) expect(await notifications.list(who)).toEqual([]);
  });
});

test("ten thousand people are told by @all in one go, in a few seconds", async () => {
  const owner = await person();
  const id = await make({ kind: "channel", members: [{ who: owner, role: "owner" }] });
  await run(
    store.database,
    `WITH people AS (INSERT INTO users (id, username, slug, display_name) SELECT gen_random_uuid(), 'crowd' || n, 'crowd' || n, 'Crowd ' || n
       FROM generate_series(1, 10000) n RETURNING id)
     INSERT INTO members (conversation_id, user_id, role, rights, first_joined_seq, joined_seq, joined_at, version)
     SELECT $1, id, 'member', 1, 0, 0, now(), 1 FROM people`,
    [id],
  );
  const count = async (): Promise<number> => {
    const [row] = await store.database.query<{ count: number }>({
      text: "SELECT count(*)::integer AS count FROM notifications WHERE conversation_id = $1",
      values: [id],
    });
    return row?.count ?? 0;
  };
  await messages.say(owner, id, "nothing to see");
  await notifications.follower.idle();
  expect(await count()).toBe(0);
  const began = performance.now();
  await messages.say(owner, id, "@all look");
  await notifications.follower.idle();
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(await count()).toBe(10_000);
  await until(
    () =>
      notifications.told.filter(({ event }) => (event.data as { conversation_id?: string }).conversation_id === id)
        .length === 10_000,
    10_000,
  );
});
