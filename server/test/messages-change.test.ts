import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Message } from "@parley/protocol";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId, MessageId } from "../src/domain/ids.ts";
import { createPurgeDeleted } from "../src/services/messages/purge-deleted.ts";
import { findMessage } from "../src/store/messages.ts";
import { expectSound } from "./harness/committer.ts";
import { useTestDatabase } from "./harness/database.ts";
import { codeOf } from "./harness/membership.ts";
import { startMessages, type MessageServices } from "./harness/messages.ts";
import { actingFor, HOST, makeConversation, makeUser, run } from "./harness/rows.ts";

const store = useTestDatabase();
let services: MessageServices;
/** Owner of the channel; moderates nothing in the group, where all are members. */
let ada: Caller;
let bob: Caller;
let moderator: Caller;
let channel: ConversationId;
let group: ConversationId;
let message: Message;

beforeAll(async () => {
  services = startMessages(store.database);
  [ada, bob, moderator] = await Promise.all([
    makeUser(store.database, { username: "ada" }),
    makeUser(store.database, { username: "bob" }),
    makeUser(store.database),
  ]);
});
afterAll(() => services.close());
beforeEach(async () => {
  const members = [
    { who: ada, role: "owner" as const },
    bob,
    { who: moderator, permissions: { delete_messages: true, moderate_content: true } },
  ];
  channel = await makeConversation(store.database, { kind: "channel", members });
  group = await makeConversation(store.database, { members: [ada, bob] });
  message = await services.say(bob, channel, "hello");
});

const idOf = (one: Message) => one.id as MessageId;
const edit = (who: Caller, content: string, one = message, metadata?: Record<string, unknown> | null) =>
  services.changing.edit(who, one.conversation_id as ConversationId, idOf(one), {
    content,
    ...(metadata === undefined ? {} : { metadata }),
  });
const remove = (who: Caller, one = message) =>
  services.changing.remove(who, one.conversation_id as ConversationId, idOf(one));
const restore = (who: Caller, one = message) =>
  services.changing.restore(who, one.conversation_id as ConversationId, idOf(one));
const history = (who: Caller, one = message, query: { limit: number; cursor?: string } = { limit: 50 }) =>
  services.reading.listEdits(who, one.conversation_id as ConversationId, idOf(one), query);
const get = (who: Caller, one = message) => services.reading.get(who, one.conversation_id as ConversationId, idOf(one));
const types = (id = channel) => services.toldOf(id).map((change) => change.type);
const auditOf = async (id: string) =>
  (
    await store.database.query<{ action: string; actor_id: string }>({
      text: "SELECT action, actor_id FROM audit_log WHERE subject_id = $1 ORDER BY at, id",
      values: [id],
    })
  ).map((row) => row.action);

