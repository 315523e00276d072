import { ParleyError } from "@parley/protocol";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId, UserId } from "../src/domain/ids.ts";
import { expectSound } from "./harness/committer.ts";
import { startConversations, type ConversationServices } from "./harness/conversations.ts";
import { useTestDatabase } from "./harness/database.ts";
import { codeOf } from "./harness/membership.ts";
import { HOST, makeUser, run } from "./harness/rows.ts";

const store = useTestDatabase();
let services: ConversationServices;
let ada: Caller;
let grace: Caller;
let staff: Caller;

beforeAll(async () => {
  services = startConversations(store.database);
  [ada, grace] = [await makeUser(store.database), await makeUser(store.database)];
  staff = await makeUser(store.database, { isStaff: true });
  await openToAll();
});
afterAll(() => services[Symbol.asyncDispose]());

const openToAll = () => run(store.database, "UPDATE users SET contact_policy = 'everyone' WHERE kind <> 'system'");

async function stranger(): Promise<Caller> {
  const person = await makeUser(store.database);
  await openToAll();
  return person;
}

async function errorsOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => (error instanceof ParleyError ? [error.code, error.errors?.map(({ path }) => path)] : error),
  );
}

async function rowCount(kind: string, subject: Caller): Promise<number> {
  const [row] = await store.database.query<{ count: number }>({
    text: `SELECT count(*)::integer AS count FROM conversations
           WHERE kind = $1 AND (subject_user_id = $2 OR direct_key LIKE '%' || $2::text || '%')`,
    values: [kind, subject.userId],
  });
  return row?.count ?? 0;
}

describe("a direct conversation", () => {
  test("is made once, whoever asks and however often at the same time", async () => {
    const [one, other] = [await stranger(), await stranger()];
    const asked = await Promise.all(
      Array.from({ length: 50 }, (_, i) => {
        const [caller, peer] = i % 2 === 0 ? [one, other] : [other, one];
        return services.make(caller, { kind: "direct", member_ids: [peer.userId] });
      }),
    );
    expect(new Set(asked.map(({ conversation }) => conversation.id)).size).toBe(1);
    expect(asked.filter(({ created }) => created)).toHaveLength(1);
    expect(await rowCount("direct", one)).toBe(1);
    await expectSound(store.database, asked[0]?.conversation.id as ConversationId);
    // Nothing is left of the attempts that came second.
    const [heads] = await store.database.query<{ orphans: number }>({
      text: "SELECT count(*)::integer AS orphans FROM conversation_heads h WHERE NOT EXISTS (SELECT FROM conversations c WHERE c.id = h.conversation_id)",
    });
    expect(heads?.orphans).toBe(0);
  });

  test("is made once for each pair when everybody asks for everybody at once, in any order", async () => {
    const everybody = await Promise.all(Array.from({ length: 8 }, () => makeUser(store.database)));
    await openToAll();
    const pairs = everybody.flatMap((one) =>
      everybody.flatMap((other) => (one === other ? [] : [[one, other] as const])),
    );
    const asked = await Promise.all(
      [...pairs, ...pairs.toReversed()].map(([one, other]) => services.conversations.directWith(one, other.userId)),
    );
    expect(new Set(asked).size).toBe(pairs.length / 2);
    for (const one of everybody) expect(await rowCount("direct", one)).toBe(everybody.length - 1);
  });

  test("is one change with both people, and is named after the other one", async () => {
    const peer = await stranger();
    const { conversation, created } = await services.make(ada, { kind: "direct", member_ids: [peer.userId] });
    expect(created).toBe(true);
    expect(conversation).toMatchObject({
      kind: "direct",
      title: null,
      head: 1,
      version: 1,
      member_count: 2,
      unread_count: 0,
      last_read_seq: 0,
      last_message: null,
      peer: { id: peer.userId },
      created_by: ada.userId,
    });
    expect(conversation.peer).not.toHaveProperty("external_id");
    expect(await services.conversations.get(peer, conversation.id as ConversationId)).toMatchObject({
      peer: { id: ada.userId },
    });
    const told = services.committer.told.filter((change) => change.conversationId === conversation.id);
    expect(told.map(({ type, version }) => [type, version])).toEqual([["conversation.created", 1]]);
  });

  test("takes its first message along, also where it exists already", async () => {
    const peer = await stranger();
    const first = await services.make(ada, {
      kind: "direct",
      member_ids: [peer.userId],
      initial_message: { content: "hi" },
    });
    expect(first).toMatchObject({
      created: true,
      conversation: { unread_count: 0, last_message: { content: "hi", seq: 2 } },
    });
    const again = await services.make(ada, {
      kind: "direct",
      member_ids: [peer.userId],
      initial_message: { content: "again" },
    });
    expect(again).toMatchObject({
      created: false,
      conversation: { message_count: 2, last_message: { content: "again" } },
    });
    expect(await services.conversations.get(peer, first.conversation.id as ConversationId)).toMatchObject({
      unread_count: 2,
    });
  });

  test("is not made with oneself, unknown or deactivated people, or by agents and the host in its own name", async () => {
    const gone = await stranger();
    await run(store.database, "UPDATE users SET deactivated_at = now() WHERE id = $1", [gone.userId]);
    const agent = await makeUser(store.database, { kind: "agent" });
    const direct = (caller: Caller, id: string) => services.make(caller, { kind: "direct", member_ids: [id] });
    expect(await errorsOf(direct(ada, ada.userId))).toEqual(["validation_failed", ["body.member_ids"]]);
    expect(await errorsOf(direct(ada, uuidv7()))).toEqual(["validation_failed", ["body.member_ids.0"]]);
    expect(await errorsOf(direct(ada, gone.userId))).toEqual(["validation_failed", ["body.member_ids.0"]]);
    expect(await codeOf(direct(agent, ada.userId))).toBe("permission_denied");
    expect(await codeOf(direct(HOST, ada.userId))).toBe("permission_denied");
  });

  test("asks the other one's contact policy only when it is made", async () => {
    const shy = await stranger();
    await run(store.database, "UPDATE users SET contact_policy = 'nobody' WHERE id = $1", [shy.userId]);
    expect(await codeOf(services.make(ada, { kind: "direct", member_ids: [shy.userId] }))).toBe("contact_refused");
    const { conversation } = await services.make(shy, { kind: "direct", member_ids: [ada.userId] });
    expect(await services.make(ada, { kind: "direct", member_ids: [shy.userId] })).toMatchObject({
      created: false,
      conversation: { id: conversation.id },
    });
  });

  test("that was hidden comes back when its hider asks for it, and not when the other one does", async () => {
    const peer = await stranger();
    const id = await services.conversations.directWith(ada, peer.userId);
    await services.conversations.remove(ada, id);
    await services.conversations.directWith(peer, ada.userId);
    expect(await listed(ada)).not.toContain(id);
    await services.conversations.directWith(ada, peer.userId);
    expect(await listed(ada)).toContain(id);
  });
});

