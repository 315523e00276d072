import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId, SpaceId } from "../src/domain/ids.ts";
import type { Role } from "../src/domain/permissions.ts";
import { createMemberPresenter } from "../src/services/members/present-members.ts";
import { createMembers, type MembersService } from "../src/services/members/members.ts";
import { createUserCache } from "../src/services/user-cache.ts";
import { deleteSpaceMember, lockSpace } from "../src/store/spaces.ts";
import { expectSound } from "./harness/committer.ts";
import { startConversations, type ConversationServices } from "./harness/conversations.ts";
import { useTestDatabase } from "./harness/database.ts";
import { codeOf } from "./harness/membership.ts";
import { HOST, makeUser, run } from "./harness/rows.ts";
import { until } from "./harness/until.ts";

const store = useTestDatabase();
let services: ConversationServices;
let members: MembersService;
const WHO = ["owner", "admin", "member", "guest", "outsider", "staff"] as const;
type Who = (typeof WHO)[number] | "host";
let people: Record<Who, Caller>;
let space: SpaceId;

beforeAll(async () => {
  services = startConversations(store.database);
  const users = createUserCache({ db: store.database });
  const presenter = createMemberPresenter({ db: store.database, users });
  members = createMembers({ database: store.database, committer: services.committer, presenter, users });
  const made = await Promise.all(
    WHO.map(async (who) => [who, await makeUser(store.database, { isStaff: who === "staff" })]),
  );
  people = { ...(Object.fromEntries(made) as Record<(typeof WHO)[number], Caller>), host: HOST };
  await run(store.database, "UPDATE users SET contact_policy = 'everyone' WHERE kind = 'human'");
});
afterAll(() => services[Symbol.asyncDispose]());

beforeEach(async () => {
  space = (
    await services.spaces.createSpace(people.owner, {
      name: "Engines",
      slug: `e${uuidv7()}`,
      description: "Difference",
    })
  ).id as SpaceId;
  for (const role of ["admin", "member", "guest"] as const) await add("owner", role, role);
  services.spaceEvents.length = 0;
});

const add = (by: Who, who: Who, role?: Role) =>
  services.spaces.addSpaceMembers(people[by], space, { user_id: people[who].userId, ...(role ? { role } : {}) });
const remove = (by: Who, who: Who) => services.spaces.removeSpaceMember(people[by], space, people[who].userId);
const roles = async () => {
  const { items } = await services.spaces.spaceMembers(people.owner, space, { limit: 100 });
  const nameOf = (id: string) => WHO.find((who) => people[who].userId === id);
  return items.map(({ user_id, role }) => `${nameOf(user_id)} ${role}`);
};
async function channel(
  visibility: "public" | "private",
  memberIds: Caller[] = [],
  by: Who = "admin",
): Promise<ConversationId> {
  const { conversation } = await services.make(people[by], {
    kind: "channel",
    title: visibility,
    visibility,
    space_id: space,
    member_ids: memberIds.map((caller) => caller.userId),
  });
  return conversation.id as ConversationId;
}
const sees = async (who: Who, id: ConversationId) =>
  (await codeOf(services.conversations.get(people[who], id))) === undefined;

