import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId, MessageId } from "../src/domain/ids.ts";
import type { SendRequest } from "../src/store/committer/operations.ts";
import { expectSound, request, startCommitter, wordOf, type TestCommitter } from "./harness/committer.ts";
import { useTestDatabase } from "./harness/database.ts";
import { actingFor, HOST, makeConversation, makeUser, run, type ConversationFacts } from "./harness/rows.ts";

const store = useTestDatabase();
let committer: TestCommitter;
let ada: Caller;
let bob: Caller;
let staff: Caller;

beforeAll(async () => {
  committer = startCommitter(store.database, { quota: { perHour: 3, perDay: 5 } });
  [ada, bob, staff] = await Promise.all([
    makeUser(store.database),
    makeUser(store.database),
    makeUser(store.database, { isStaff: true }),
  ]);
});
afterAll(() => committer.close());

async function send(
  caller: Caller,
  conversationId: ConversationId,
  fields: Partial<SendRequest> = {},
): Promise<string> {
  return wordOf(await committer.send(request(caller, conversationId, fields)));
}

async function sent(caller: Caller, conversationId: ConversationId, fields: Partial<SendRequest> = {}) {
  const outcome = await committer.send(request(caller, conversationId, fields));
  if (outcome.outcome !== "sent") throw new Error(`was ${wordOf(outcome)}`);
  return outcome;
}

const group = (...members: NonNullable<ConversationFacts["members"]>) => makeConversation(store.database, { members });
const asConversation = (id: string) => id as ConversationId;
const newId = () => uuidv7() as MessageId;

describe("a send", () => {
  test("takes the next version, seq and ordinal, and is told as it was stored", async () => {
    const id = await group(ada, bob);
    const first = await sent(ada, id, {
      content: "one",
      metadata: { a: [1, null] },
      mentions: [bob.userId],
      attachments: [{ id: uuidv7(), kind: "file" }],
    });
    const second = await sent(bob, id, { content: "two" });
    expect(first.message).toMatchObject({
      seq: 2,
      ordinal: 1,
      version: 2,
      depth: 0,
      threadRootId: null,
      content: "one",
    });
    expect(second.message).toMatchObject({ seq: 3, ordinal: 2, version: 3 });
    const told = committer.told.filter((change) => change.conversationId === id);
    expect(told.map(({ version, type, subjectId }) => ({ version, type, subjectId }))).toEqual([
      { version: 2, type: "message.created", subjectId: first.message.id },
      { version: 3, type: "message.created", subjectId: second.message.id },
    ]);
    const [stored] = await store.database.query<Record<string, unknown>>({
      text: "SELECT * FROM messages WHERE id = $1",
      values: [first.message.id],
    });
    expect(stored).toMatchObject({
      conversation_id: id,
      seq: 2,
      ordinal: 1,
      version: 2,
      content: "one",
      metadata: { a: [1, null] },
      mentions: [bob.userId],
      created_at: first.message.createdAt,
      sender_id: ada.userId,
    });
    expect(told[0]?.message).toEqual(first.message);
    await expectSound(store.database, id);
  });

  test("of many at once keeps the order in which they were given", async () => {
    const ids = await Promise.all([group(ada), group(ada), group(ada)]);
    const outcomes = await Promise.all(
      Array.from({ length: 600 }, (_, n) => sent(ada, ids[n % 3] as ConversationId, { content: String(n) })),
    );
    for (const [index, id] of ids.entries()) {
      const seqs = outcomes.filter((_, n) => n % 3 === index).map(({ message }) => message.seq);
      expect(seqs).toEqual(Array.from({ length: 200 }, (_, n) => n + 2));
      await expectSound(store.database, id);
    }
  });

  test("is told before it is answered", async () => {
    const id = await group(ada);
    const { message } = await sent(ada, id);
    expect(committer.told.some((change) => change.subjectId === message.id)).toBe(true);
  });
});

