import { sendMessage, type ScheduledReceipt } from "@parley/protocol";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type * as z from "zod";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId, MessageId } from "../src/domain/ids.ts";
import { expectSound } from "./harness/committer.ts";
import { useTestDatabase } from "./harness/database.ts";
import { codeOf } from "./harness/membership.ts";
import { startMessages, type MessageServices } from "./harness/messages.ts";
import { actingFor, HOST, makeConversation, makeUser, run } from "./harness/rows.ts";
import { until } from "./harness/until.ts";

const store = useTestDatabase();
let services: MessageServices;
let ada: Caller;
let bob: Caller;
let group: ConversationId;

beforeAll(() => {
  services = startMessages(store.database);
});
afterAll(() => services.close());
beforeEach(async () => {
  [ada, bob] = await Promise.all([makeUser(store.database), makeUser(store.database)]);
  group = await makeConversation(store.database, { members: [ada, bob] });
  services.refused.length = 0;
});

const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();

async function schedule(
  who: Caller,
  fields: Partial<z.input<typeof sendMessage>> = {},
  id = group,
): Promise<ScheduledReceipt["scheduled"]> {
  const sent = await services.sending.sendInto(
    who,
    id,
    sendMessage.parse({ content: "later", send_at: inMinutes(10), ...fields }),
  );
  if (sent.kind !== "scheduled") throw new Error(sent.kind);
  return sent.receipt.scheduled;
}
/** Its time comes. */
const ripen = (id: string) =>
  run(store.database, "UPDATE scheduled_messages SET send_at = now() - interval '1 second' WHERE id = $1", [id]);
const sendNow = async (id: string) => {
  await ripen(id);
  return await services.sendScheduled.sendScheduled(id);
};
const messagesOf = (id = group) =>
  store.database.query<{ id: string; content: string }>({
    text: "SELECT id, content FROM messages WHERE conversation_id = $1 ORDER BY seq",
    values: [id],
  });
const list = async (who: Caller, query: Record<string, unknown> = {}) =>
  (await services.scheduled.list(who, { limit: 50, ...query })).items;

