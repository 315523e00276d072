import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Caller } from "../src/domain/caller.ts";
import type { HistoryVisibility } from "../src/domain/history.ts";
import type { ConversationId } from "../src/domain/ids.ts";
import { accessTo } from "../src/services/access.ts";
import { findMember } from "../src/store/members.ts";
import { request } from "./harness/committer.ts";
import { useTestDatabase } from "./harness/database.ts";
import { codeOf, makeSpace, startMembership, storyOf, type MembershipServices } from "./harness/membership.ts";
import { HOST, makeConversation, makeUser, run } from "./harness/rows.ts";

const store = useTestDatabase();
let services: MembershipServices;
let owner: Caller;
let ada: Caller;
let bob: Caller;
let staff: Caller;
let id: ConversationId;

beforeAll(async () => {
  services = startMembership(store.database);
  [owner, ada, bob, staff] = (await Promise.all(
    [false, false, false, true].map((isStaff) => makeUser(store.database, { isStaff })),
  )) as [Caller, Caller, Caller, Caller];
});
afterAll(() => services.committer.close());

beforeEach(async () => {
  id = await makeConversation(store.database, {
    kind: "channel",
    visibility: "public",
    members: [{ who: owner, role: "owner" }],
  });
});

const story = () => storyOf(services.committer, id, { owner, ada, bob });
const join = (who: Caller) => services.members.join(who, id);
const write = async (count: number) => {
  for (let n = 0; n < count; n += 1) await services.committer.send(request(owner, id));
};
const marksOf = async (who: Caller) => {
  const [marks] = await store.database.query<Record<string, number>>({
    text: `SELECT k.last_read_seq, k.last_read_ordinal, k.last_delivered_seq, h.message_count - k.last_read_ordinal AS unread
           FROM member_marks k JOIN conversation_heads h USING (conversation_id) WHERE k.conversation_id = $1 AND k.user_id = $2`,
    values: [id, who.userId],
  });
  return marks;
};

