import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId } from "../src/domain/ids.ts";
import { rightsOf, type PermissionOverrides, type Role } from "../src/domain/permissions.ts";
import { countMembers } from "../src/store/members.ts";
import { expectSound, request, wordOf } from "./harness/committer.ts";
import { useTestDatabase } from "./harness/database.ts";
import { codeOf, startMembership, type MembershipServices } from "./harness/membership.ts";
import { HOST, makeConversation, makeUser, run } from "./harness/rows.ts";

const store = useTestDatabase();
/** Two nodes on one database: each has its own committer, and only the head's lock is between them. */
let here: MembershipServices;
let there: MembershipServices;
let owner: Caller;
let ada: Caller;
let bob: Caller;

beforeAll(async () => {
  here = startMembership(store.database);
  there = startMembership(store.database);
  [owner, ada, bob] = (await Promise.all([1, 2, 3].map(() => makeUser(store.database)))) as [Caller, Caller, Caller];
  await run(store.database, "UPDATE users SET contact_policy = 'everyone' WHERE kind = 'human'");
});
afterAll(() => Promise.all([here.committer.close(), there.committer.close()]));

/** Sends of one person from one node, some before and some after what happens on another. */
async function storm(id: ConversationId, who: Caller, during: () => Promise<unknown>): Promise<string[]> {
  const outcomes: Promise<string>[] = [];
  const send = () => {
    for (let n = 0; n < 10; n += 1) outcomes.push(here.committer.send(request(who, id)).then(wordOf));
  };
  for (let n = 0; n < 3; n += 1) {
    send();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const done = during();
  for (let n = 0; n < 10; n += 1) {
    send();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await done;
  send();
  return await Promise.all(outcomes);
}

/** Versions of what one person wrote, and of the last change of their membership. */
async function versionsOf(id: ConversationId, who: Caller): Promise<{ written: number[]; decided: number }> {
  const rows = await store.database.query<{ version: number; type: string; subject_id: string; actor_id: string }>({
    text: "SELECT version, type, subject_id, actor_id FROM changes WHERE conversation_id = $1 ORDER BY version",
    values: [id],
  });
  return {
    written: rows
      .filter((row) => row.type === "message.created" && row.actor_id === who.userId)
      .map((row) => row.version),
    decided: rows.findLast((row) => row.type.startsWith("member.") && row.subject_id === who.userId)?.version ?? 0,
  };
}

describe.each([
  ["removal", "not_a_member", (id: ConversationId) => there.members.removeMember(owner, id, ada.userId)],
  ["leaving", "not_a_member", (id: ConversationId) => there.members.leave(ada, id)],
  [
    "a denial",
    "permission_denied",
    (id: ConversationId) => there.members.setPermissions(owner, id, ada.userId, { send_messages: false }),
  ],
] as const)("after %s", (_, refusal, act) => {
  test("nothing of theirs is committed, however many sends race it", async () => {
    for (let round = 0; round < 15; round += 1) {
      const id = await makeConversation(store.database, { members: [{ who: owner, role: "owner" }, ada, bob] });
      const outcomes = await storm(id, ada, () => act(id));
      const { written, decided } = await versionsOf(id, ada);
      expect(decided).toBeGreaterThan(1);
      expect(written.filter((version) => version > decided)).toEqual([]);
      expect(written).toHaveLength(outcomes.filter((outcome) => outcome === "sent").length);
      expect(outcomes.slice(-10)).toEqual(Array.from({ length: 10 }, () => refusal));
      await expectSound(store.database, id);
    }
  });
});

test("a demotion that races an act of the demoted either comes after it or prevents it", async () => {
  for (let round = 0; round < 20; round += 1) {
    const id = await makeConversation(store.database, {
      members: [{ who: owner, role: "owner" }, { who: ada, role: "admin" }, bob],
    });
    const [, removed] = await Promise.all([
      there.members.setRole(owner, id, ada.userId, "member"),
      codeOf(here.members.removeMember(ada, id, bob.userId)),
    ]);
    const rows = await store.database.query<{ type: string }>({
      text: "SELECT type FROM changes WHERE conversation_id = $1 ORDER BY version OFFSET 1",
      values: [id],
    });
    const types = rows.map((row) => row.type);
    expect(types).toEqual(removed ? ["member.updated"] : ["member.removed", "member.updated"]);
    expect([undefined, "permission_denied"]).toContain(removed);
  }
});

test("of two owners who leave, step down or throw each other out at once, one remains", async () => {
  for (let round = 0; round < 20; round += 1) {
    const id = await makeConversation(store.database, {
      members: [
        { who: ada, role: "owner" },
        { who: bob, role: "owner" },
      ],
    });
    const acts = [
      () => here.members.leave(ada, id),
      () => there.members.leave(bob, id),
      () => here.members.setRole(ada, id, ada.userId, "member"),
      () => there.members.setRole(bob, id, bob.userId, "guest"),
      () => here.members.removeMember(ada, id, bob.userId),
      () => there.members.removeMember(bob, id, ada.userId),
      () => there.members.transfer(bob, id, ada.userId),
    ];
    await Promise.all(acts.map((act) => codeOf(act())));
    expect((await countMembers(store.database, id)).owners).toBe(1);
    await expectSound(store.database, id);
  }
});

test("joining, being added and being approved at once is joining once", async () => {
  for (let round = 0; round < 10; round += 1) {
    const id = await makeConversation(store.database, {
      kind: "channel",
      visibility: "public",
      members: [{ who: owner, role: "owner" }],
    });
    await run(store.database, "INSERT INTO join_requests (conversation_id, user_id) VALUES ($1, $2)", [id, ada.userId]);
    await Promise.all([
      ...Array.from({ length: 5 }, () => here.members.join(ada, id)),
      ...Array.from({ length: 5 }, () => there.members.addMembers(owner, id, { user_id: ada.userId })),
      there.members.decideJoinRequest(HOST, id, ada.userId, true),
    ]);
    const rows = await store.database.query({
      text: "SELECT FROM changes WHERE conversation_id = $1 AND type = 'member.added'",
      values: [id],
    });
    expect(rows).toHaveLength(1);
    await expectSound(store.database, id);
  }
});

test("whoever joins while others write has everything before it read, and everything after it unread", async () => {
  for (let round = 0; round < 10; round += 1) {
    const id = await makeConversation(store.database, { kind: "channel", visibility: "public", members: [owner] });
    await storm(id, owner, () => there.members.join(ada, id));
    const [facts] = await store.database.query<{ unread: number; after: number; joined: number; decided: number }>({
      text: `SELECT h.message_count - k.last_read_ordinal AS unread, m.joined_seq AS joined, m.version AS decided,
               (SELECT count(*) FROM messages x WHERE x.conversation_id = $1 AND x.seq > m.joined_seq) AS after
             FROM members m JOIN member_marks k USING (conversation_id, user_id) JOIN conversation_heads h USING (conversation_id)
             WHERE m.conversation_id = $1 AND m.user_id = $2`,
      values: [id, ada.userId],
    });
    expect(facts).toMatchObject({ unread: facts?.after, joined: (facts?.decided ?? 0) - 1 });
  }
});

/** What anyone may try to do to anyone: all at once, from both nodes. */
const act = fc.record({
  node: fc.boolean(),
  actor: fc.nat(4),
  subject: fc.nat(4),
  what: fc.constantFrom("join", "leave", "add", "remove", "role", "permissions", "transfer", "send" as const),
  role: fc.constantFrom<Role>("owner", "admin", "member", "guest"),
  overrides: fc.dictionary(fc.constantFrom("send_messages", "manage_members", "admin"), fc.boolean()),
});

test("whatever people do to each other at once, an owner remains, rights follow roles, and rows follow the log", async () => {
  const people = await Promise.all(Array.from({ length: 5 }, () => makeUser(store.database)));
  await run(store.database, "UPDATE users SET contact_policy = 'everyone' WHERE kind = 'human'");
  const person = (n: number) => people[n] as Caller;
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 40 }), async (acts) => {
      const id = await makeConversation(store.database, {
        kind: "channel",
        visibility: "public",
        members: [{ who: person(0), role: "owner" }, { who: person(1), role: "admin" }, person(2)],
      });
      await Promise.all(
        acts.map(({ node, actor, subject, what, role, overrides }) => {
          const { members, committer } = node ? here : there;
          const [by, whom] = [person(actor), person(subject).userId];
          const doing = {
            join: () => members.join(by, id),
            leave: () => members.leave(by, id),
            add: () => members.addMembers(by, id, { user_id: whom, role }),
            remove: () => members.removeMember(by, id, whom),
            role: () => members.setRole(by, id, whom, role),
            permissions: () => members.setPermissions(by, id, whom, overrides),
            transfer: () => members.transfer(by, id, whom),
            send: () => committer.send(request(by, id)),
          }[what];
          return codeOf(doing());
        }),
      );
      await expectConsistent(id);
    }),
    { numRuns: 40 },
  );
});

async function expectConsistent(id: ConversationId): Promise<void> {
  await expectSound(store.database, id);
  expect((await countMembers(store.database, id)).owners).toBeGreaterThan(0);
  const rows = await store.database.query<{
    role: Role;
    permissions: PermissionOverrides;
    rights: number;
    version: number;
    gone: boolean;
    last_version: number | null;
    last_type: string | null;
  }>({
    text: `SELECT m.role, m.permissions, m.rights, m.version, m.left_at IS NOT NULL AS gone, l.version AS last_version, l.type AS last_type
           FROM members m LEFT JOIN LATERAL (SELECT version, type FROM changes c
             WHERE c.conversation_id = m.conversation_id AND c.subject_id = m.user_id ORDER BY version DESC LIMIT 1) l ON true
           WHERE m.conversation_id = $1`,
    values: [id],
  });
  for (const row of rows) {
    expect(row.rights).toBe(rightsOf(row.role, row.permissions));
    expect([row.version, row.gone]).toEqual([row.last_version ?? 1, row.last_type === "member.removed"]);
  }
}
