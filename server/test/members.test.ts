import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId, UserId } from "../src/domain/ids.ts";
import type { Role } from "../src/domain/permissions.ts";
import { useTestDatabase } from "./harness/database.ts";
import { codeOf, makeSpace, startMembership, storyOf, type MembershipServices } from "./harness/membership.ts";
import { actingFor, HOST, makeConversation, makeUser, run } from "./harness/rows.ts";

const store = useTestDatabase();
let services: MembershipServices;

/** One of each who may ask: `manager` is a member who was granted manage_members. */
const WHO = ["owner", "owner2", "admin", "admin2", "manager", "member", "guest", "outsider", "staff"] as const;
type Who = (typeof WHO)[number] | "host";
let people: Record<Who, Caller>;
let newcomer: Caller;
let id: ConversationId;

beforeAll(async () => {
  services = startMembership(store.database);
  const made = await Promise.all(
    WHO.map(async (name) => [name, await makeUser(store.database, { isStaff: name === "staff" })]),
  );
  people = { ...(Object.fromEntries(made) as Record<(typeof WHO)[number], Caller>), host: HOST };
  newcomer = await makeUser(store.database);
  await run(store.database, "UPDATE users SET contact_policy = 'everyone' WHERE kind = 'human'");
});
afterAll(() => services.committer.close());

beforeEach(async () => {
  id = await makeConversation(store.database, {
    members: [
      { who: people.owner, role: "owner" },
      { who: people.owner2, role: "owner" },
      { who: people.admin, role: "admin" },
      { who: people.admin2, role: "admin" },
      { who: people.manager, permissions: { manage_members: true } },
      people.member,
      { who: people.guest, role: "guest" },
    ],
  });
});

const idOf = (who: Who): UserId => people[who].userId;
const story = () => storyOf(services.committer, id, { ...people, newcomer });
const add = (who: Who, role?: Role) =>
  codeOf(services.members.addMembers(people[who], id, { user_id: newcomer.userId, ...(role ? { role } : {}) }));

describe("the list", () => {
  test("is in the order of joining and says what each may do", async () => {
    await add("owner");
    const { items, next_cursor } = await services.members.members(people.member, id, { limit: 50 });
    expect(next_cursor).toBeNull();
    expect(items.at(-1)).toMatchObject({ user_id: newcomer.userId, role: "member", permissions: ["send_messages"] });
    const manager = items.find((item) => item.user_id === idOf("manager"));
    expect(manager).toMatchObject({ permissions: ["send_messages", "manage_members"], user: { id: idOf("manager") } });
    expect(items).toHaveLength(8);
  });

  test.each([
    ["owner", undefined],
    ["member", undefined],
    ["host", undefined],
    ["guest", "permission_denied"],
    ["outsider", "not_found"],
    ["staff", "not_found"],
  ] as const)("by %s: %s", async (who, code) => {
    expect(await codeOf(services.members.members(people[who], id, { limit: 50 }))).toBe(code);
  });

  test("is for readers of public channels too, but not for agents or people outside the space", async () => {
    const spaceId = await makeSpace(store.database, [people.outsider]);
    const channel = await makeConversation(store.database, {
      kind: "channel",
      visibility: "public",
      members: [people.member],
    });
    expect(await codeOf(services.members.members(people.outsider, channel, { limit: 1 }))).toBeUndefined();
    expect(await codeOf(services.members.members({ ...people.outsider, kind: "agent" }, channel, { limit: 1 }))).toBe(
      "not_found",
    );
    await run(store.database, "UPDATE conversations SET space_id = $2 WHERE id = $1", [channel, spaceId]);
    expect(await codeOf(services.members.members(people.outsider, channel, { limit: 1 }))).toBeUndefined();
    expect(await codeOf(services.members.members(people.guest, channel, { limit: 1 }))).toBe("not_found");
  });

  test("pages through thousands of members, each once, also of those who joined at the same time", async () => {
    await run(
      store.database,
      `WITH made AS (INSERT INTO users (id, username, slug, display_name)
         SELECT gen_random_uuid(), 'crowd' || n, 'crowd' || n, 'Crowd' FROM generate_series(1, 2500) n RETURNING id)
       INSERT INTO members (conversation_id, user_id, role, rights, first_joined_seq, joined_seq, joined_at, version)
       SELECT $1, id, 'member', 1, 0, 0, now(), 1 FROM made`,
      [id],
    );
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await services.members.members(people.owner, id, { limit: 100, ...(cursor ? { cursor } : {}) });
      seen.push(...page.items.map((item) => item.user_id));
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    expect(seen).toHaveLength(2507);
    expect(new Set(seen).size).toBe(2507);
  });

  test("shows who shares receipts the marks of those who do, and everyone their own", async () => {
    await run(
      store.database,
      "UPDATE member_marks SET last_read_seq = 7, last_delivered_seq = 5 WHERE conversation_id = $1",
      [id],
    );
    await run(store.database, "UPDATE users SET share_receipts = false WHERE id = $1", [idOf("admin")]);
    const marksOf = async (viewer: Who) => {
      const { items } = await services.members.members(people[viewer], id, { limit: 50 });
      const [admin, member] = (["admin", "member"] as const).map((who) =>
        items.find((item) => item.user_id === idOf(who)),
      );
      return [admin?.last_read_seq, member?.last_read_seq, member?.last_delivered_seq];
    };
    expect(await marksOf("owner")).toEqual([null, 7, 7]);
    expect(await marksOf("admin")).toEqual([7, null, null]);
    await run(store.database, "UPDATE users SET share_receipts = true WHERE id = $1", [idOf("admin")]);
  });
});