describe("a space", () => {
  test("shows its members what it is and what they are in it", async () => {
    expect(await services.spaces.space(people.owner, space)).toMatchObject({
      name: "Engines",
      description: "Difference",
      member_count: 4,
      role: "owner",
      created_by: people.owner.userId,
    });
    expect(await services.spaces.space(people.guest, space)).toMatchObject({ role: "guest" });
    expect(await services.spaces.space(people.staff, space)).toMatchObject({ role: null });
    expect(await services.spaces.space(people.host, space)).toMatchObject({ role: null });
    expect(await codeOf(services.spaces.space(people.outsider, space))).toBe("not_found");
    expect(await codeOf(services.spaces.space(people.owner, uuidv7() as SpaceId))).toBe("not_found");
  });

  test("has a slug of its own, which a deleted one gives back", async () => {
    const slug = `own-${uuidv7()}`;
    const tried = await Promise.all(
      Array.from({ length: 10 }, () => codeOf(services.spaces.createSpace(people.owner, { name: "x", slug }))),
    );
    expect(tried.toSorted()).toEqual([...Array<string>(9).fill("conflict"), undefined]);
    expect(await codeOf(services.spaces.updateSpace(people.owner, space, { slug }))).toBe("conflict");
    const { items } = await services.spaces.spaces(people.owner, { q: slug, limit: 50 });
    await services.spaces.deleteSpace(people.owner, items[0]?.id as SpaceId);
    expect(await codeOf(services.spaces.updateSpace(people.owner, space, { slug }))).toBeUndefined();
  });

  test.each([
    ["owner", undefined],
    ["admin", undefined],
    ["host", undefined],
    ["member", "permission_denied"],
    ["guest", "permission_denied"],
    ["staff", "permission_denied"],
    ["outsider", "not_found"],
  ] as const)("is changed by %s: %s", async (who, code) => {
    expect(
      await codeOf(services.spaces.updateSpace(people[who], space, { name: "Analytical", description: null })),
    ).toBe(code);
    expect(services.spaceEvents).toHaveLength(code ? 0 : 1);
    if (!code)
      expect(await services.spaces.space(people.owner, space)).toMatchObject({ name: "Analytical", description: null });
  });

  test("is listed by slug, in pages, to who is in it", async () => {
    const me = await makeUser(store.database);
    const prefix = `p${uuidv7()}`;
    for (const end of ["c", "a", "b"]) await services.spaces.createSpace(me, { name: end, slug: `${prefix}-${end}` });
    const first = await services.spaces.spaces(me, { limit: 2 });
    expect(first.items.map(({ name }) => name)).toEqual(["a", "b"]);
    const second = await services.spaces.spaces(me, { limit: 2, cursor: first.next_cursor ?? "" });
    expect(second).toMatchObject({ items: [{ name: "c" }], next_cursor: null });
    expect((await services.spaces.spaces(people.outsider, { limit: 50 })).items).toEqual([]);
    expect((await services.spaces.spaces(people.host, { limit: 50, q: prefix })).items).toHaveLength(3);
  });

  test("is not made by agents", async () => {
    const agent = await makeUser(store.database, { kind: "agent" });
    expect(await codeOf(services.spaces.createSpace(agent, { name: "x", slug: `a${uuidv7()}` }))).toBe(
      "permission_denied",
    );
  });
});