describe("an edit", () => {
  test("replaces content and mentions, keeps what was, and tells the row as it is now", async () => {
    const first = await services.say(bob, channel, { content: "hi @ada", metadata: { a: 1 } });
    expect(first.mentions).toEqual([ada.userId]);
    const second = await edit(bob, "hi @bob and @nobody", first);
    expect(second).toMatchObject({
      content: "hi @bob and @nobody",
      mentions: [bob.userId],
      metadata: { a: 1 },
      seq: first.seq,
      version: first.version + 1,
    });
    expect(second.edited_at).not.toBeNull();
    const third = await edit(bob, "plain", first, { b: 2 });
    expect(third).toMatchObject({ content: "plain", mentions: [], metadata: { b: 2 }, version: first.version + 2 });
    const edits = await history(ada, first);
    expect(edits.items.map(({ content, metadata, edited_by }) => ({ content, metadata, edited_by }))).toEqual([
      { content: "hi @bob and @nobody", metadata: { a: 1 }, edited_by: bob.userId },
      { content: "hi @ada", metadata: { a: 1 }, edited_by: bob.userId },
    ]);
    const told = services.toldOf(channel).at(-1);
    expect(told).toMatchObject({ type: "message.updated", subjectId: first.id, actorId: bob.userId });
    expect(told?.message).toEqual(await findMessage(store.database, idOf(first)));
    await expectSound(store.database, channel);
  });

  test("to what is there takes no version", async () => {
    const one = await services.say(bob, channel, { content: "same", metadata: { a: [1, { b: 2, c: 3 }] } });
    const before = types().length;
    expect((await edit(bob, "same", one)).edited_at).toBeNull();
    expect((await edit(bob, "same", one, { a: [1, { c: 3, b: 2 }] })).version).toBe(one.version);
    expect(types()).toHaveLength(before);
    expect((await edit(bob, "same", one, null)).metadata).toBeNull();
  });

  test("is for its author alone, who may still write there", async () => {
    for (const who of [ada, moderator, HOST]) expect(await codeOf(edit(who, "x"))).toBe("permission_denied");
    expect(await codeOf(edit(await makeUser(store.database), "x"))).toBe("not_found");
    expect((await edit(actingFor(bob), "by the host for bob")).content).toBe("by the host for bob");
    await run(store.database, "UPDATE members SET rights = rights & ~1 WHERE conversation_id = $1 AND user_id = $2", [
      channel,
      bob.userId,
    ]);
    expect(await codeOf(edit(bob, "x"))).toBe("permission_denied");
    await run(store.database, "UPDATE members SET left_at = now() WHERE conversation_id = $1 AND user_id = $2", [
      channel,
      bob.userId,
    ]);
    expect(await codeOf(edit(bob, "x"))).toBe("not_found");
    await run(store.database, "UPDATE conversations SET visibility = 'public' WHERE id = $1", [channel]);
    expect(await codeOf(edit(bob, "x"))).toBe("not_a_member");
  });

  test("is possible within the window, and for ever where there is none", async () => {
    await run(
      store.database,
      "UPDATE messages SET created_at = created_at - interval '14 minutes 50 seconds' WHERE id = $1",
      [message.id],
    );
    expect((await edit(bob, "in time")).content).toBe("in time");
    await run(store.database, "UPDATE messages SET created_at = created_at - interval '11 seconds' WHERE id = $1", [
      message.id,
    ]);
    expect(await codeOf(edit(bob, "too late"))).toBe("edit_window_over");
    expect((await get(bob)).content).toBe("in time");
    const patient = startMessages(store.database, { settings: { editWindowMs: 0 } });
    await run(store.database, "UPDATE messages SET created_at = created_at - interval '10 years' WHERE id = $1", [
      message.id,
    ]);
    expect((await patient.changing.edit(bob, channel, idOf(message), { content: "years later" })).content).toBe(
      "years later",
    );
    await patient.close();
  });

  test("is bounded like a message, and must still describe a medium", async () => {
    const brief = startMessages(store.database, { settings: { maxContent: 10 } });
    expect(await codeOf(brief.changing.edit(bob, channel, idOf(message), { content: "x".repeat(11) }))).toBe(
      "validation_failed",
    );
    expect((await brief.changing.edit(bob, channel, idOf(message), { content: "🎉".repeat(10) })).content).toHaveLength(
      20,
    );
    await brief.close();
    const image = { mimetype: "image/png", size: 5, width: 1, height: 1 };
    const picture = await services.say(bob, channel, { content_type: "image", content: "", metadata: image });
    expect(await codeOf(edit(bob, "caption", picture, { width: "wide" }))).toBe("validation_failed");
    expect(await codeOf(edit(bob, "caption", picture, null))).toBe("validation_failed");
    expect(await edit(bob, "caption", picture)).toMatchObject({ content: "caption", metadata: image });
    expect((await edit(bob, "caption", picture, { ...image, alt: "a dot" })).metadata).toEqual({
      ...image,
      alt: "a dot",
    });
  });

  test("mentions all only where the author may", async () => {
    const massOf = async (id: string) => (await findMessage(store.database, id as MessageId))?.massMention;
    await edit(bob, "@all wake up");
    expect(await massOf(message.id)).toBeNull();
    const owners = await services.say(ada, channel, "x");
    await edit(ada, "@all wake up", owners);
    expect(await massOf(owners.id)).toBe("all");
    await edit(ada, "never mind", owners);
    expect(await massOf(owners.id)).toBeNull();
    const among = await services.say(bob, group, "x");
    await edit(bob, "@here", among);
    expect(await massOf(among.id)).toBe("here");
  });

  test("does not reach someone who has blocked its author", async () => {
    const direct = await makeConversation(store.database, { kind: "direct", members: [bob, moderator] });
    const one = await services.say(bob, direct, "hi");
    await run(store.database, "INSERT INTO blocks (blocker_id, blocked_id) VALUES ($1, $2)", [
      moderator.userId,
      bob.userId,
    ]);
    expect(await codeOf(edit(bob, "listen", one))).toBe("contact_refused");
    expect(await codeOf(services.reactions.add(bob, idOf(one), "👍"))).toBe("contact_refused");
    await run(store.database, "DELETE FROM blocks");
    expect((await edit(bob, "listen", one)).content).toBe("listen");
  });

  test("of many leaves a history that is read in pages", async () => {
    for (let n = 1; n <= 7; n += 1) await edit(bob, `v${n}`);
    const first = await history(bob, message, { limit: 3 });
    expect(first.items.map((item) => item.content)).toEqual(["v6", "v5", "v4"]);
    const second = await history(bob, message, { limit: 3, cursor: first.next_cursor ?? "" });
    expect(second.items.map((item) => item.content)).toEqual(["v3", "v2", "v1"]);
    const third = await history(bob, message, { limit: 3, cursor: second.next_cursor ?? "" });
    expect([third.items.map((item) => item.content), third.next_cursor]).toEqual([["hello"], null]);
  });
});