describe("adding", () => {
  test.each([
    ["owner", "owner", undefined],
    ["owner", undefined, undefined],
    ["admin", "admin", undefined],
    ["admin", "owner", "permission_denied"],
    ["manager", "member", undefined],
    ["manager", "guest", undefined],
    ["manager", "admin", "permission_denied"],
    ["member", undefined, "permission_denied"],
    ["guest", undefined, "permission_denied"],
    ["outsider", undefined, "not_found"],
    ["staff", undefined, "not_found"],
    ["host", "owner", undefined],
  ] as const)("by %s as %s: %s", async (who, role, code) => {
    expect(await add(who, role)).toBe(code);
    expect(story()).toEqual(code ? [] : ["member.added newcomer"]);
  });

  test("several is one change each, all or none, and none for those who are in already", async () => {
    const more = await Promise.all([makeUser(store.database), makeUser(store.database)]);
    await run(store.database, "UPDATE users SET contact_policy = 'everyone' WHERE id = ANY ($1)", [
      more.map((one) => one.userId),
    ]);
    const ids = [newcomer, ...more].map((one) => one.userId);
    const unknown = services.members.addMembers(people.owner, id, { user_ids: [...ids, uuidv7()] });
    expect(await codeOf(unknown)).toBe("not_found");
    expect(story()).toEqual([]);
    const { members, added } = await services.members.addMembers(people.owner, id, {
      user_ids: [...ids, newcomer.userId, idOf("member")],
    });
    expect(added).toBe(true);
    expect(members.map((member) => [member.user_id, member.version])).toEqual(ids.map((userId, n) => [userId, n + 2]));
    const again = await services.members.addMembers(people.owner, id, { user_ids: ids, role: "guest" });
    expect([again.added, again.members.map((member) => member.role)]).toEqual([false, ["member", "member", "member"]]);
    expect(story()).toHaveLength(3);
  });

  test.each(["direct", "support", "system"] as const)(
    "to a %s conversation is a conflict, for the host as well",
    async (kind) => {
      const other = await makeConversation(store.database, { kind, members: [people.member, people.guest] });
      expect(await codeOf(services.members.addMembers(people.member, other, { user_id: newcomer.userId }))).toBe(
        "conflict",
      );
      expect(await codeOf(services.members.addMembers(HOST, other, { user_id: newcomer.userId }))).toBe("conflict");
    },
  );

  test("to a channel takes being in its space, whose guests come as guests", async () => {
    const spaceId = await makeSpace(store.database, [people.owner, { who: newcomer, role: "guest" }]);
    const channel = await makeConversation(store.database, {
      kind: "channel",
      members: [{ who: people.owner, role: "owner" }],
    });
    await run(store.database, "UPDATE conversations SET space_id = $2 WHERE id = $1", [channel, spaceId]);
    const policy = (value: string) =>
      run(store.database, "UPDATE users SET contact_policy = $2 WHERE id = $1", [newcomer.userId, value]);
    await policy("friends");
    expect(await codeOf(services.members.addMembers(people.owner, channel, { user_id: newcomer.userId }))).toBe(
      "contact_refused",
    );
    await policy("shared_space_or_friend");
    const { members } = await services.members.addMembers(people.owner, channel, { user_id: newcomer.userId });
    expect(members[0]?.role).toBe("guest");
    expect(await codeOf(services.members.addMembers(HOST, channel, { user_id: idOf("member") }))).toBe("conflict");
    await policy("everyone");
  });

  test("stops at 10,000 members", async () => {
    await run(
      store.database,
      `WITH made AS (INSERT INTO users (id, username, slug, display_name)
         SELECT gen_random_uuid(), 'full' || n, 'full' || n, 'Full' FROM generate_series(1, 9993) n RETURNING id)
       INSERT INTO members (conversation_id, user_id, role, rights, first_joined_seq, joined_seq, joined_at, version)
       SELECT $1, id, 'member', 1, 0, 0, now(), 1 FROM made`,
      [id],
    );
    expect(await add("owner")).toBe("conflict");
    await services.members.removeMember(people.owner, id, idOf("guest"));
    expect(await add("owner")).toBeUndefined();
  });

  test("an admin who may not change settings makes nobody an admin who may", async () => {
    await services.members.setPermissions(people.owner, id, idOf("admin"), {
      change_settings: false,
      send_messages: false,
    });
    expect(await add("admin", "admin")).toBe("permission_denied");
    expect(await add("admin", "member")).toBeUndefined();
  });
});