describe("scheduling", () => {
  test("keeps the message until its time; then it is sent once, under the id that it had", async () => {
    const root = await services.say(bob, group, "root");
    const { id, status } = await schedule(ada, {
      content: "good morning",
      parent_id: root.id,
      metadata: { a: 1 },
      attachments: [{ kind: "file", name: "a", mimetype: "a/b", size: 1 }],
    });
    expect(status).toBe("pending");
    expect(await services.scheduled.get(ada, id)).toMatchObject({
      id,
      conversation_id: group,
      content: "good morning",
      metadata: { a: 1 },
      parent_id: root.id,
      status: "pending",
      error_code: null,
    });
    expect(await services.sendScheduled.findDue(10)).not.toContain(id);
    expect(await services.sendScheduled.sendScheduled(id)).toBe("nothing");
    await ripen(id);
    expect(await services.sendScheduled.findDue(10)).toContain(id);
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => services.sendScheduled.sendScheduled(id)));
    expect(outcomes).toContain("sent");
    expect(await services.sendScheduled.sendScheduled(id)).toBe("nothing");
    expect(await services.sendScheduled.findDue(10)).not.toContain(id);
    const message = await services.reading.get(bob, group, id as MessageId);
    expect(message).toMatchObject({
      content: "good morning",
      sender_id: ada.userId,
      parent_id: root.id,
      metadata: { a: 1 },
      attachments: [{ name: "a" }],
    });
    expect(await services.scheduled.get(ada, id)).toMatchObject({ status: "sent" });
    expect(await messagesOf()).toHaveLength(2);
    await expectSound(store.database, group);
  });

  test("is safe to repeat with the same id, also after it was sent; another message under that id is a conflict", async () => {
    const fields = { id: uuidv7(), send_at: inMinutes(5) };
    const first = await Promise.all(Array.from({ length: 5 }, () => schedule(ada, fields)));
    expect(new Set(first.map((receipt) => receipt.id))).toEqual(new Set([fields.id]));
    expect(await list(ada)).toHaveLength(1);
    expect(await codeOf(schedule(ada, { ...fields, content: "else" }))).toBe("conflict");
    expect(await codeOf(schedule(ada, { ...fields, send_at: inMinutes(6) }))).toBe("conflict");
    expect(await codeOf(schedule(bob, fields))).toBe("conflict");
    const sent = await services.say(ada, group);
    expect(await codeOf(schedule(ada, { id: sent.id }))).toBe("conflict");
    await run(store.database, "UPDATE scheduled_messages SET status = 'sent' WHERE id = $1", [fields.id]);
    expect((await schedule(ada, fields)).status).toBe("sent");
  });

  test("takes a time in the future, not too far", async () => {
    expect(await codeOf(schedule(ada, { send_at: inMinutes(-1) }))).toBe("validation_failed");
    expect(await codeOf(schedule(ada, { send_at: inMinutes(367 * 1_440) }))).toBe("validation_failed");
    expect((await schedule(ada, { send_at: inMinutes(365 * 1_440) })).status).toBe("pending");
  });

  test("is refused as sending now would be", async () => {
    const [eve, agent] = await Promise.all([makeUser(store.database), makeUser(store.database, { kind: "agent" })]);
    expect(await codeOf(schedule(eve))).toBe("not_found");
    expect(await codeOf(schedule(ada, { content_type: "system_notification" }))).toBe("permission_denied");
    expect(await codeOf(schedule(ada, { parent_id: uuidv7() }))).toBe("not_found");
    const gone = await services.say(bob, group);
    await services.changing.remove(bob, group, gone.id as MessageId);
    expect(await codeOf(schedule(ada, { parent_id: gone.id }))).toBe("message_deleted");
    await run(store.database, "UPDATE members SET rights = 0 WHERE user_id = $1", [bob.userId]);
    expect(await codeOf(schedule(bob))).toBe("permission_denied");
    const open = await makeConversation(store.database, {
      kind: "channel",
      visibility: "public",
      members: [{ who: ada, role: "owner" }, agent],
    });
    expect(await codeOf(schedule(eve, {}, open))).toBe("not_a_member");
    expect(await codeOf(schedule(agent, { content_type: "collaboration_update" }, open))).toBe("permission_denied");
    const notices = await makeConversation(store.database, { kind: "system", subject: ada, members: [ada] });
    expect(await codeOf(schedule(ada, {}, notices))).toBe("permission_denied");
    expect((await schedule(HOST, { content_type: "system_notification" }, notices)).status).toBe("pending");
    const direct = await makeConversation(store.database, { kind: "direct", members: [ada, eve] });
    await run(store.database, "INSERT INTO blocks (blocker_id, blocked_id) VALUES ($1, $2)", [eve.userId, ada.userId]);
    expect(await codeOf(schedule(ada, {}, direct))).toBe("contact_refused");
    expect(await list(ada)).toEqual([]);
  });

  test("is bounded per author", async () => {
    await run(
      store.database,
      `INSERT INTO scheduled_messages (id, message_id, conversation_id, sender_id, body, send_at)
      SELECT id, id, $1, $2, '{}', now() + interval '1 day' FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, 500)) n`,
      [group, ada.userId],
    );
    expect(await codeOf(schedule(ada))).toBe("conflict");
    expect((await schedule(bob)).status).toBe("pending");
    await run(store.database, "DELETE FROM scheduled_messages WHERE sender_id = $1", [ada.userId]);
  });
});