const listed = async (caller: Caller): Promise<string[]> =>
  (await services.conversations.list(caller, { limit: 100 })).items.map((item) => item.id);

describe("a support conversation", () => {
  test("is one for each customer, under concurrent asking too", async () => {
    const customer = await stranger();
    const asked = await Promise.all(Array.from({ length: 20 }, () => services.make(customer, { kind: "support" })));
    expect(new Set(asked.map(({ conversation }) => conversation.id)).size).toBe(1);
    expect(asked.filter(({ created }) => created)).toHaveLength(1);
    expect(asked[0]?.conversation).toMatchObject({
      subject_user: { id: customer.userId },
      member_count: 1,
      unread_count: 0,
    });
    expect(await services.make(staff, { kind: "support", member_ids: [customer.userId] })).toMatchObject({
      created: false,
      conversation: { id: asked[0]?.conversation.id },
    });
  });

  test("is made for a customer by staff, and by nobody else", async () => {
    const customer = await stranger();
    expect(await codeOf(services.make(ada, { kind: "support", member_ids: [customer.userId] }))).toBe(
      "permission_denied",
    );
    const { conversation, created } = await services.make(staff, {
      kind: "support",
      member_ids: [customer.userId],
      initial_message: { content: "How can we help?" },
    });
    expect(created).toBe(true);
    expect(conversation).toMatchObject({ member_count: 1, unread_count: 0, created_by: staff.userId });
    expect(await services.conversations.get(customer, conversation.id as ConversationId)).toMatchObject({
      unread_count: 1,
    });
    expect(await codeOf(services.make(HOST, { kind: "support" }))).toBe("validation_failed");
  });

  test("is made anew once it was deleted, and then the deleted one stays deleted", async () => {
    const customer = await stranger();
    const id = await services.conversations.supportOf(customer);
    await services.conversations.remove(staff, id);
    const next = await services.conversations.supportOf(customer);
    expect(next).not.toBe(id);
    expect(await codeOf(services.conversations.restore(staff, id))).toBe("conflict");
  });
});