describe("removing", () => {
  test.each([
    ["owner", "owner2", undefined],
    ["owner", "admin", undefined],
    ["admin", "owner", "permission_denied"],
    ["admin", "admin2", undefined],
    ["admin", "member", undefined],
    ["manager", "admin", "permission_denied"],
    ["manager", "member", undefined],
    ["manager", "guest", undefined],
    ["member", "guest", "permission_denied"],
    ["guest", "member", "permission_denied"],
    ["outsider", "member", "not_found"],
    ["host", "owner", undefined],
    ["owner", "outsider", "not_found"],
  ] as const)("by %s of %s: %s", async (who, subject, code) => {
    expect(await codeOf(services.members.removeMember(people[who], id, idOf(subject)))).toBe(code);
    expect(story()).toEqual(code ? [] : [`member.removed ${subject}`]);
    if (code) return;
    expect(await codeOf(services.members.members(people[subject], id, { limit: 1 }))).toBe("not_found");
    // Once more is done already.
    if (who !== subject) await services.members.removeMember(people[who], id, idOf(subject));
    expect(story()).toHaveLength(1);
  });

  test("oneself is leaving, for whatever role but the last owner", async () => {
    for (const who of ["guest", "member", "owner2"] as const)
      await services.members.removeMember(people[who], id, idOf(who));
    expect(story()).toEqual(["member.removed guest", "member.removed member", "member.removed owner2"]);
    expect(await codeOf(services.members.leave(people.owner, id))).toBe("transfer_required");
    expect(await codeOf(services.members.removeMember(HOST, id, idOf("owner")))).toBe("transfer_required");
    expect(await codeOf(services.members.leave(HOST, id))).toBe("not_a_member");
  });

  test.each(["direct", "support", "system"] as const)("from a %s conversation is a conflict", async (kind) => {
    const other = await makeConversation(store.database, { kind, members: [people.member, people.admin] });
    expect(await codeOf(services.members.removeMember(people.member, other, idOf("admin")))).toBe("conflict");
    expect(await codeOf(services.members.leave(people.member, other))).toBe("conflict");
  });
});