describe("a send is refused", () => {
  test("where there is no conversation, or it is deleted", async () => {
    expect(await send(ada, asConversation(uuidv7()))).toBe("not_found");
    const id = await group(ada);
    await run(store.database, "UPDATE conversations SET deleted_at = now() WHERE id = $1", [id]);
    expect(await send(ada, id)).toBe("not_found");
    expect(await send(HOST, id)).toBe("not_found");
  });

  test("to who is not a member, or not any more", async () => {
    const id = await group(ada, bob);
    const carol = await makeUser(store.database);
    expect(await send(carol, id)).toBe("not_a_member");
    expect(await send(staff, id)).toBe("not_a_member");
    await run(store.database, "UPDATE members SET left_at = now() WHERE conversation_id = $1 AND user_id = $2", [
      id,
      bob.userId,
    ]);
    expect(await send(bob, id)).toBe("not_a_member");
    expect(await send(ada, id)).toBe("sent");
  });

  test("to a member without send_messages, and to a host that acts for one", async () => {
    const id = await group(ada, { who: bob, permissions: { send_messages: false } });
    expect(await send(bob, id)).toBe("permission_denied");
    expect(await send(actingFor(bob), id)).toBe("permission_denied");
    expect(await send(HOST, id)).toBe("sent");
  });

  test("in a system conversation to everyone but the service", async () => {
    const id = await makeConversation(store.database, { kind: "system", subject: ada, members: [ada] });
    expect(await send(ada, id)).toBe("permission_denied");
    expect(await send(bob, id)).toBe("not_a_member");
    expect(await send(actingFor(bob), id)).toBe("not_a_member");
    expect(await send(HOST, id, { contentType: "system_notification" })).toBe("sent");
  });

  test("of a collaboration update outside of projects, without telling outsiders that the conversation is there", async () => {
    const agent = await makeUser(store.database, { kind: "agent" });
    const project = await makeConversation(store.database, { kind: "project", members: [ada, agent] });
    const id = await group(ada, agent);
    const update = { contentType: "collaboration_update" };
    expect(await send(agent, project, update)).toBe("sent");
    expect(await send(HOST, project, update)).toBe("sent");
    expect(await send(agent, id, update)).toBe("wrong_kind");
    expect(await send(agent, await group(bob), update)).toBe("not_a_member");
  });

  test("where one blocked the other, in direct conversations alone", async () => {
    const carol = await makeUser(store.database);
    const id = await makeConversation(store.database, { kind: "direct", members: [ada, carol] });
    const together = await group(ada, carol);
    expect(await send(ada, id)).toBe("sent");
    await run(store.database, "INSERT INTO blocks (blocker_id, blocked_id) VALUES ($1, $2)", [
      carol.userId,
      ada.userId,
    ]);
    expect(await send(ada, id)).toBe("contact_refused");
    expect(await send(carol, id)).toBe("contact_refused");
    expect(await send(actingFor(ada), id)).toBe("sent");
    expect(await send(ada, together)).toBe("sent");
    await run(store.database, "DELETE FROM blocks WHERE blocker_id = $1", [carol.userId]);
    expect(await send(ada, id)).toBe("sent");
  });

  test("where one does not consent to messaging, or to media", async () => {
    const [carol, dan] = await Promise.all([makeUser(store.database), makeUser(store.database)]);
    const id = await makeConversation(store.database, { kind: "direct", members: [carol, dan] });
    await run(store.database, "INSERT INTO consents (user_id, type, granted) VALUES ($1, 'media_sharing', false)", [
      dan.userId,
    ]);
    expect(await send(carol, id)).toBe("sent");
    expect(await send(carol, id, { hasMedia: true })).toBe("contact_refused");
    expect(await send(dan, id, { hasMedia: true })).toBe("contact_refused");
    await run(store.database, "INSERT INTO consents (user_id, type, granted) VALUES ($1, 'messaging', false)", [
      dan.userId,
    ]);
    expect(await send(carol, id)).toBe("contact_refused");
    await run(store.database, "UPDATE consents SET granted = true WHERE user_id = $1", [dan.userId]);
    expect(await send(carol, id, { hasMedia: true })).toBe("sent");
  });

  test("as a reply to what is not there, elsewhere, hidden or deleted", async () => {
    const carol = await makeUser(store.database);
    const id = await makeConversation(store.database, {
      historyVisibility: "none",
      members: [{ who: ada, role: "owner" }, bob],
    });
    const { message: hidden } = await sent(ada, id);
    await run(
      store.database,
      `INSERT INTO members (conversation_id, user_id, role, rights, first_joined_seq, joined_seq, joined_at, version)
      VALUES ($1, $2, 'member', 1, 1, $3, now(), 3)`,
      [id, carol.userId, hidden.seq],
    );
    const { message: seen } = await sent(ada, id);
    const { message: elsewhere } = await sent(ada, await group(ada));
    expect(await send(carol, id, { parentId: newId() })).toBe("parent_not_found");
    expect(await send(carol, id, { parentId: elsewhere.id })).toBe("parent_not_found");
    expect(await send(carol, id, { parentId: hidden.id })).toBe("parent_not_found");
    expect(await send(ada, id, { parentId: hidden.id })).toBe("sent");
    expect(await send(carol, id, { parentId: seen.id })).toBe("sent");
    await run(store.database, "UPDATE conversations SET history_visibility = 'member_join_date' WHERE id = $1", [id]);
    expect(await send(carol, id, { parentId: hidden.id })).toBe("sent");
    await run(store.database, "UPDATE messages SET deleted_at = now() WHERE id = $1", [seen.id]);
    expect(await send(carol, id, { parentId: seen.id })).toBe("message_deleted");
  });

  test("without leaving anything behind", async () => {
    const id = await group(ada);
    expect(await send(bob, id)).toBe("not_a_member");
    expect(await send(ada, id, { parentId: newId() })).toBe("parent_not_found");
    const [head] = await store.database.query({
      text: "SELECT head, message_count FROM conversation_heads WHERE conversation_id = $1",
      values: [id],
    });
    expect(head).toEqual({ head: 1, message_count: 0 });
    expect(committer.told.filter((change) => change.conversationId === id)).toEqual([]);
  });
});