describe("until it is sent", () => {
  test("it is its author's to list, change and cancel, and nobody else's", async () => {
    const later = await schedule(ada, { content: "b", send_at: inMinutes(20) });
    const sooner = await schedule(ada, { content: "a", send_at: inMinutes(5) });
    expect((await list(ada)).map((one) => one.content)).toEqual(["a", "b"]);
    const page = await services.scheduled.list(ada, { limit: 1 });
    expect(
      (await services.scheduled.list(ada, { limit: 1, cursor: page.next_cursor ?? "" })).items.map(
        (one) => one.content,
      ),
    ).toEqual(["b"]);
    expect(await list(ada, { conversation_id: uuidv7() })).toEqual([]);
    expect(await list(bob)).toEqual([]);
    expect(await codeOf(services.scheduled.get(bob, later.id))).toBe("not_found");
    expect(await codeOf(services.scheduled.update(bob, later.id, { content: "x" }))).toBe("not_found");
    expect(await codeOf(services.scheduled.cancel(bob, later.id))).toBe("not_found");
    const moved = await services.scheduled.update(ada, later.id, { content: "first", send_at: inMinutes(1) });
    expect(moved).toMatchObject({ id: later.id, content: "first", status: "pending" });
    expect((await list(ada)).map((one) => one.content)).toEqual(["first", "a"]);
    await services.scheduled.cancel(ada, sooner.id);
    await services.scheduled.cancel(ada, sooner.id);
    expect(await codeOf(services.scheduled.get(ada, sooner.id))).toBe("not_found");
    expect(await sendNow(sooner.id)).toBe("nothing");
    expect(await sendNow(later.id)).toBe("sent");
    expect((await messagesOf()).map((row) => row.content)).toEqual(["first"]);
  });

  test("a change is checked like a new message", async () => {
    const picture = { mimetype: "image/png", size: 5, width: 1, height: 1 };
    const { id } = await schedule(ada, { content_type: "image", content: "", metadata: picture });
    expect(await codeOf(services.scheduled.update(ada, id, { metadata: null }))).toBe("validation_failed");
    expect(await codeOf(services.scheduled.update(ada, id, { send_at: inMinutes(-5) }))).toBe("validation_failed");
    expect((await services.scheduled.update(ada, id, { metadata: { ...picture, width: 7 } })).metadata).toMatchObject({
      width: 7,
    });
    await run(store.database, "UPDATE members SET rights = 0 WHERE user_id = $1", [ada.userId]);
    expect(await codeOf(services.scheduled.update(ada, id, { content: "x" }))).toBe("permission_denied");
  });

  test("one that was sent, or is being sent, cannot be changed or cancelled", async () => {
    const { id } = await schedule(ada);
    await run(store.database, "UPDATE scheduled_messages SET status = 'sending' WHERE id = $1", [id]);
    expect(await services.scheduled.get(ada, id)).toMatchObject({ status: "pending" });
    expect((await list(ada, { status: "pending" })).map((one) => one.id)).toEqual([id]);
    expect(await codeOf(services.scheduled.cancel(ada, id))).toBe("conflict");
    expect(await codeOf(services.scheduled.update(ada, id, { content: "x" }))).toBe("conflict");
    await run(store.database, "UPDATE scheduled_messages SET status = 'pending' WHERE id = $1", [id]);
    await sendNow(id);
    expect(await codeOf(services.scheduled.cancel(ada, id))).toBe("conflict");
    expect(await codeOf(services.scheduled.update(ada, id, { content: "x" }))).toBe("conflict");
    expect((await list(ada, { status: "sent" })).map((one) => one.id)).toEqual([id]);
  });
});