describe("joining a public channel", () => {
  test("puts the mark to the present, and a second time changes nothing", async () => {
    await write(3);
    const joined = await join(ada);
    expect(joined).toMatchObject({ member: { user_id: ada.userId, role: "member", version: 5, last_read_seq: 4 } });
    expect(await marksOf(ada)).toEqual({ last_read_seq: 4, last_read_ordinal: 3, last_delivered_seq: 4, unread: 0 });
    await join(ada);
    await write(2);
    expect(await marksOf(ada)).toMatchObject({ unread: 2 });
    expect(story().filter((line) => line.startsWith("member"))).toEqual(["member.added ada"]);
  });

  test("again keeps the first joining, moves the latest one and the marks", async () => {
    await write(2);
    await join(ada);
    await services.members.leave(ada, id);
    const left = await findMember(store.database, id, ada.userId);
    expect(left).toMatchObject({ version: 5, joinedSeq: 3, firstJoinedSeq: 3, leftAt: expect.any(Date) });
    await write(4);
    await join(ada);
    const back = await findMember(store.database, id, ada.userId);
    expect(back).toMatchObject({ version: 10, joinedSeq: 9, firstJoinedSeq: 3, leftAt: null });
    expect(await marksOf(ada)).toEqual({ last_read_seq: 9, last_read_ordinal: 6, last_delivered_seq: 9, unread: 0 });
    const visible = async (history: HistoryVisibility) => {
      await run(store.database, "UPDATE conversations SET history_visibility = $2 WHERE id = $1", [id, history]);
      return (await accessTo(store.database, ada, id)).visibleAfter;
    };
    expect([await visible("all"), await visible("member_join_date"), await visible("none")]).toEqual([0, 3, 9]);
  });

  test("again is no way out of a denial or of being a guest, nor a way to keep a grant", async () => {
    await join(ada);
    await services.members.setPermissions(owner, id, ada.userId, { send_messages: false, manage_members: true });
    await services.members.setRole(owner, id, ada.userId, "guest");
    await services.members.leave(ada, id);
    expect(await join(ada)).toMatchObject({ member: { role: "guest", permissions: [] } });
    await services.members.removeMember(owner, id, ada.userId);
    await run(store.database, "UPDATE users SET contact_policy = 'everyone' WHERE id = $1", [ada.userId]);
    const { members } = await services.members.addMembers(owner, id, { user_id: ada.userId });
    expect(members[0]).toMatchObject({ role: "member", permissions: ["send_messages"] });
  });

  test("brings it back into one's list", async () => {
    await join(ada);
    await run(
      store.database,
      `INSERT INTO member_settings (conversation_id, user_id, muted_until, archived_at, archived_ordinal, hidden_ordinal)
       VALUES ($1, $2, now(), now(), 0, 0)`,
      [id, ada.userId],
    );
    await services.members.leave(ada, id);
    await join(ada);
    const [settings] = await store.database.query<Record<string, unknown>>({
      text: "SELECT muted_until, archived_at, archived_ordinal, hidden_ordinal FROM member_settings WHERE conversation_id = $1",
      values: [id],
    });
    expect(settings).toEqual({
      muted_until: expect.any(Date),
      archived_at: null,
      archived_ordinal: null,
      hidden_ordinal: null,
    });
  });

  test("of a space is for its members; its guests are guests", async () => {
    const spaceId = await makeSpace(store.database, [owner, ada, { who: bob, role: "guest" }]);
    await run(store.database, "UPDATE conversations SET space_id = $2 WHERE id = $1", [id, spaceId]);
    expect(await join(ada)).toMatchObject({ member: { role: "member" } });
    expect(await join(bob)).toMatchObject({ member: { role: "guest" } });
    expect(await codeOf(join(staff))).toBe("not_found");
  });

  test("is not for private channels, other kinds, agents, or the host in its own name", async () => {
    expect(await codeOf(join({ ...ada, kind: "agent" }))).toBe("not_found");
    expect(await codeOf(join(HOST))).toBe("permission_denied");
    for (const kind of ["group", "project", "direct", "system", "support"] as const) {
      const other = await makeConversation(store.database, { kind, visibility: "public", members: [owner, bob] });
      expect(await codeOf(services.members.join(ada, other))).toBe("not_found");
      expect(await codeOf(services.members.join(staff, other))).toBe(kind === "support" ? "conflict" : "not_found");
    }
    for (const visibility of ["private", "confidential"] as const) {
      const other = await makeConversation(store.database, { kind: "channel", visibility, members: [owner] });
      expect(await codeOf(services.members.join(ada, other))).toBe("not_found");
    }
  });

  test("leaving what one never joined is refused", async () => {
    expect(await codeOf(services.members.leave(ada, id))).toBe("not_a_member");
    expect(await codeOf(services.members.removeMember(ada, id, owner.userId))).toBe("not_a_member");
  });
});