describe("an id", () => {
  test("sent again is a duplicate before permission and limits are looked at", async () => {
    const carol = await makeUser(store.database);
    const id = await makeConversation(store.database, { slowModeSeconds: 600, members: [ada, carol] });
    const fields = { id: newId() };
    expect(await send(carol, id, fields)).toBe("sent");
    expect(await send(carol, id, fields)).toBe("duplicate");
    expect(await send(carol, id)).toBe("slow_mode");
    await run(store.database, "UPDATE members SET left_at = now() WHERE conversation_id = $1 AND user_id = $2", [
      id,
      carol.userId,
    ]);
    expect(await send(carol, id, fields)).toBe("duplicate");
    await expectSound(store.database, id);
  });

  test("that is taken is a conflict, whatever differs", async () => {
    const [id, other] = await Promise.all([group(ada, bob), group(ada, bob)]);
    const fields = { id: newId() };
    expect(await send(ada, id, fields)).toBe("sent");
    expect(await send(ada, id, { ...fields, content: "different" })).toBe("conflict");
    expect(await send(bob, id, fields)).toBe("conflict");
    expect(await send(ada, other, fields)).toBe("conflict");
    expect(await send(ada, asConversation(uuidv7()), fields)).toBe("conflict");
  });

  test("given many times at once makes one message", async () => {
    const id = await group(ada);
    const fields = { id: newId() };
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => send(ada, id, fields)));
    expect(outcomes.toSorted()).toEqual([...Array.from({ length: 199 }, () => "duplicate"), "sent"]);
    await expectSound(store.database, id);
  });

  test("given at once with different contents has one winner", async () => {
    const id = await group(ada);
    const same = newId();
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, n) => send(ada, id, { id: same, content: String(n) })),
    );
    expect(outcomes.filter((word) => word === "sent")).toHaveLength(1);
    expect(outcomes.filter((word) => word === "conflict")).toHaveLength(49);
  });

  test("given at once in many conversations, of the same lane and of others, has one winner and hurts no neighbour", async () => {
    const ids = await Promise.all(Array.from({ length: 24 }, () => group(ada)));
    const same = newId();
    const [outcomes, neighbours] = await Promise.all([
      Promise.all(ids.map((id) => send(ada, id, { id: same }))),
      Promise.all(ids.map((id) => send(ada, id))),
    ]);
    expect(outcomes.filter((word) => word === "sent")).toHaveLength(1);
    expect(outcomes.filter((word) => word === "conflict")).toHaveLength(23);
    expect(new Set(neighbours)).toEqual(new Set(["sent"]));
    for (const id of ids) await expectSound(store.database, id);
  });
});

