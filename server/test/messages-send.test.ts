import { ParleyError, sendMessageTo } from "@parley/protocol";
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
/** Senders whose next message is over the limit. */
const limited = new Set<string>();

beforeAll(async () => {
  services = startMessages(store.database, {
    limitSend: (caller) => {
      if (limited.has(caller.userId))
        throw new ParleyError("rate_limited", { detail: "Slow down.", retryAfterSeconds: 1 });
    },
  });
});
afterAll(() => services.close());
beforeEach(async () => {
  [ada, bob] = await Promise.all([makeUser(store.database), makeUser(store.database)]);
  await run(store.database, "UPDATE users SET contact_policy = 'everyone' WHERE id = $1", [bob.userId]);
  group = await makeConversation(store.database, { members: [ada, bob] });
});

const newId = () => uuidv7();
const sendTo = (who: Caller, fields: z.input<typeof sendMessageTo>) =>
  services.sending.sendTo(who, sendMessageTo.parse(fields));
const readMark = async (who: Caller, id: ConversationId) => {
  const [row] = await store.database.query<{ last_read_seq: number }>({
    text: "SELECT last_read_seq FROM member_marks WHERE conversation_id = $1 AND user_id = $2",
    values: [id, who.userId],
  });
  return row?.last_read_seq;
};

describe("the same message sent again", () => {
  test("is answered as it is now, whatever limits and permissions say by then", async () => {
    const sent = { content_type: "text" as const, content: "once", id: newId() };
    const first = await services.send(ada, group, sent);
    expect(first).toMatchObject({ duplicate: false, message: { id: sent.id, content: "once" } });
    await services.changing.edit(ada, group, sent.id as MessageId, { content: "edited" });
    limited.add(ada.userId);
    await run(store.database, "UPDATE members SET rights = 0 WHERE user_id = $1", [ada.userId]);
    expect(await services.send(ada, group, sent)).toMatchObject({
      duplicate: true,
      message: { content: "edited", seq: first.message.seq },
    });
    expect(await codeOf(services.send(ada, group, { ...sent, id: newId() }))).toBe("rate_limited");
    await expectSound(store.database, group);
  });

  test("is answered without its content to who may not read it any more", async () => {
    const sent = { content_type: "text" as const, content: "once @nobody", metadata: { a: 1 }, id: newId() };
    await services.send(ada, group, sent);
    await services.reactions.add(bob, sent.id as MessageId, "👍");
    await run(store.database, "UPDATE members SET left_at = now() WHERE user_id = $1", [ada.userId]);
    const again = await services.send(ada, group, sent);
    expect(again).toMatchObject({
      duplicate: true,
      message: { id: sent.id, content: "", metadata: null, reactions: [] },
    });
    expect(await codeOf(services.send(bob, group, sent))).toBe("conflict");
    expect(await codeOf(services.send(ada, group, { ...sent, content: "else" }))).toBe("conflict");
  });

  test("may come with its metadata in another order, but not with another parent or attachment", async () => {
    const root = await services.say(ada, group);
    const file = { kind: "file" as const, name: "a", mimetype: "a/b", size: 1 };
    const sent = {
      content_type: "text" as const,
      content: "x",
      id: newId(),
      metadata: { a: 1, b: { c: 2, d: 3 } },
      parent_id: root.id,
      attachments: [file],
    };
    await services.send(ada, group, sent);
    expect((await services.send(ada, group, { ...sent, metadata: { b: { d: 3, c: 2 }, a: 1 } })).duplicate).toBe(true);
    expect(await codeOf(services.send(ada, group, { ...sent, parent_id: null }))).toBe("conflict");
    expect(await codeOf(services.send(ada, group, { ...sent, attachments: [{ ...file, size: 2 }] }))).toBe("conflict");
  });
});

describe("a refusal", () => {
  test("tells outsiders nothing, and readers of a public channel that they have to join", async () => {
    const eve = await makeUser(store.database);
    const channel = await makeConversation(store.database, {
      kind: "channel",
      visibility: "public",
      members: [{ who: ada, role: "owner" }],
    });
    expect(await codeOf(services.say(eve, group))).toBe("not_found");
    expect(await codeOf(services.say(eve, newId() as ConversationId))).toBe("not_found");
    expect(await codeOf(services.say(eve, channel))).toBe("not_a_member");
    const agent = await makeUser(store.database, { kind: "agent" });
    expect(await codeOf(services.say(agent, channel))).toBe("not_found");
    expect(await codeOf(services.say(agent, group, { content_type: "collaboration_update" }))).toBe("not_found");
  });

  test("says how long slow mode makes one wait", async () => {
    const slow = await makeConversation(store.database, { slowModeSeconds: 30, members: [ada] });
    await services.say(ada, slow);
    await expect(services.say(ada, slow)).rejects.toMatchObject({ code: "rate_limited", retryAfterSeconds: 30 });
  });

  test("of types that are the service's, and of contents over the configured length", async () => {
    expect(await codeOf(services.say(ada, group, { content_type: "system_notification" }))).toBe("permission_denied");
    expect(await codeOf(services.say(ada, group, { content_type: "collaboration_update" }))).toBe("permission_denied");
    const brief = startMessages(store.database, { settings: { maxContent: 3 } });
    expect(await codeOf(brief.say(ada, group, "four"))).toBe("validation_failed");
    expect((await brief.say(ada, group, "🎉🎉🎉")).content).toBe("🎉🎉🎉");
    await brief.close();
  });
});

