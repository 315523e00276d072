import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId } from "../src/domain/ids.ts";
import { findConversation } from "../src/store/conversations.ts";
import { expectSound } from "./harness/committer.ts";
import { startConversations, type ConversationServices } from "./harness/conversations.ts";
import { useTestDatabase } from "./harness/database.ts";
import { codeOf } from "./harness/membership.ts";
import { HOST, makeConversation, makeUser, run } from "./harness/rows.ts";

const store = useTestDatabase();
let services: ConversationServices;
const WHO = ["owner", "admin", "member", "guest", "outsider", "staff"] as const;
type Who = (typeof WHO)[number] | "host";
let people: Record<Who, Caller>;
let id: ConversationId;

beforeAll(async () => {
  services = startConversations(store.database);
  const made = await Promise.all(
    WHO.map(async (who) => [who, await makeUser(store.database, { isStaff: who === "staff" })]),
  );
  people = { ...(Object.fromEntries(made) as Record<(typeof WHO)[number], Caller>), host: HOST };
  await run(store.database, "UPDATE users SET contact_policy = 'everyone' WHERE kind = 'human'");
});
afterAll(() => services[Symbol.asyncDispose]());
beforeEach(async () => {
  id = await makeConversation(store.database, { members: roles() });
});

const roles = () => [
  { who: people.owner, role: "owner" as const },
  { who: people.admin, role: "admin" as const },
  people.member,
  { who: people.guest, role: "guest" as const },
];
const told = (of: ConversationId = id) =>
  services.committer.told.filter((change) => change.conversationId === of).map(({ type }) => type);
const audited = async (of: ConversationId = id) =>
  (await services.audit.audit(people.staff, { conversation_id: of, limit: 50 })).items.map(
    ({ action, actor_id, data }) => ({ action, actor_id, data }),
  );
const listed = async (who: Who, archived = false) =>
  (await services.conversations.list(people[who], { limit: 100, archived })).items.map((item) => item.id);
const channel = async (visibility: "public" | "private" = "public") =>
  await makeConversation(store.database, { kind: "channel", visibility, members: roles() });