describe("a deletion", () => {
  test("empties the message in one change; its place and its replies stay", async () => {
    const one = await services.say(bob, channel, {
      content: "secret for @ada",
      metadata: { a: 1 },
      attachments: [{ kind: "file", name: "a.txt", mimetype: "text/plain", size: 3 }],
    });
    const reply = await services.say(ada, channel, { content: "re", parent_id: one.id });
    await services.reactions.add(ada, idOf(one), "👍");
    await services.pins.pin(moderator, channel, idOf(one));
    const before = types().length;
    await remove(bob, one);
    expect(types().slice(before)).toEqual(["message.deleted"]);
    expect(await get(ada, one)).toMatchObject({
      content: "",
      metadata: null,
      attachments: [],
      mentions: [],
      reactions: [],
      pinned_at: null,
      pinned_by: null,
      reply_count: 1,
      seq: one.seq,
      ordinal: one.ordinal,
    });
    expect((await get(ada, one)).deleted_at).not.toBeNull();
    expect(await get(ada, reply)).toMatchObject({ content: "re", parent_id: one.id, thread_root_id: one.id });
    expect((await services.pins.list(ada, channel, { limit: 10 })).items).toEqual([]);
    const told = services.toldOf(channel).at(-1);
    expect(told?.message).toEqual(await findMessage(store.database, idOf(one)));
    expect(told?.thread).toBeUndefined();
    expect(await auditOf(one.id)).toEqual(["pin.added"]);
    await expectSound(store.database, channel);
  });

  test("again does nothing, and so do changes of what is deleted", async () => {
    await remove(bob);
    const before = types().length;
    await remove(bob);
    await remove(ada);
    expect(await codeOf(edit(bob, "x"))).toBe("message_deleted");
    expect(await codeOf(services.reactions.add(ada, idOf(message), "👍"))).toBe("message_deleted");
    expect(await codeOf(services.reactions.remove(ada, idOf(message), "👍"))).toBe("message_deleted");
    expect(await codeOf(services.pins.pin(ada, channel, idOf(message)))).toBe("message_deleted");
    expect(await codeOf(services.saved.save(ada, idOf(message)))).toBe("message_deleted");
    expect(await codeOf(services.say(ada, channel, { parent_id: message.id }))).toBe("message_deleted");
    await services.pins.unpin(ada, channel, idOf(message));
    expect(types()).toHaveLength(before);
  });

  test("is for the author and for who may delete messages, and then it is noted", async () => {
    const owners = await services.say(ada, channel, "x");
    expect(await codeOf(remove(bob, owners))).toBe("permission_denied");
    expect(await codeOf(remove(await makeUser(store.database), owners))).toBe("not_found");
    await remove(moderator, owners);
    await remove(ada);
    expect([await auditOf(owners.id), await auditOf(message.id)]).toEqual([["message.deleted"], ["message.deleted"]]);
    const among = await services.say(ada, group, "x");
    expect(await codeOf(remove(bob, among))).toBe("permission_denied");
    await remove(HOST, among);
    expect((await get(bob, among)).deleted_at).not.toBeNull();
  });

  test("of a reply lowers the count of its root, and restoring raises it", async () => {
    const first = await services.say(ada, channel, { content: "1", parent_id: message.id });
    const second = await services.say(bob, channel, { content: "2", parent_id: first.id });
    await remove(bob, second);
    const told = services.toldOf(channel).at(-1);
    expect(told?.thread).toEqual({ rootId: message.id, replyCount: 1, lastReplyAt: new Date(first.created_at) });
    expect(await get(ada)).toMatchObject({ reply_count: 1, version: told?.version });
    await remove(ada, first);
    expect(services.toldOf(channel).at(-1)?.thread).toEqual({ rootId: message.id, replyCount: 0, lastReplyAt: null });
    await expectSound(store.database, channel);
    await restore(bob, second);
    expect(services.toldOf(channel).at(-1)?.thread).toEqual({
      rootId: message.id,
      replyCount: 1,
      lastReplyAt: new Date(second.created_at),
    });
    await expectSound(store.database, channel);
  });

  test("hides the history from all but moderators", async () => {
    await edit(bob, "once more");
    await remove(bob);
    expect(await codeOf(history(bob))).toBe("permission_denied");
    expect((await history(moderator)).items.map((item) => item.content)).toEqual(["hello"]);
    expect((await history(HOST)).items).toHaveLength(1);
  });
});