describe("a thread", () => {
  test("counts replies of one batch one by one, at every depth, on its root", async () => {
    const id = await group(ada, bob);
    const { message: root } = await sent(ada, id);
    const { message: reply, thread } = await sent(bob, id, { parentId: root.id });
    expect(reply).toMatchObject({ parentId: root.id, threadRootId: root.id, depth: 1 });
    expect(thread).toEqual({ rootId: root.id, replyCount: 1, lastReplyAt: reply.createdAt });
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, n) => sent(bob, id, { parentId: n % 2 ? root.id : reply.id })),
    );
    expect(outcomes.map((outcome) => outcome.thread?.replyCount)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(outcomes.map(({ message }) => message.depth)).toEqual([2, 1, 2, 1, 2, 1, 2, 1, 2, 1]);
    const [row] = await store.database.query<{ reply_count: number; version: number; last_reply_at: Date }>({
      text: "SELECT reply_count, version, last_reply_at FROM messages WHERE id = $1",
      values: [root.id],
    });
    const last = outcomes.at(-1)?.message;
    expect(row).toEqual({ reply_count: 11, version: last?.version, last_reply_at: last?.createdAt });
    await expectSound(store.database, id);
  });

  test("may begin with a reply that is sent right behind its parent", async () => {
    const id = await group(ada);
    const [parentId, replyId] = [newId(), newId()];
    const outcomes = await Promise.all([
      send(ada, id, { id: parentId }),
      send(ada, id, { id: replyId, parentId }),
      send(ada, id, { parentId: replyId }),
      send(ada, id),
    ]);
    expect(outcomes).toEqual(["sent", "sent", "sent", "sent"]);
    const depths = await store.database.query({
      text: "SELECT depth, reply_count FROM messages WHERE conversation_id = $1 ORDER BY seq",
      values: [id],
    });
    expect(depths).toEqual([
      { depth: 0, reply_count: 2 },
      { depth: 1, reply_count: 0 },
      { depth: 2, reply_count: 0 },
      { depth: 0, reply_count: 0 },
    ]);
    await expectSound(store.database, id);
  });

  test("keeps counts apart for several roots in one batch", async () => {
    const id = await group(ada);
    const roots = [await sent(ada, id), await sent(ada, id), await sent(ada, id)];
    await Promise.all(
      Array.from({ length: 30 }, (_, n) => send(ada, id, { parentId: (roots[n % 3] as (typeof roots)[0]).message.id })),
    );
    const counts = await store.database.query({
      text: "SELECT reply_count FROM messages WHERE conversation_id = $1 AND depth = 0",
      values: [id],
    });
    expect(counts).toEqual([{ reply_count: 10 }, { reply_count: 10 }, { reply_count: 10 }]);
    await expectSound(store.database, id);
  });
});