describe("a system conversation", () => {
  test("is made by the host alone, once for each reader, who may not write", async () => {
    const reader = await stranger();
    expect(await codeOf(services.make(ada, { kind: "system", member_ids: [reader.userId] }))).toBe("permission_denied");
    expect(await codeOf(services.conversations.systemOf(ada, reader.userId))).toBe("permission_denied");
    const notice = { content_type: "system_notification" as const, content: "Maintenance at noon" };
    const { conversation, created } = await services.make(HOST, {
      kind: "system",
      member_ids: [reader.userId],
      initial_message: notice,
    });
    expect(created).toBe(true);
    expect(conversation).toMatchObject({ subject_user: { id: reader.userId }, created_by: null, unread_count: null });
    expect(await services.conversations.systemOf(HOST, reader.userId)).toBe(conversation.id);
    const seen = await services.conversations.get(reader, conversation.id as ConversationId);
    expect(seen).toMatchObject({ unread_count: 1, last_message: { content: "Maintenance at noon" } });
    expect(await codeOf(services.say(reader, conversation.id as ConversationId))).toBe("permission_denied");
  });
});

describe("a group", () => {
  test("is one change however many members it has", async () => {
    const people = await Promise.all(Array.from({ length: 60 }, () => makeUser(store.database)));
    await openToAll();
    const { conversation } = await services.make(ada, {
      kind: "group",
      title: "Launch",
      description: "For the launch",
      member_ids: [...people, ada, ...people.slice(0, 1)].map((person) => person.userId),
      settings: { slow_mode_seconds: 5 },
    });
    expect(conversation).toMatchObject({
      head: 1,
      version: 1,
      member_count: 61,
      title: "Launch",
      description: "For the launch",
      visibility: "private",
      settings: {
        slow_mode_seconds: 5,
        history_visibility: "all",
        require_approval: false,
        retention_days: null,
        federate: false,
      },
    });
    const members = await store.database.query<{ role: string; version: number; joined_seq: number; count: number }>({
      text: "SELECT role, version, joined_seq, count(*)::integer AS count FROM members WHERE conversation_id = $1 GROUP BY 1, 2, 3 ORDER BY 1",
      values: [conversation.id],
    });
    expect(members).toEqual([
      { role: "member", version: 1, joined_seq: 0, count: 60 },
      { role: "owner", version: 1, joined_seq: 0, count: 1 },
    ]);
    await expectSound(store.database, conversation.id as ConversationId);
  });

  test("names every member who cannot be one", async () => {
    const unknown = [uuidv7(), uuidv7()] as UserId[];
    const input = { kind: "group" as const, title: "x", member_ids: [grace.userId, ...unknown] };
    expect(await errorsOf(services.make(ada, input))).toEqual([
      "validation_failed",
      ["body.member_ids.1", "body.member_ids.2"],
    ]);
  });

  test("needs somebody else, and nobody who refuses", async () => {
    const shy = await stranger();
    await run(store.database, "UPDATE users SET contact_policy = 'nobody' WHERE id = $1", [shy.userId]);
    expect(await codeOf(services.make(ada, { kind: "group", title: "x", member_ids: [ada.userId] }))).toBe(
      "validation_failed",
    );
    expect(
      await codeOf(services.make(ada, { kind: "group", title: "x", member_ids: [grace.userId, shy.userId] })),
    ).toBe("contact_refused");
    expect(
      await codeOf(services.make(staff, { kind: "group", title: "x", member_ids: [grace.userId, shy.userId] })),
    ).toBeUndefined();
  });

  test("is made once when its creation is tried again with the same first message", async () => {
    const input = {
      kind: "group" as const,
      title: "Once",
      member_ids: [grace.userId],
      initial_message: { id: uuidv7(), content: "hi" },
    };
    const first = await services.make(ada, input);
    const again = await services.make(ada, input);
    expect(again).toMatchObject({ created: false, conversation: { id: first.conversation.id, message_count: 1 } });
    const other = { ...input, initial_message: { ...input.initial_message, content: "something else" } };
    expect(await codeOf(services.make(ada, other))).toBe("conflict");
    expect(await codeOf(services.make(grace, { ...input, member_ids: [ada.userId] }))).toBe("conflict");
  });

  test("is not left behind when its first message is refused", async () => {
    const before = await listed(ada);
    const notice = { content_type: "system_notification" as const, content: "not mine to send" };
    expect(
      await codeOf(
        services.make(ada, { kind: "group", title: "x", member_ids: [grace.userId], initial_message: notice }),
      ),
    ).toBe("permission_denied");
    expect(await listed(ada)).toEqual(before);
    const reply = { content: "re", parent_id: uuidv7() };
    expect(
      await errorsOf(
        services.make(ada, { kind: "group", title: "x", member_ids: [grace.userId], initial_message: reply }),
      ),
    ).toEqual(["validation_failed", ["body.initial_message.parent_id"]]);
  });

  test("made by the host in its own name has the people it names, and the host is none of them", async () => {
    const { conversation } = await services.make(HOST, {
      kind: "project",
      external_ref: "novel-7",
      member_ids: [ada.userId, grace.userId],
    });
    expect(conversation).toMatchObject({
      created_by: null,
      member_count: 2,
      external_ref: "novel-7",
      unread_count: null,
    });
    expect(await listed(ada)).toContain(conversation.id);
  });
});