describe("restoring", () => {
  test("brings back what was in it, but no reactions and no pin", async () => {
    const one = await services.say(bob, channel, {
      content: "back for @ada",
      metadata: { a: 1 },
      attachments: [{ kind: "file", name: "a", mimetype: "a/b", size: 3 }],
    });
    const edited = await edit(bob, "back again for @ada", one);
    await services.reactions.add(ada, idOf(one), "👍");
    await remove(bob, one);
    const back = await restore(bob, one);
    expect(back).toMatchObject({
      content: "back again for @ada",
      metadata: { a: 1 },
      attachments: edited.attachments,
      mentions: [ada.userId],
      reactions: [],
      deleted_at: null,
      edited_at: edited.edited_at,
    });
    const told = services.toldOf(channel).at(-1);
    expect(told).toMatchObject({ type: "message.restored", version: back.version });
    expect(told?.message).toEqual(await findMessage(store.database, idOf(one)));
    expect(
      await store.database.query({ text: "SELECT FROM deleted_contents WHERE message_id = $1", values: [one.id] }),
    ).toEqual([]);
    const before = types().length;
    expect((await restore(bob, one)).version).toBe(back.version);
    expect(types()).toHaveLength(before);
    await remove(bob, one);
    expect((await restore(ada, one)).content).toBe("back again for @ada");
    expect(await auditOf(one.id)).toEqual(["message.restored"]);
    await expectSound(store.database, channel);
  });

  test("what a moderator deleted takes a moderator", async () => {
    await remove(moderator);
    expect(await codeOf(restore(bob))).toBe("permission_denied");
    const others = await services.say(ada, channel, "x");
    await remove(ada, others);
    expect(await codeOf(restore(bob, others))).toBe("permission_denied");
    expect((await restore(moderator)).content).toBe("hello");
    expect((await restore(moderator, others)).content).toBe("x");
  });

  test("is over with the time that deleted messages are kept, and what was in them is then forgotten", async () => {
    await remove(bob);
    const other = await services.say(bob, channel, "younger");
    await remove(bob, other);
    await run(
      store.database,
      "UPDATE messages SET deleted_at = deleted_at - interval '30 days 1 second' WHERE id = $1",
      [message.id],
    );
    await run(
      store.database,
      "UPDATE deleted_contents SET deleted_at = deleted_at - interval '30 days 1 second' WHERE message_id = $1",
      [message.id],
    );
    expect(await codeOf(restore(bob))).toBe("conflict");
    const purge = createPurgeDeleted({ db: store.database, restoreWindowMs: 30 * 86_400_000, now: () => new Date() });
    expect(await purge()).toBe(1);
    expect(await purge()).toBe(0);
    await run(store.database, "UPDATE messages SET deleted_at = now() WHERE id = $1", [message.id]);
    expect(await codeOf(restore(ada))).toBe("conflict");
    expect((await restore(bob, other)).content).toBe("younger");
  });
});