describe("a role", () => {
  test.each([
    ["owner", "member", "owner", undefined],
    ["owner", "owner2", "member", undefined],
    ["owner", "owner", "admin", undefined],
    ["admin", "member", "admin", undefined],
    ["admin", "admin2", "guest", undefined],
    ["admin", "admin", "member", undefined],
    ["admin", "member", "owner", "permission_denied"],
    ["admin", "owner", "member", "permission_denied"],
    ["admin", "admin", "owner", "permission_denied"],
    ["manager", "guest", "member", undefined],
    ["manager", "member", "guest", undefined],
    ["manager", "member", "admin", "permission_denied"],
    ["manager", "admin", "member", "permission_denied"],
    ["manager", "manager", "admin", "permission_denied"],
    ["member", "guest", "member", "permission_denied"],
    ["guest", "guest", "member", "permission_denied"],
    ["outsider", "guest", "member", "not_found"],
    ["host", "guest", "owner", undefined],
    ["owner", "outsider", "member", "not_found"],
  ] as const)("by %s of %s becoming %s: %s", async (who, subject, role, code) => {
    expect(await codeOf(services.members.setRole(people[who], id, idOf(subject), role))).toBe(code);
    expect(story()).toEqual(code ? [] : [`member.updated ${subject}`]);
    // The same once more changes nothing.
    await codeOf(services.members.setRole(HOST, id, idOf(subject), role));
    if (!code) expect(story()).toHaveLength(1);
  });

  test("the last owner keeps it", async () => {
    await services.members.setRole(people.owner, id, idOf("owner2"), "admin");
    expect(await codeOf(services.members.setRole(people.owner, id, idOf("owner"), "admin"))).toBe("transfer_required");
    expect(await codeOf(services.members.setRole(HOST, id, idOf("owner"), "guest"))).toBe("transfer_required");
  });

  test("keeps the member's overrides, except that an owner is denied nothing", async () => {
    await services.members.setPermissions(people.owner, id, idOf("member"), { send_messages: false });
    const asAdmin = await services.members.setRole(people.owner, id, idOf("member"), "admin");
    expect(asAdmin.permissions).not.toContain("send_messages");
    const asOwner = await services.members.setRole(people.owner, id, idOf("member"), "owner");
    expect(asOwner.permissions).toContain("send_messages");
    const again = await services.members.setRole(people.owner, id, idOf("member"), "member");
    expect(again.permissions).toEqual(["send_messages"]);
  });
});

describe("permissions", () => {
  test.each([
    ["owner", "member", { delete_messages: true }, undefined],
    ["owner", "admin", { delete_messages: false }, undefined],
    ["owner", "owner2", { send_messages: false }, "conflict"],
    ["owner", "owner2", {}, undefined],
    ["admin", "admin2", { send_messages: false }, undefined],
    ["admin", "owner", { send_messages: false }, "permission_denied"],
    ["manager", "member", { send_messages: false }, undefined],
    ["manager", "member", { manage_members: true }, undefined],
    ["manager", "member", { delete_messages: true }, "permission_denied"],
    ["manager", "member", { admin: true }, "permission_denied"],
    ["manager", "manager", { manage_members: true, admin: true }, "permission_denied"],
    ["manager", "admin", {}, "permission_denied"],
    ["member", "guest", { send_messages: false }, "permission_denied"],
    ["outsider", "guest", {}, "not_found"],
    ["host", "guest", { admin: true }, undefined],
    ["owner", "outsider", {}, "not_found"],
  ] as const)("by %s of %s to %j: %s", async (who, subject, overrides, code) => {
    expect(await codeOf(services.members.setPermissions(people[who], id, idOf(subject), overrides))).toBe(code);
  });

  test("replace what was there, decide at once, and take no version when they are the same", async () => {
    const muted = await services.members.setPermissions(people.owner, id, idOf("manager"), { send_messages: false });
    expect(muted.permissions).toEqual([]);
    expect(await codeOf(services.members.removeMember(people.manager, id, idOf("guest")))).toBe("permission_denied");
    await services.members.setPermissions(people.owner, id, idOf("manager"), { send_messages: false });
    expect(story()).toEqual(["member.updated manager"]);
  });

  test("who was denied something cannot give it back to themselves", async () => {
    await services.members.setPermissions(people.owner, id, idOf("admin"), { delete_messages: false });
    expect(await codeOf(services.members.setPermissions(people.admin, id, idOf("admin"), {}))).toBe(
      "permission_denied",
    );
    expect(
      await codeOf(
        services.members.setPermissions(people.admin, id, idOf("admin"), { delete_messages: false, admin: false }),
      ),
    ).toBeUndefined();
  });
});