describe("a channel", () => {
  const channel = (caller: Caller, fields: object) => services.make(caller, { kind: "channel", ...fields });

  test("has a slug of its own, also against somebody who takes it at the same moment", async () => {
    const slug = `town-${uuidv7()}`;
    const tried = await Promise.all(Array.from({ length: 10 }, () => codeOf(channel(ada, { slug }))));
    expect(tried.filter((code) => code === undefined)).toHaveLength(1);
    expect(tried.filter((code) => code === "conflict")).toHaveLength(9);
  });

  test("of a space is made by the space's owners and admins, with members of the space", async () => {
    const [admin, member, guest, outsider] = [await stranger(), await stranger(), await stranger(), await stranger()];
    const space = await services.spaces.createSpace(ada, { name: "Engines", slug: `e${uuidv7()}` });
    await services.spaces.addSpaceMembers(ada, space.id as never, { user_id: admin.userId, role: "admin" });
    await services.spaces.addSpaceMembers(ada, space.id as never, { user_id: member.userId });
    await services.spaces.addSpaceMembers(ada, space.id as never, { user_id: guest.userId, role: "guest" });
    const input = { space_id: space.id, slug: "launch", visibility: "public" };
    expect(await codeOf(channel(outsider, input))).toBe("not_found");
    expect(await codeOf(channel(member, input))).toBe("permission_denied");
    expect(await codeOf(channel(staff, input))).toBe("permission_denied");
    expect(await errorsOf(channel(admin, { ...input, member_ids: [member.userId, outsider.userId] }))).toEqual([
      "validation_failed",
      ["body.member_ids.1"],
    ]);
    const { conversation } = await channel(admin, { ...input, member_ids: [member.userId, guest.userId] });
    expect(conversation).toMatchObject({ space_id: space.id, slug: "launch", visibility: "public", member_count: 3 });
    const roles = await store.database.query({
      text: "SELECT user_id, role FROM members WHERE conversation_id = $1 ORDER BY joined_at, user_id",
      values: [conversation.id],
    });
    expect(roles).toEqual([
      { user_id: admin.userId, role: "owner" },
      { user_id: member.userId, role: "member" },
      { user_id: guest.userId, role: "guest" },
    ]);
    // The same slug elsewhere is another channel.
    expect(await codeOf(channel(ada, { slug: "launch" }))).toBeUndefined();
    expect(await codeOf(channel(ada, input))).toBe("conflict");
  });

  test.each([
    [{ kind: "channel" }, ["body.title"]],
    [{ kind: "group", title: "x", slug: "x" }, ["body.slug"]],
    [{ kind: "group", title: "x", visibility: "public" }, ["body.visibility"]],
    [{ kind: "group", title: "x", space_id: uuidv7() }, ["body.space_id"]],
    [{ kind: "project" }, ["body.title"]],
    [{ kind: "direct", title: "x", settings: {} }, ["body.title", "body.settings"]],
    [{ kind: "support", member_ids: "both" }, ["body.member_ids"]],
  ])("and no other kind has what only channels have: %j", async (fields, paths) => {
    const memberIds = "member_ids" in fields ? [ada.userId, grace.userId] : [grace.userId];
    expect(await errorsOf(services.make(ada, { ...fields, member_ids: memberIds } as never))).toEqual([
      "validation_failed",
      paths,
    ]);
  });
});