describe("reactions", () => {
  test("come and go once each, with the count that is told", async () => {
    const add = (who: Caller, reaction: string) => services.reactions.add(who, idOf(message), reaction);
    expect(await add(ada, "👍")).toEqual({
      added: true,
      change: { message_id: message.id, reaction: "👍", user_id: ada.userId, count: 1 },
    });
    expect((await add(bob, "👍")).change.count).toBe(2);
    expect(await add(ada, "👍")).toMatchObject({ added: false, change: { count: 2 } });
    await add(ada, ":party_parrot:");
    expect(types().filter((type) => type === "reaction.added")).toHaveLength(3);
    const told = services
      .toldOf(channel)
      .find((change) => change.type === "reaction.added" && change.actorId === bob.userId);
    expect(told).toMatchObject({
      subjectId: message.id,
      reaction: { reaction: "👍", count: 2 },
      message: { reactionCount: 2 },
    });
    expect((await get(ada)).reactions).toEqual([
      { reaction: "👍", count: 2, user_ids: [ada.userId, bob.userId], me: true },
      { reaction: ":party_parrot:", count: 1, user_ids: [ada.userId], me: true },
    ]);
    expect((await get(moderator)).reactions[0]?.me).toBe(false);
    const { items } = await services.reactions.list(bob, idOf(message));
    expect(
      items.map(({ reaction, count, users }) => [reaction, count, users.map(({ user }) => user.username)]),
    ).toEqual([
      ["👍", 2, ["ada", "bob"]],
      [":party_parrot:", 1, ["ada"]],
    ]);
    await services.reactions.remove(ada, idOf(message), "👍");
    await services.reactions.remove(ada, idOf(message), "👍");
    await services.reactions.remove(moderator, idOf(message), "👍");
    expect(types().filter((type) => type === "reaction.removed")).toHaveLength(1);
    expect(services.toldOf(channel).at(-1)).toMatchObject({
      type: "reaction.removed",
      reaction: { reaction: "👍", count: 1 },
      message: { reactionCount: 2 },
    });
    await expectSound(store.database, channel);
  });

  test("are at most fifty different ones on a message; those there are can still be joined", async () => {
    for (let n = 0; n < 50; n += 1) await services.reactions.add(ada, idOf(message), `:r${n}:`);
    expect(await codeOf(services.reactions.add(ada, idOf(message), "👍"))).toBe("conflict");
    expect((await services.reactions.add(bob, idOf(message), ":r7:")).change.count).toBe(2);
    await services.reactions.remove(ada, idOf(message), ":r8:");
    expect((await services.reactions.add(bob, idOf(message), "👍")).added).toBe(true);
    await expectSound(store.database, channel);
  });

  test("are for members, whether they may write or not, and for people", async () => {
    await run(store.database, "UPDATE members SET rights = 0 WHERE conversation_id = $1 AND user_id = $2", [
      channel,
      bob.userId,
    ]);
    expect((await services.reactions.add(bob, idOf(message), "👍")).added).toBe(true);
    const reader = await makeUser(store.database);
    expect(await codeOf(services.reactions.add(reader, idOf(message), "👍"))).toBe("not_found");
    expect(await codeOf(services.reactions.list(reader, idOf(message)))).toBe("not_found");
    await run(store.database, "UPDATE conversations SET visibility = 'public' WHERE id = $1", [channel]);
    expect(await codeOf(services.reactions.add(reader, idOf(message), "👍"))).toBe("not_a_member");
    expect((await services.reactions.list(reader, idOf(message))).items).toHaveLength(1);
    expect(await codeOf(services.reactions.add(HOST, idOf(message), "👍"))).toBe("permission_denied");
    expect(await codeOf(services.reactions.add(ada, uuidv7() as MessageId, "👍"))).toBe("not_found");
  });

  test("given by one at once from many devices count once", async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, () => services.reactions.add(ada, idOf(message), "👍")),
    );
    expect(results.filter((result) => result.added)).toHaveLength(1);
    expect(new Set(results.map((result) => result.change.count))).toEqual(new Set([1]));
    await expectSound(store.database, channel);
  });
});