describe("its members", () => {
  test("are listed in the order of joining, but not to guests", async () => {
    expect(await roles()).toEqual(["owner owner", "admin admin", "member member", "guest guest"]);
    expect(await codeOf(services.spaces.spaceMembers(people.guest, space, { limit: 50 }))).toBe("permission_denied");
    const first = await services.spaces.spaceMembers(people.member, space, { limit: 3 });
    const second = await services.spaces.spaceMembers(people.member, space, {
      limit: 3,
      cursor: first.next_cursor ?? "",
    });
    expect([...first.items, ...second.items].map(({ role }) => role)).toEqual(["owner", "admin", "member", "guest"]);
  });

  test("are added by owners and admins, with no role above their own, and only once", async () => {
    expect(await codeOf(add("member", "outsider"))).toBe("permission_denied");
    expect(await codeOf(add("admin", "outsider", "owner"))).toBe("permission_denied");
    expect(await add("admin", "outsider")).toMatchObject({
      added: true,
      members: [{ role: "member", user: { id: people.outsider.userId } }],
    });
    expect(await add("admin", "outsider")).toMatchObject({ added: false, members: [{ role: "member" }] });
    expect(await codeOf(services.spaces.addSpaceMembers(people.owner, space, { user_id: uuidv7() }))).toBe(
      "validation_failed",
    );
  });

  test("get the role that is named, but nobody changes someone of a higher role", async () => {
    expect(await codeOf(add("admin", "owner", "member"))).toBe("permission_denied");
    expect(await add("owner", "member", "admin")).toMatchObject({ added: false, members: [{ role: "admin" }] });
    expect(await codeOf(add("owner", "owner", "member"))).toBe("transfer_required");
    await add("owner", "admin", "owner");
    await add("admin", "owner", "member");
    expect(await roles()).toEqual(["owner member", "admin owner", "member admin", "guest guest"]);
  });

  test("are not added against their contact policy: being in one space lets people write to each other", async () => {
    const shy = await makeUser(store.database);
    expect(await codeOf(services.spaces.addSpaceMembers(people.owner, space, { user_id: shy.userId }))).toBe(
      "contact_refused",
    );
    expect(await codeOf(services.spaces.addSpaceMembers(people.host, space, { user_id: shy.userId }))).toBeUndefined();
    expect(await codeOf(services.make(people.owner, { kind: "direct", member_ids: [shy.userId] }))).toBeUndefined();
  });

  test("two last owners cannot both leave at the same moment", async () => {
    await add("owner", "admin", "owner");
    const codes = await Promise.all([codeOf(remove("owner", "owner")), codeOf(remove("admin", "admin"))]);
    expect(codes.toSorted()).toEqual(["transfer_required", undefined]);
  });

  test.each([
    ["admin", "member", undefined],
    ["owner", "admin", undefined],
    ["host", "admin", undefined],
    ["member", "member", undefined],
    ["member", "guest", "permission_denied"],
    ["admin", "owner", "permission_denied"],
    ["staff", "member", "permission_denied"],
    ["outsider", "member", "not_found"],
    ["owner", "outsider", "not_found"],
    ["owner", "owner", "transfer_required"],
  ] as const)("%s removes %s: %s", async (by, who, code) => {
    expect(await codeOf(remove(by, who))).toBe(code);
  });
});