describe("ownership", () => {
  test("moves in one transaction: the new owner first, then the old one as admin", async () => {
    const owner = await services.members.transfer(people.owner, id, idOf("guest"));
    expect(owner).toMatchObject({ user_id: idOf("guest"), role: "owner", version: 2 });
    expect(story()).toEqual(["member.updated guest", "member.updated owner"]);
    expect(await codeOf(services.members.leave(people.owner, id))).toBeUndefined();
  });

  test("moves to who is an owner already by stepping down", async () => {
    await services.members.transfer(people.owner, id, idOf("owner2"));
    expect(story()).toEqual(["member.updated owner"]);
  });

  test("is moved by the host from all owners", async () => {
    await services.members.transfer(HOST, id, idOf("member"));
    expect(story()[0]).toBe("member.updated member");
    expect(story().slice(1).toSorted()).toEqual(["member.updated owner", "member.updated owner2"]);
    await services.members.transfer(HOST, id, idOf("member"));
    expect(story()).toHaveLength(3);
  });

  test.each([
    ["owner", "owner", "conflict"],
    ["owner", "outsider", "not_found"],
    ["admin", "member", "permission_denied"],
    ["manager", "manager", "permission_denied"],
    ["outsider", "member", "not_found"],
  ] as const)("by %s to %s: %s", async (who, subject, code) => {
    expect(await codeOf(services.members.transfer(people[who], id, idOf(subject)))).toBe(code);
  });
});

describe("one's own settings", () => {
  test("are set apart from each other, seen only by oneself, and take no version", async () => {
    const until = "2030-01-01T00:00:00.000Z";
    const muted = await services.members.updateOwnMembership(people.guest, id, { muted_until: until });
    expect(muted).toMatchObject({ muted_until: until, notification_level: "all" });
    const mentions = await services.members.updateOwnMembership(people.guest, id, { notification_level: "mentions" });
    expect(mentions).toMatchObject({ muted_until: until, notification_level: "mentions" });
    const unmuted = await services.members.updateOwnMembership(people.guest, id, { muted_until: null });
    expect(unmuted).toMatchObject({ muted_until: null, notification_level: "mentions" });
    const { items } = await services.members.members(people.owner, id, { limit: 50 });
    expect(items.filter((item) => "muted_until" in item).map((item) => item.user_id)).toEqual([idOf("owner")]);
    expect(story()).toEqual([]);
  });

  test("are for members", async () => {
    expect(await codeOf(services.members.updateOwnMembership(people.outsider, id, {}))).toBe("not_found");
    expect(await codeOf(services.members.updateOwnMembership(HOST, id, {}))).toBe("not_a_member");
    expect(await codeOf(services.members.updateOwnMembership(actingFor(people.member), id, {}))).toBeUndefined();
  });
});

test("what was done to members is noted for staff", async () => {
  await services.members.addMembers(people.owner, id, { user_id: newcomer.userId });
  await services.members.setRole(people.owner, id, newcomer.userId, "admin");
  await services.members.setPermissions(people.owner, id, newcomer.userId, { admin: false });
  await services.members.removeMember(people.owner, id, newcomer.userId);
  await services.members.transfer(people.owner, id, idOf("member"));
  const rows = await store.database.query<{ action: string; subject_id: string; actor_id: string }>({
    text: "SELECT action, subject_id, actor_id FROM audit_log WHERE conversation_id = $1 ORDER BY id",
    values: [id],
  });
  expect(rows.map((row) => row.action)).toEqual([
    "member.added",
    "member.role_changed",
    "member.permissions_changed",
    "member.removed",
    "ownership.transferred",
  ]);
  expect(new Set(rows.map((row) => row.actor_id))).toEqual(new Set([idOf("owner")]));
});