describe("pins", () => {
  test("take moderate_content, except among peers; pinning again changes nothing", async () => {
    expect(await codeOf(services.pins.pin(bob, channel, idOf(message)))).toBe("permission_denied");
    const pinned = await services.pins.pin(moderator, channel, idOf(message));
    expect(pinned).toMatchObject({ pinned_by: moderator.userId });
    const before = types().length;
    expect((await services.pins.pin(ada, channel, idOf(message))).pinned_by).toBe(moderator.userId);
    expect(types()).toHaveLength(before);
    expect(await codeOf(services.pins.unpin(bob, channel, idOf(message)))).toBe("permission_denied");
    await services.pins.unpin(ada, channel, idOf(message));
    await services.pins.unpin(ada, channel, idOf(message));
    expect(types().slice(-2)).toEqual(["pin.added", "pin.removed"]);
    expect(services.toldOf(channel).at(-1)?.message).toMatchObject({ pinnedAt: null, id: message.id });
    expect(await auditOf(message.id)).toEqual(["pin.added", "pin.removed"]);
    const among = await services.say(ada, group, "x");
    expect((await services.pins.pin(bob, group, idOf(among))).pinned_by).toBe(bob.userId);
    expect(await auditOf(among.id)).toEqual([]);
    expect(await codeOf(services.pins.pin(bob, group, idOf(message)))).toBe("not_found");
  });

  test("are listed last pinned first, in pages, without what history hides", async () => {
    const more = [await services.say(bob, channel, "2"), await services.say(bob, channel, "3")];
    for (const one of [...more, message]) await services.pins.pin(ada, channel, idOf(one));
    const first = await services.pins.list(bob, channel, { limit: 2 });
    expect(first.items.map((one) => one.content)).toEqual(["hello", "3"]);
    const second = await services.pins.list(bob, channel, { limit: 2, cursor: first.next_cursor ?? "" });
    expect([second.items.map((one) => one.content), second.next_cursor]).toEqual([["2"], null]);
    await run(store.database, "UPDATE conversations SET history_visibility = 'none' WHERE id = $1", [channel]);
    await run(store.database, "UPDATE members SET joined_seq = $3 WHERE conversation_id = $1 AND user_id = $2", [
      channel,
      bob.userId,
      more[0]?.seq,
    ]);
    expect((await services.pins.list(bob, channel, { limit: 5 })).items.map((one) => one.content)).toEqual(["3"]);
    expect(await codeOf(services.pins.list(await makeUser(store.database), channel, { limit: 5 }))).toBe("not_found");
  });
});