describe("its channels", () => {
  test("public ones are read by the members of the space, private ones by their own", async () => {
    const [open, closed] = [await channel("public"), await channel("private", [people.guest])];
    expect(
      await Promise.all((["member", "guest", "outsider", "staff"] as const).map((who) => sees(who, open))),
    ).toEqual([true, true, false, false]);
    expect(await Promise.all((["member", "guest", "owner"] as const).map((who) => sees(who, closed)))).toEqual([
      false,
      true,
      false,
    ]);
    const listed = async (who: Who) =>
      (await services.spaces.spaceConversations(people[who], space, { limit: 50 })).items
        .map((item) => item.id)
        .toSorted();
    expect(await listed("member")).toEqual([open]);
    expect(await listed("guest")).toEqual([open, closed].toSorted());
    expect(await listed("host")).toEqual([open, closed].toSorted());
    expect(await listed("staff")).toEqual([]);
    expect(await codeOf(listed("outsider"))).toBe("not_found");
    const reader = await services.spaces.spaceConversations(people.member, space, { limit: 50 });
    expect(reader.items[0]).toMatchObject({ unread_count: null, member_count: 1 });
  });

  test("are lost at once with the membership in the space, by a change in each", async () => {
    const [open, joined, closed] = [
      await channel("public"),
      await channel("public", [people.member]),
      await channel("private", [people.member]),
    ];
    await remove("owner", "member");
    expect(await Promise.all([open, joined, closed].map((id) => sees("member", id)))).toEqual([false, false, false]);
    expect(await codeOf(services.say(people.member, joined))).toBe("not_found");
    for (const id of [joined, closed]) {
      const told = services.committer.told.filter((change) => change.conversationId === id);
      expect(told.map(({ type }) => type)).toEqual(["conversation.created", "member.removed"]);
      await expectSound(store.database, id);
    }
    expect(services.spaceEvents).toEqual([
      { spaceId: space, actorId: people.owner.userId, removedIds: [people.member.userId] },
    ]);
  });

  test("pass to who stands next when their last owner leaves the space", async () => {
    const own = await channel("public", [people.member, people.guest], "admin");
    await remove("admin", "admin");
    const told = services.committer.told.filter((change) => change.conversationId === own);
    expect(told.map(({ type, subjectId }) => [type, subjectId])).toEqual([
      ["conversation.created", own],
      ["member.updated", people.member.userId],
      ["member.removed", people.admin.userId],
    ]);
    expect(await codeOf(services.conversations.update(people.member, own, { title: "Mine now" }))).toBeUndefined();
  });

  test("cannot be joined while one is being removed from the space", async () => {
    const channels = await Promise.all(Array.from({ length: 8 }, () => channel("public")));
    const joining = channels.map((id) => codeOf(members.join(people.member, id)));
    await remove("owner", "member");
    await Promise.all(joining);
    expect(await Promise.all(channels.map((id) => sees("member", id)))).toEqual(channels.map(() => false));
    const [row] = await store.database.query<{ count: number }>({
      text: "SELECT count(*)::integer AS count FROM members WHERE user_id = $1 AND left_at IS NULL AND conversation_id = ANY ($2::uuid[])",
      values: [people.member.userId, channels],
    });
    expect(row?.count).toBe(0);
  });

  test("wait with letting someone in until it is certain that they stay in the space", async () => {
    const own = await channel("public");
    const joining = await store.database.transaction(async (tx) => {
      await lockSpace(tx, space);
      await deleteSpaceMember(tx, space, people.member.userId);
      const outcome = codeOf(members.join(people.member, own));
      await until(
        async () => (await store.database.query({ text: "SELECT 1 FROM pg_locks WHERE NOT granted" })).length > 0,
      );
      return { outcome };
    });
    expect(await joining.outcome).toBe("conflict");
  });

  test("go with the space, and come back neither with it nor alone", async () => {
    const [open, closed] = [await channel("public"), await channel("private", [people.member])];
    expect(await codeOf(services.spaces.deleteSpace(people.admin, space))).toBe("permission_denied");
    await services.spaces.deleteSpace(people.owner, space);
    expect(await codeOf(services.spaces.space(people.owner, space))).toBe("not_found");
    expect(await codeOf(services.spaces.deleteSpace(people.owner, space))).toBe("not_found");
    expect(await Promise.all([sees("admin", open), sees("member", closed)])).toEqual([false, false]);
    expect(await codeOf(services.conversations.restore(people.staff, open))).toBe("conflict");
    expect(await codeOf(channel("public"))).toBe("not_found");
  });

  test("are not made in a space that is being deleted", async () => {
    const made = Array.from({ length: 10 }, () => channel("public", [], "owner").catch(() => undefined));
    await services.spaces.deleteSpace(people.owner, space);
    const ids = (await Promise.all(made)).filter((id) => id !== undefined);
    const left = await store.database.query({
      text: "SELECT id FROM conversations WHERE id = ANY ($1::uuid[]) AND deleted_at IS NULL",
      values: [ids],
    });
    expect(left).toEqual([]);
  });

  test("a deletion or a removal that was cut short goes on when it is asked for again", async () => {
    const own = await channel("public", [people.member]);
    await run(store.database, "DELETE FROM space_members WHERE space_id = $1 AND user_id = $2", [
      space,
      people.member.userId,
    ]);
    expect(await codeOf(remove("member", "member"))).toBeUndefined();
    expect(await sees("member", own)).toBe(false);
    await run(store.database, "UPDATE spaces SET deleted_at = now() WHERE id = $1", [space]);
    expect(await codeOf(services.spaces.deleteSpace(people.owner, space))).toBeUndefined();
    expect(await sees("admin", own)).toBe(false);
  });
});