describe("an update", () => {
  test("changes what is named, merges the settings, and is one change", async () => {
    const changed = await services.conversations.update(people.admin, id, {
      title: "New",
      settings: { slow_mode_seconds: 30 },
    });
    expect(changed).toMatchObject({
      title: "New",
      head: 2,
      version: 2,
      settings: { slow_mode_seconds: 30, history_visibility: "all" },
    });
    const again = await services.conversations.update(people.owner, id, {
      description: "About it",
      settings: { retention_days: 7 },
    });
    expect(again).toMatchObject({
      title: "New",
      description: "About it",
      settings: { slow_mode_seconds: 30, retention_days: 7 },
    });
    expect(
      await services.conversations.update(people.owner, id, { description: null, settings: { retention_days: null } }),
    ).toMatchObject({
      description: null,
      settings: { retention_days: null },
    });
    expect(told()).toEqual(["conversation.updated", "conversation.updated", "conversation.updated"]);
    expect((await audited()).at(-1)).toEqual({
      action: "conversation.updated",
      actor_id: people.admin.userId,
      data: { title: { from: "Group", to: "New" }, slow_mode_seconds: { from: 0, to: 30 } },
    });
    await expectSound(store.database, id);
  });

  test("that says what is so already takes no version", async () => {
    expect(
      await services.conversations.update(people.owner, id, { title: "Group", settings: { federate: false } }),
    ).toMatchObject({ head: 1 });
    expect(await services.conversations.update(people.owner, id, {})).toMatchObject({ head: 1 });
    expect(await audited()).toEqual([]);
  });

  test.each([
    ["owner", undefined],
    ["admin", undefined],
    ["host", undefined],
    ["member", "permission_denied"],
    ["guest", "permission_denied"],
    ["outsider", "not_found"],
    ["staff", "not_found"],
  ] as const)("by %s: %s", async (who, code) => {
    expect(await codeOf(services.conversations.update(people[who], id, { title: "x" }))).toBe(code);
  });

  test("of a public channel by a reader asks for joining first", async () => {
    expect(await codeOf(services.conversations.update(people.outsider, await channel(), { title: "x" }))).toBe(
      "not_a_member",
    );
  });

  test("follows a granted and a denied permission", async () => {
    const own = await makeConversation(store.database, {
      members: [
        { who: people.member, permissions: { change_settings: true } },
        { who: people.admin, role: "admin", permissions: { change_settings: false } },
      ],
    });
    expect(await codeOf(services.conversations.update(people.member, own, { title: "x" }))).toBeUndefined();
    expect(await codeOf(services.conversations.update(people.admin, own, { title: "y" }))).toBe("permission_denied");
  });

  test("of who may see which history is remembered with its version, for cursors from before", async () => {
    await services.conversations.update(people.owner, id, { title: "first" });
    await services.conversations.update(people.owner, id, { settings: { history_visibility: "none" } });
    expect(await findConversation(store.database, id)).toMatchObject({
      version: 3,
      historyVersion: 3,
      historyVisibility: "none",
    });
    await services.conversations.update(people.owner, id, { title: "later" });
    expect(await findConversation(store.database, id)).toMatchObject({ version: 4, historyVersion: 3 });
  });

  test("cannot take a slug that is taken, and frees the one it had", async () => {
    const [one, other] = [await channel(), await channel()];
    const slug = `s${uuidv7()}`;
    await services.conversations.update(people.owner, one, { title: "One", slug });
    expect(await codeOf(services.conversations.update(people.owner, other, { title: "Other", slug }))).toBe("conflict");
    expect(await findConversation(store.database, other)).toMatchObject({ slug: null, version: 1 });
    await services.conversations.update(people.owner, one, { slug: null });
    expect(await codeOf(services.conversations.update(people.owner, other, { title: "Other", slug }))).toBeUndefined();
  });

  test("cannot make of a conversation what its kind is not", async () => {
    expect(await codeOf(services.conversations.update(people.owner, id, { title: null }))).toBe("validation_failed");
    expect(await codeOf(services.conversations.update(people.owner, id, { slug: "x" }))).toBe("validation_failed");
    expect(await codeOf(services.conversations.update(people.owner, id, { visibility: "public" }))).toBe(
      "validation_failed",
    );
    const own = await channel();
    expect(
      await codeOf(services.conversations.update(people.owner, own, { title: "x", visibility: "confidential" })),
    ).toBe("validation_failed");
    expect(
      await codeOf(services.conversations.update(people.owner, own, { title: "x", visibility: "private" })),
    ).toBeUndefined();
    expect(await codeOf(services.conversations.get(people.outsider, own))).toBe("not_found");
  });

  test("at the same moment as another one is neither lost nor doubled", async () => {
    await Promise.all([
      ...Array.from({ length: 10 }, (_, i) => services.conversations.update(people.owner, id, { title: `T${i}` })),
      ...Array.from({ length: 10 }, (_, i) =>
        services.conversations.update(people.admin, id, { settings: { slow_mode_seconds: i + 1 } }),
      ),
    ]);
    expect(await findConversation(store.database, id)).toMatchObject({
      head: 21,
      version: 21,
      slowModeSeconds: 10,
      title: "T9",
    });
    await expectSound(store.database, id);
  });
});