describe("one's own", () => {
  test("draft is kept one at a time, for oneself", async () => {
    expect(await codeOf(services.drafts.get(bob, channel))).toBe("not_found");
    await services.drafts.put(bob, channel, { content: "dear" });
    const draft = await services.drafts.put(bob, channel, { content: "dear all", parent_id: message.id });
    expect(draft).toMatchObject({ conversation_id: channel, content: "dear all", parent_id: message.id });
    expect(await services.drafts.get(bob, channel)).toEqual(draft);
    expect(await codeOf(services.drafts.get(ada, channel))).toBe("not_found");
    await services.drafts.discard(bob, channel);
    await services.drafts.discard(bob, channel);
    expect(await codeOf(services.drafts.get(bob, channel))).toBe("not_found");
    expect(await codeOf(services.drafts.put(bob, channel, { content: "x", parent_id: uuidv7() }))).toBe("not_found");
    expect(await codeOf(services.drafts.put(await makeUser(store.database), channel, { content: "x" }))).toBe(
      "not_found",
    );
    expect(await codeOf(services.drafts.put(HOST, channel, { content: "x" }))).toBe("permission_denied");
    expect(types()).toEqual(["message.created"]);
  });

  test("saved messages are listed last saved first, as long as one may read them", async () => {
    const keeper = await makeUser(store.database);
    for (const id of [channel, group])
      await run(
        store.database,
        "INSERT INTO members (conversation_id, user_id, role, rights, first_joined_seq, joined_seq, joined_at, version) VALUES ($1, $2, 'member', 1, 0, 0, now(), 1)",
        [id, keeper.userId],
      );
    const among = await services.say(ada, group, "in the group");
    const last = await services.say(ada, channel, "last");
    const first = await services.saved.save(keeper, idOf(message));
    await services.saved.save(keeper, idOf(among));
    await services.saved.save(keeper, idOf(last));
    expect((await services.saved.save(keeper, idOf(message))).saved_at).toBe(first.saved_at);
    const contents = async (query: { limit: number; cursor?: string } = { limit: 10 }) => {
      const page = await services.saved.list(keeper, query);
      return { contents: page.items.map((item) => item.message.content), cursor: page.next_cursor ?? "" };
    };
    const page = await contents({ limit: 2 });
    expect(page.contents).toEqual(["last", "in the group"]);
    expect((await contents({ limit: 2, cursor: page.cursor })).contents).toEqual(["hello"]);
    await run(store.database, "UPDATE members SET left_at = now() WHERE conversation_id = $1 AND user_id = $2", [
      group,
      keeper.userId,
    ]);
    expect((await contents()).contents).toEqual(["last", "hello"]);
    await run(store.database, "UPDATE conversations SET history_visibility = 'none' WHERE id = $1", [channel]);
    await run(store.database, "UPDATE members SET joined_seq = $3 WHERE conversation_id = $1 AND user_id = $2", [
      channel,
      keeper.userId,
      message.seq,
    ]);
    expect((await contents()).contents).toEqual(["last"]);
    await services.saved.unsave(keeper, idOf(last));
    await services.saved.unsave(keeper, idOf(last));
    expect((await contents()).contents).toEqual([]);
    expect(await codeOf(services.saved.save(keeper, idOf(among)))).toBe("not_found");
    expect(await codeOf(services.saved.save(keeper, uuidv7() as MessageId))).toBe("not_found");
  });
});

test("everything about a message that history hides is not found", async () => {
  const late = await makeUser(store.database);
  const id = await makeConversation(store.database, {
    historyVisibility: "member_join_date",
    members: [{ who: ada, role: "owner" }],
  });
  const hidden = await services.say(ada, id, "before");
  await run(
    store.database,
    "INSERT INTO members (conversation_id, user_id, role, rights, first_joined_seq, joined_seq, joined_at, version) VALUES ($1, $2, 'member', 63, $3, $3, now(), 2)",
    [id, late.userId, hidden.seq],
  );
  const messageId = idOf(hidden);
  const attempts: Record<string, () => Promise<unknown>> = {
    get: () => get(late, hidden),
    edit: () => edit(late, "x", hidden),
    remove: () => remove(late, hidden),
    restore: () => restore(late, hidden),
    history: () => history(late, hidden),
    react: () => services.reactions.add(late, messageId, "👍"),
    unreact: () => services.reactions.remove(late, messageId, "👍"),
    reactions: () => services.reactions.list(late, messageId),
    pin: () => services.pins.pin(late, id, messageId),
    unpin: () => services.pins.unpin(late, id, messageId),
    save: () => services.saved.save(late, messageId),
    draft: () => services.drafts.put(late, id, { content: "x", parent_id: messageId }),
    reply: () => services.say(late, id, { parent_id: messageId }),
    replyInThread: () => services.threads.reply(late, messageId, { content_type: "text", content: "x" }),
    thread: () => services.threads.list(late, messageId, { limit: 5 }),
    schedule: () =>
      services.sending.sendInto(late, id, {
        content_type: "text",
        content: "x",
        parent_id: messageId,
        send_at: new Date(Date.now() + 60_000).toISOString(),
      }),
  };
  const codes = await Promise.all(
    Object.entries(attempts).map(async ([name, attempt]) => [name, await codeOf(attempt())]),
  );
  expect(codes.filter(([, code]) => code !== "not_found")).toEqual([]);
  expect(types(id)).toEqual(["message.created"]);
});