describe("when its time comes", () => {
  test("it is checked again: refused, it has failed, its author is told once, and it can wait for a new time", async () => {
    const { id } = await schedule(ada);
    await run(store.database, "UPDATE members SET rights = 0 WHERE user_id = $1", [ada.userId]);
    expect(await sendNow(id)).toBe("failed");
    expect(await sendNow(id)).toBe("nothing");
    expect(services.refused.map((row) => [row.id, row.failureCode])).toEqual([[id, "permission_denied"]]);
    expect(await list(ada, { status: "failed" })).toMatchObject([{ id, error_code: "permission_denied" }]);
    await run(store.database, "UPDATE members SET rights = 1 WHERE user_id = $1", [ada.userId]);
    expect(await services.scheduled.update(ada, id, { content: "again" })).toMatchObject({
      status: "failed",
      error_code: "permission_denied",
    });
    expect(await services.scheduled.update(ada, id, { send_at: inMinutes(1) })).toMatchObject({
      status: "pending",
      error_code: null,
    });
    expect(await sendNow(id)).toBe("sent");
    expect((await messagesOf()).map((row) => row.content)).toEqual(["again"]);
  });

  test("its author may be gone from the conversation, or deactivated", async () => {
    const [left, deactivated] = [await schedule(ada), await schedule(bob)];
    await run(store.database, "UPDATE members SET left_at = now() WHERE user_id = $1", [ada.userId]);
    await run(store.database, "UPDATE users SET deactivated_at = now() WHERE id = $1", [bob.userId]);
    expect([await sendNow(left.id), await sendNow(deactivated.id)]).toEqual(["failed", "failed"]);
    expect(services.refused.map((row) => row.failureCode)).toEqual(["not_found", "permission_denied"]);
    expect(await messagesOf()).toEqual([]);
  });

  test("slow mode puts it off instead", async () => {
    const slow = await makeConversation(store.database, { slowModeSeconds: 600, members: [ada] });
    const { id } = await schedule(ada, {}, slow);
    await services.say(ada, slow);
    expect(await sendNow(id)).toBe("put_off");
    const row = await services.scheduled.get(ada, id);
    expect(row.status).toBe("pending");
    expect(Date.parse(row.send_at) - Date.now()).toBeGreaterThan(590_000);
    await run(store.database, "DELETE FROM slow_mode_sends");
    expect(await sendNow(id)).toBe("sent");
  });

  test("whoever ended in the middle is followed by another, and there is still one message", async () => {
    const { id } = await schedule(ada);
    await sendNow(id);
    // As it is when the node ends between the commit and saying so.
    await run(
      store.database,
      "UPDATE scheduled_messages SET status = 'sending', sent_at = NULL, updated_at = now() WHERE id = $1",
      [id],
    );
    expect(await services.sendScheduled.findDue(10)).not.toContain(id);
    await run(
      store.database,
      "UPDATE scheduled_messages SET updated_at = now() - interval '61 seconds' WHERE id = $1",
      [id],
    );
    expect(await services.sendScheduled.findDue(10)).toContain(id);
    expect(await services.sendScheduled.sendScheduled(id)).toBe("sent");
    expect(await messagesOf()).toHaveLength(1);
  });

  test("a database that is away puts it off, and the error is passed on", async () => {
    const { id } = await schedule(ada);
    await ripen(id);
    const closed = startMessages(store.database);
    await closed.close();
    expect(await codeOf(closed.sendScheduled.sendScheduled(id))).toBe("overloaded");
    expect(await services.sendScheduled.sendScheduled(id)).toBe("sent");
  });

  test("it advances its author's mark only where nothing was unread", async () => {
    const readOf = async (who: Caller) => {
      const [row] = await store.database.query<{ last_read_seq: number }>({
        text: "SELECT last_read_seq FROM member_marks WHERE conversation_id = $1 AND user_id = $2",
        values: [group, who.userId],
      });
      return row?.last_read_seq;
    };
    const [first, second] = [await schedule(ada), await schedule(ada)];
    expect(await sendNow(first.id)).toBe("sent");
    const seq = (await services.reading.get(ada, group, first.id as MessageId)).seq;
    await until(async () => (await readOf(ada)) === seq);
    await services.say(bob, group, "unread");
    expect(await sendNow(second.id)).toBe("sent");
    const last = await services.say(bob, group, "and more");
    // Marks are written in the order in which they were given.
    await until(async () => (await readOf(bob)) === last.seq);
    expect(await readOf(ada)).toBe(seq);
  });

  test("it is sent with the rights of who scheduled it: the service's stay the service's", async () => {
    const notices = await makeConversation(store.database, { kind: "system", subject: ada, members: [ada] });
    const notice = await schedule(HOST, { content_type: "system_notification", content: "soon" }, notices);
    expect(await sendNow(notice.id)).toBe("sent");
    const slow = await makeConversation(store.database, { slowModeSeconds: 600, members: [ada] });
    const acted = await schedule(actingFor(ada), {}, slow);
    await services.say(ada, slow);
    expect(await sendNow(acted.id)).toBe("sent");
  });
});