describe("limits in the commit", () => {
  test("slow mode lets one message through, says how long to wait, and spares moderators and the service", async () => {
    const [carol, moderator] = await Promise.all([makeUser(store.database), makeUser(store.database)]);
    const id = await makeConversation(store.database, {
      slowModeSeconds: 60,
      members: [ada, carol, { who: moderator, permissions: { moderate_content: true } }],
    });
    const batch = await Promise.all(Array.from({ length: 5 }, () => committer.send(request(carol, id))));
    expect(batch.map(wordOf)).toEqual(["sent", "slow_mode", "slow_mode", "slow_mode", "slow_mode"]);
    expect(batch[1]).toMatchObject({ retryAfterSeconds: 60 });
    const later = await committer.send(request(carol, id));
    expect(wordOf(later)).toBe("slow_mode");
    expect((later as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(55);
    expect((later as { retryAfterSeconds: number }).retryAfterSeconds).toBeLessThanOrEqual(60);
    expect(await send(ada, id)).toBe("sent");
    expect(await Promise.all([send(moderator, id), send(moderator, id)])).toEqual(["sent", "sent"]);
    expect(await Promise.all([send(actingFor(carol), id), send(HOST, id)])).toEqual(["sent", "sent"]);
    await run(store.database, "UPDATE slow_mode_sends SET at = at - interval '61 seconds' WHERE conversation_id = $1", [
      id,
    ]);
    expect(await Promise.all([send(carol, id), send(carol, id)])).toEqual(["sent", "slow_mode"]);
    await expectSound(store.database, id);
  });

  test("a customer's hour and day roll, also within one batch; staff and service are not bound", async () => {
    const customer = await makeUser(store.database);
    const id = await makeConversation(store.database, { kind: "support", subject: customer, members: [customer] });
    const storm = await Promise.all(Array.from({ length: 8 }, () => committer.send(request(customer, id))));
    expect(storm.map(wordOf)).toEqual(["sent", "sent", "sent", "quota", "quota", "quota", "quota", "quota"]);
    expect(await Promise.all([send(staff, id), send(staff, id), send(actingFor(customer), id)])).toEqual([
      "sent",
      "sent",
      "sent",
    ]);
    const refused = await committer.send(request(customer, id));
    expect(wordOf(refused)).toBe("quota");
    expect((refused as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(3_500);
    // An hour later three are allowed again, but the day holds five: four of them are there.
    await run(
      store.database,
      "UPDATE messages SET created_at = created_at - interval '61 minutes' WHERE conversation_id = $1",
      [id],
    );
    await run(
      store.database,
      "UPDATE conversation_heads SET last_message_at = last_message_at - interval '61 minutes' WHERE conversation_id = $1",
      [id],
    );
    expect(await Promise.all([send(customer, id), send(customer, id)])).toEqual(["sent", "quota"]);
    const tomorrow = await committer.send(request(customer, id));
    expect((tomorrow as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(22 * 3_600);
    await expectSound(store.database, id);
  });

  test("@all is dropped where the sender may not, and kept where everyone is a peer", async () => {
    const channel = await makeConversation(store.database, {
      kind: "channel",
      members: [{ who: ada, role: "admin" }, bob],
    });
    const together = await group(ada, bob);
    expect((await sent(bob, channel, { massMention: "all" })).message.massMention).toBeNull();
    expect((await sent(actingFor(bob), channel, { massMention: "all" })).message.massMention).toBeNull();
    expect((await sent(ada, channel, { massMention: "all" })).message.massMention).toBe("all");
    expect((await sent(bob, together, { massMention: "here" })).message.massMention).toBe("here");
  });
});

describe("changes", () => {
  test("run in order with the sends of their conversation", async () => {
    const id = await group(ada);
    const order: string[] = [];
    const change = (name: string) =>
      committer.change(id, async (tx) => {
        order.push(`${name} at ${tx.head.head}`);
        return tx.record("conversation.updated", id, ada.userId);
      });
    const results = await Promise.all([
      sent(ada, id),
      change("a"),
      sent(ada, id),
      sent(ada, id),
      change("b"),
      change("c"),
      sent(ada, id),
    ]);
    expect(results.map((result) => (typeof result === "number" ? result : result.message.version))).toEqual([
      2, 3, 4, 5, 6, 7, 8,
    ]);
    expect(order).toEqual(["a at 2", "b at 5", "c at 6"]);
    expect(committer.told.filter((told) => told.conversationId === id).map((told) => told.version)).toEqual([
      2, 3, 4, 5, 6, 7, 8,
    ]);
    await expectSound(store.database, id);
  });

  test("that throw undo only themselves", async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => group(ada)));
    const results = await Promise.allSettled(
      ids.map((id, index) =>
        committer.change(id, async (tx) => {
          const version = tx.record("conversation.updated", id, ada.userId);
          await tx.execute({
            text: "UPDATE conversations SET title = $2, version = $3 WHERE id = $1",
            values: [id, `title ${index}`, version],
          });
          if (index % 4 === 1) throw new Error("changed my mind");
          if (index % 4 === 2) await tx.query({ text: "SELECT 1 / 0" });
          return version;
        }),
      ),
    );
    expect(results.map((result) => result.status === "fulfilled")).toEqual([
      true,
      false,
      false,
      true,
      true,
      false,
      false,
      true,
    ]);
    const titles = await store.database.query<{ title: string }>({
      text: "SELECT title FROM conversations WHERE id = ANY ($1) ORDER BY id",
      values: [ids],
    });
    expect(titles.map(({ title }) => title).filter((title) => title !== "Group")).toHaveLength(4);
    for (const id of ids) await expectSound(store.database, id);
  });

  test("without anything recorded take no version, and those of an unknown conversation answer not_found", async () => {
    const id = await group(ada);
    expect(await committer.change(id, async (tx) => tx.head.head)).toBe(1);
    expect(await committer.change(id, async (tx) => tx.head.head)).toBe(1);
    await expect(committer.change(asConversation(uuidv7()), async () => 1)).rejects.toMatchObject({
      code: "not_found",
    });
  });

  test("see what was committed before their lock was granted", async () => {
    const id = await group(ada);
    const counts = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        void (await (n % 2 ? send(ada, id) : undefined));
        return await committer.change(id, async (tx) => {
          const [row] = await tx.query<{ count: number }>({
            text: "SELECT count(*)::int AS count FROM messages WHERE conversation_id = $1",
            values: [id],
          });
          return row?.count === tx.head.messageCount;
        });
      }),
    );
    expect(new Set(counts)).toEqual(new Set([true]));
  });
});