describe("archiving", () => {
  test("is for oneself in groups, until the next message", async () => {
    const archived = await services.conversations.archive(people.member, id, true);
    expect(archived.archived_at).not.toBeNull();
    expect(archived.head).toBe(1);
    expect(await services.conversations.get(people.owner, id)).toMatchObject({ archived_at: null });
    // Again keeps the time.
    expect((await services.conversations.archive(people.member, id, true)).archived_at).toBe(archived.archived_at);
    expect(await listed("member")).not.toContain(id);
    expect(await listed("member", true)).toContain(id);
    await services.say(people.owner, id);
    expect(await listed("member")).toContain(id);
    expect(await services.conversations.get(people.member, id)).toMatchObject({ archived_at: null });
    await services.conversations.archive(people.member, id, true);
    expect(await services.conversations.archive(people.member, id, false)).toMatchObject({ archived_at: null });
    expect(told()).toEqual(["message.created"]);
  });

  test("is for all in channels, by whoever may change settings", async () => {
    const own = await channel();
    expect(await codeOf(services.conversations.archive(people.member, own, true))).toBe("permission_denied");
    expect(await codeOf(services.conversations.archive(people.outsider, own, true))).toBe("not_a_member");
    await services.conversations.archive(people.admin, own, true);
    expect(await codeOf(services.conversations.archive(people.admin, own, true))).toBeUndefined();
    expect(await listed("member")).not.toContain(own);
    expect((await services.conversations.get(people.member, own)).archived_at).not.toBeNull();
    await services.conversations.archive(people.owner, own, false);
    expect(await listed("member")).toContain(own);
    await services.conversations.archive(people.owner, own, true);
    await services.say(people.member, own);
    expect(await services.conversations.get(people.owner, own)).toMatchObject({ archived_at: null });
    expect(told(own)).toEqual([
      "conversation.archived",
      "conversation.updated",
      "conversation.archived",
      "message.created",
    ]);
    expect((await audited(own)).map(({ action }) => action)).toEqual([
      "conversation.archived",
      "conversation.unarchived",
      "conversation.archived",
    ]);
  });

  test("of support is the staff's, for all of them, until the customer writes", async () => {
    const customer = await makeUser(store.database);
    const support = await services.conversations.supportOf(customer);
    expect(await codeOf(services.conversations.archive(customer, support, true))).toBe("permission_denied");
    await services.conversations.archive(people.staff, support, true);
    const staff = await makeUser(store.database, { isStaff: true });
    const open = async () =>
      (await services.conversations.list(staff, { limit: 100, kind: "support" })).items.map((item) => item.id);
    expect(await open()).not.toContain(support);
    await services.say(customer, support, "one more thing");
    expect(await open()).toContain(support);
  });

  test("for oneself is for members: the host acts for one", async () => {
    expect(await codeOf(services.conversations.archive(people.host, id, true))).toBe("not_a_member");
    expect(await codeOf(services.conversations.archive(people.outsider, id, true))).toBe("not_found");
  });
});