describe("joining by approval", () => {
  beforeEach(() => run(store.database, "UPDATE conversations SET require_approval = true WHERE id = $1", [id]));

  const requests = async (status: "pending" | "approved" | "refused" = "pending") => {
    const { items } = await services.members.joinRequests(owner, id, { status, limit: 50 });
    return items.map((item) => item.user_id);
  };
  const decide = (who: Caller, approved: boolean) =>
    services.members.decideJoinRequest(owner, id, who.userId, approved);

  test("waits until somebody lets one in, and takes a version only then", async () => {
    expect(await join(ada)).toMatchObject({
      joinRequest: { status: "pending", user: { id: ada.userId }, decided_by: null },
    });
    const again = await join(ada);
    await join(bob);
    expect(await requests()).toEqual([ada.userId, bob.userId]);
    expect(again).toMatchObject({ joinRequest: { status: "pending" } });
    expect((await services.committer.send(request(ada, id))).outcome).toBe("refused");
    expect(story()).toEqual([]);
    await write(2);
    expect(await decide(ada, true)).toMatchObject({
      status: "approved",
      decided_by: owner.userId,
      decided_at: expect.any(String),
    });
    expect(story()).toEqual(["message.created", "message.created", "member.added ada"]);
    expect(await findMember(store.database, id, ada.userId)).toMatchObject({ joinedSeq: 3, firstJoinedSeq: 3 });
    expect((await services.committer.send(request(ada, id))).outcome).toBe("sent");
    expect([await requests(), await requests("approved")]).toEqual([[bob.userId], [ada.userId]]);
  });

  test("decides the same again without a version, and not otherwise", async () => {
    await join(ada);
    await decide(ada, true);
    await decide(ada, true);
    expect(await codeOf(decide(ada, false))).toBe("conflict");
    expect(await codeOf(decide(bob, true))).toBe("not_found");
    expect(story()).toEqual(["member.added ada"]);
  });

  test("whoever was refused may ask again, and whoever left has to", async () => {
    await join(ada);
    await decide(ada, false);
    expect(await requests("refused")).toEqual([ada.userId]);
    expect(await codeOf(decide(ada, true))).toBe("conflict");
    await join(ada);
    await decide(ada, true);
    await services.members.leave(ada, id);
    expect(await join(ada)).toMatchObject({ joinRequest: { status: "pending", decided_by: null, decided_at: null } });
  });

  test("a request is taken back by leaving, and settled by being added", async () => {
    await join(ada);
    await services.members.leave(ada, id);
    expect(await requests()).toEqual([]);
    await join(bob);
    await run(store.database, "UPDATE users SET contact_policy = 'everyone' WHERE id = $1", [bob.userId]);
    await services.members.addMembers(owner, id, { user_id: bob.userId });
    expect([await requests(), await requests("approved")]).toEqual([[], [bob.userId]]);
  });

  test("a request from before is answered by joining freely", async () => {
    await join(ada);
    await run(store.database, "UPDATE conversations SET require_approval = false WHERE id = $1", [id]);
    expect(await join(ada)).toHaveProperty("member");
    expect([await requests(), await requests("approved")]).toEqual([[], [ada.userId]]);
  });

  test("nobody is let in who has left the space since", async () => {
    const spaceId = await makeSpace(store.database, [owner, ada]);
    await run(store.database, "UPDATE conversations SET space_id = $2 WHERE id = $1", [id, spaceId]);
    await join(ada);
    await run(store.database, "DELETE FROM space_members WHERE user_id = $1", [ada.userId]);
    expect(await codeOf(decide(ada, true))).toBe("conflict");
    expect(await decide(ada, false)).toMatchObject({ status: "refused" });
  });

  test("is decided by who may manage members", async () => {
    await join(ada);
    await run(store.database, "UPDATE conversations SET require_approval = false WHERE id = $1", [id]);
    await join(bob);
    for (const [who, code] of [
      [bob, "permission_denied"],
      [ada, "not_a_member"],
      [HOST, undefined],
    ] as const) {
      expect(await codeOf(services.members.joinRequests(who, id, { status: "pending", limit: 5 }))).toBe(code);
      expect(await codeOf(services.members.decideJoinRequest(who, id, ada.userId, true))).toBe(code);
    }
  });

  test("is listed page by page, the oldest first", async () => {
    const people = await Promise.all(Array.from({ length: 5 }, () => makeUser(store.database)));
    for (const person of people) await join(person);
    const first = await services.members.joinRequests(owner, id, { status: "pending", limit: 3 });
    const cursor = first.next_cursor ?? "";
    const second = await services.members.joinRequests(owner, id, { status: "pending", limit: 3, cursor });
    expect([...first.items, ...second.items].map((item) => item.user_id)).toEqual(
      people.map((person) => person.userId),
    );
    expect(second.next_cursor).toBeNull();
    expect(await codeOf(services.members.joinRequests(owner, id, { status: "pending", limit: 3, cursor: "bad" }))).toBe(
      "validation_failed",
    );
  });
});