test("sending reads up to one's own message, and tells a thread's new count", async () => {
  await services.say(bob, group, "unread");
  const root = await services.say(ada, group);
  await until(async () => (await readMark(ada, group)) === root.seq);
  expect(await readMark(bob, group)).toBeLessThan(root.seq);
  const { message: reply } = await services.send(bob, group, {
    content_type: "text",
    content: "re",
    parent_id: root.id,
  });
  expect(reply).toMatchObject({
    depth: 1,
    thread: { root_id: root.id, reply_count: 1, last_reply_at: reply.created_at },
  });
});

test("mentions are found by username, once each, and not in code", async () => {
  const [grace, linus] = await Promise.all([
    makeUser(store.database, { username: "grace" }),
    makeUser(store.database, { username: "linus.t" }),
  ]);
  const { mentions } = await services.say(ada, group, "@grace @GRACE, @linus.t. and `@nobody` mail@grace.com @unknown");
  expect(mentions.toSorted()).toEqual([grace.userId, linus.userId].toSorted());
});

describe("sending to someone", () => {
  test("makes the direct conversation once, also when asked many times at once", async () => {
    const sent = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        sendTo(n % 2 ? ada : bob, { recipient_id: (n % 2 ? bob : ada).userId, content: String(n) }).catch(
          (error: unknown) => error,
        ),
      ),
    );
    const conversations = new Set(
      sent.flatMap((one) =>
        one instanceof Error || !("message" in (one as object))
          ? []
          : [(one as { message: { conversation_id: string } }).message.conversation_id],
      ),
    );
    expect(conversations.size).toBe(1);
    for (const id of conversations) await expectSound(store.database, id as ConversationId);
  });

  test("with an id is safe to repeat", async () => {
    const fields = { recipient_id: bob.userId, content: "hi", id: newId() };
    expect((await sendTo(ada, fields)).kind).toBe("sent");
    expect((await sendTo(ada, fields)).kind).toBe("duplicate");
  });

  test("who refuses contact, or is oneself or nobody, is refused", async () => {
    expect(await codeOf(sendTo(bob, { recipient_id: ada.userId, content: "hi" }))).toBe("contact_refused");
    await expect(sendTo(ada, { recipient_id: ada.userId, content: "hi" })).rejects.toMatchObject({
      code: "validation_failed",
      errors: [{ path: "body.recipient_id" }],
    });
    await expect(sendTo(ada, { recipient_id: newId(), content: "hi" })).rejects.toMatchObject({
      code: "validation_failed",
      errors: [{ path: "body.recipient_id" }],
    });
  });

  test("nobody in particular goes to one's support conversation", async () => {
    const staff = await makeUser(store.database, { isStaff: true });
    const first = await sendTo(ada, { content: "help" });
    const second = await sendTo(ada, { content: "please" });
    const ids = [first, second].map((one) => (one.kind === "scheduled" ? "" : one.message.conversation_id));
    expect(ids[0]).toBe(ids[1]);
    expect((await services.say(staff, ids[0] as ConversationId, "coming")).sender.id).toBe(staff.userId);
  });

  test("a notice by the service goes to their system conversation, where they cannot answer", async () => {
    const notice = await sendTo(HOST, {
      recipient_id: ada.userId,
      content_type: "system_notification",
      content: "maintenance",
    });
    const again = await sendTo(actingFor(bob), {
      recipient_id: ada.userId,
      content_type: "system_notification",
      content: "x",
    }).catch((error: unknown) => error);
    expect(again).toMatchObject({ code: "not_found" });
    if (notice.kind !== "sent") throw new Error(notice.kind);
    const id = notice.message.conversation_id as ConversationId;
    expect(await codeOf(services.say(ada, id))).toBe("permission_denied");
    expect((await services.reading.get(ada, id, notice.message.id as MessageId)).content).toBe("maintenance");
    expect((await services.reactions.add(ada, notice.message.id as MessageId, "👍")).added).toBe(true);
  });

  test("into a conversation goes there", async () => {
    const sent = await sendTo(ada, { conversation_id: group, content: "hi" });
    expect(sent).toMatchObject({ kind: "sent", message: { conversation_id: group } });
  });
});