describe("deleting", () => {
  test.each([
    ["owner", undefined],
    ["staff", undefined],
    ["host", undefined],
    ["admin", "permission_denied"],
    ["member", "permission_denied"],
    ["guest", "permission_denied"],
    ["outsider", "not_found"],
  ] as const)("by %s: %s", async (who, code) => {
    expect(await codeOf(services.conversations.remove(people[who], id))).toBe(code);
  });

  test("ends reading, writing and listing at once, for everyone", async () => {
    await services.say(people.owner, id);
    await services.conversations.remove(people.owner, id);
    for (const who of ["owner", "member", "host"] as const) {
      expect(await codeOf(services.conversations.get(people[who], id))).toBe("not_found");
      expect(await listed(who)).not.toContain(id);
    }
    expect(await codeOf(services.say(people.member, id))).toBe("not_found");
    expect(await codeOf(services.conversations.remove(people.owner, id))).toBe("not_found");
    expect(await codeOf(services.conversations.update(people.owner, id, { title: "x" }))).toBe("not_found");
    expect(told()).toEqual(["message.created", "conversation.deleted"]);
  });

  test("can be undone by staff, and then it is as it was", async () => {
    const seq = await services.say(people.owner, id, "still here");
    await services.conversations.remove(people.owner, id);
    expect(await codeOf(services.conversations.restore(people.owner, id))).toBe("permission_denied");
    const restored = await services.conversations.restore(people.staff, id);
    // Staff moderate it; they do not come to read it.
    expect(restored).toMatchObject({ id, title: "Group", last_message: null, unread_count: null });
    expect(restored).not.toHaveProperty("deleted_at");
    expect(await services.conversations.get(people.member, id)).toMatchObject({
      last_message: { seq, content: "still here" },
      head: 4,
    });
    expect(await services.conversations.restore(people.staff, id)).toMatchObject({ head: 4 });
    expect((await audited()).map(({ action }) => action)).toEqual(["conversation.restored", "conversation.deleted"]);
    await expectSound(store.database, id);
  });

  test("frees a slug, so that restoring may find it taken", async () => {
    const slug = `s${uuidv7()}`;
    const first = (await services.make(people.owner, { kind: "channel", slug })).conversation.id as ConversationId;
    await services.conversations.remove(people.owner, first);
    await services.make(people.owner, { kind: "channel", slug });
    expect(await codeOf(services.conversations.restore(people.staff, first))).toBe("conflict");
  });

  test("a direct conversation only hides it from oneself, until the next message", async () => {
    const direct = await services.conversations.directWith(people.owner, people.member.userId);
    await services.say(people.member, direct);
    await services.conversations.remove(people.owner, direct);
    await services.conversations.remove(people.owner, direct);
    expect(await listed("owner")).not.toContain(direct);
    expect(await listed("owner", true)).not.toContain(direct);
    expect(await listed("member")).toContain(direct);
    expect(await codeOf(services.conversations.get(people.owner, direct))).toBeUndefined();
    await services.say(people.member, direct, "are you there?");
    expect(await listed("owner")).toContain(direct);
    expect(told(direct)).not.toContain("conversation.deleted");
    expect(await codeOf(services.conversations.remove(people.staff, direct))).toBe("not_found");
    expect(await codeOf(services.conversations.restore(people.staff, direct))).toBe("not_found");
    await services.conversations.remove(people.host, direct);
    expect(await codeOf(services.conversations.get(people.member, direct))).toBe("not_found");
  });

  test("leaves what belongs to a customer or a reader to staff and the host", async () => {
    const customer = await makeUser(store.database);
    const support = await services.conversations.supportOf(customer);
    expect(await codeOf(services.conversations.remove(customer, support))).toBe("permission_denied");
    const system = await services.conversations.systemOf(HOST, customer.userId);
    expect(await codeOf(services.conversations.remove(customer, system))).toBe("permission_denied");
    expect(await codeOf(services.conversations.remove(people.staff, system))).toBe("not_found");
  });
});

test("the audit log is for staff, by conversation, in pages", async () => {
  expect(await codeOf(services.audit.audit(people.owner, { limit: 50 }))).toBe("permission_denied");
  for (let i = 0; i < 5; i += 1) await services.conversations.update(people.owner, id, { title: `T${i}` });
  const first = await services.audit.audit(people.staff, { conversation_id: id, limit: 3 });
  const second = await services.audit.audit(people.staff, {
    conversation_id: id,
    limit: 3,
    cursor: first.next_cursor ?? "",
  });
  expect([...first.items, ...second.items].map(({ data }) => (data["title"] as { to: string }).to)).toEqual([
    "T4",
    "T3",
    "T2",
    "T1",
    "T0",
  ]);
  expect(second.next_cursor).toBeNull();
  const byAction = await services.audit.audit(people.host, {
    action: "conversation.updated",
    actor_id: people.owner.userId,
    limit: 50,
  });
  expect(byAction.items.length).toBeGreaterThanOrEqual(5);
  expect(
    (await services.audit.audit(people.staff, { conversation_id: id, before: first.items[0]?.at ?? "", limit: 50 }))
      .items.length,
  ).toBeLessThan(5);
});
