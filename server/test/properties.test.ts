import { ParleyError } from "@parley/protocol";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId, MessageId } from "../src/domain/ids.ts";
import type { Role } from "../src/domain/permissions.ts";
import { expectSound } from "./harness/committer.ts";
import { startCore, type CoreServices } from "./harness/core-services.ts";
import { useTestDatabase } from "./harness/database.ts";
import { essence, Follower, loadAnew, Poller } from "./harness/mirror.ts";
import { makeUser, run } from "./harness/rows.ts";

/**
 * Whatever people do to two conversations, at the same time and in any order, catching up from anywhere ends where a fresh look does.
 * PARLEY_PROPERTY_RUNS makes it try harder; a failure prints the seed with which it can be had again.
 */
const RUNS = Number(process.env["PARLEY_PROPERTY_RUNS"] ?? 20);

const store = useTestDatabase();
let core: CoreServices;

beforeAll(() => {
  core = startCore(store.database);
});
afterAll(() => core.close());

const ROLES: readonly Role[] = ["member", "admin", "guest", "guest"];
const HISTORIES = ["all", "member_join_date", "none"] as const;
const REACTIONS = ["👍", "🎉"];

const nat = fc.nat({ max: 1_000 });
const command = fc.record({
  what: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom("send", "reply", "send") },
    { weight: 6, arbitrary: fc.constantFrom("edit", "delete", "restore", "react", "unreact", "pin", "unpin") },
    {
      weight: 6,
      arbitrary: fc.constantFrom("add", "leave", "remove", "rejoin", "role", "role", "title", "history", "read"),
    },
    { weight: 6, arbitrary: fc.constantFrom("follow", "poll") },
  ),
  who: fc.nat({ max: 3 }),
  where: fc.nat({ max: 1 }),
  on: nat,
  value: nat,
});
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;
/** The commands of one round happen at the same time. */
const rounds = fc.array(fc.array(command, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 16 });

interface World {
  /** The first one owns both conversations, and stays. */
  readonly people: readonly Caller[];
  readonly ids: readonly ConversationId[];
  readonly messages: { id: MessageId; conversationId: ConversationId }[];
  readonly followers: readonly { caller: Caller; id: ConversationId; follower: Follower }[];
  readonly pollers: readonly { caller: Caller; poller: Poller }[];
}

async function makeWorld(history: (typeof HISTORIES)[number]): Promise<World> {
  const people = await Promise.all(Array.from({ length: 4 }, () => makeUser(store.database)));
  await run(store.database, "UPDATE users SET contact_policy = 'everyone' WHERE id = ANY ($1::uuid[])", [
    people.map(({ userId }) => userId),
  ]);
  const [owner, ...others] = people as [Caller, Caller, Caller, Caller];
  const ids: ConversationId[] = [];
  for (const [title, first, history_visibility] of [
    ["One", others.slice(0, 1), history],
    ["Two", others.slice(1), "all"],
  ] as const) {
    const { conversation } = await core.conversations.create(owner, {
      kind: "group",
      title,
      member_ids: first.map(({ userId }) => userId),
      settings: { history_visibility },
    });
    ids.push(conversation.id as ConversationId);
  }
  return {
    people,
    ids,
    messages: [],
    followers: ids.flatMap((id) => people.map((caller) => ({ caller, id, follower: new Follower(core, caller, id) }))),
    pollers: people.map((caller) => ({ caller, poller: new Poller(core, caller) })),
  };
}

/** Does it, or is refused: what may not be done is no business of these properties. */
async function perform(world: World, step: Command): Promise<void> {
  try {
    await act(world, step);
  } catch (error) {
    if (!(error instanceof ParleyError) || error.code === "internal" || error.code === "overloaded") throw error;
  }
}

async function act(world: World, { what, who, where, on, value }: Command): Promise<void> {
  const caller = world.people[who] as Caller;
  const id = world.ids[where] as ConversationId;
  const here = world.messages.filter((message) => message.conversationId === id);
  const messageId = here[on % Math.max(1, here.length)]?.id;
  const other = world.people[1 + (on % 3)] as Caller;
  const owner = world.people[0] as Caller;
  const reaction = REACTIONS[value % 2] as string;
  switch (what) {
    case "send":
    case "reply": {
      const parent = what === "reply" && messageId ? { parent_id: messageId } : {};
      const ownMark = value % 4 === 0 ? "if_all_read" : "always";
      const sent = await core.say(caller, id, { content: `text ${value}`, ...parent }, { ownMark });
      world.messages.push({ id: sent.id as MessageId, conversationId: id });
      return;
    }
    case "edit":
      if (messageId) await core.messages.edit(caller, id, messageId, { content: `edited ${value}` });
      return;
    case "delete":
      if (messageId) await core.messages.remove(caller, id, messageId);
      return;
    case "restore":
      if (messageId) await core.messages.restore(owner, id, messageId);
      return;
    case "react":
      if (messageId) await core.reactions.add(caller, messageId, reaction);
      return;
    case "unreact":
      if (messageId) await core.reactions.remove(caller, messageId, reaction);
      return;
    case "pin":
      if (messageId) await core.pins.pin(caller, id, messageId);
      return;
    case "unpin":
      if (messageId) await core.pins.unpin(caller, id, messageId);
      return;
    case "add":
      await core.members.addMembers(owner, id, { user_id: other.userId, role: ROLES[value % 4] as Role });
      return;
    case "leave":
      if (who > 0) await core.members.leave(caller, id);
      return;
    case "remove":
      await core.members.removeMember(owner, id, other.userId);
      return;
    case "rejoin":
      await core.members.removeMember(owner, id, other.userId);
      await core.members.addMembers(owner, id, { user_id: other.userId, role: ROLES[value % 4] as Role });
      return;
    case "role":
      await core.members.setRole(owner, id, other.userId, ROLES[value % 4] as Role);
      return;
    case "title":
      await core.conversations.update(owner, id, { title: `Title ${value % 3}` });
      return;
    case "history":
      await core.conversations.update(owner, id, {
        settings: { history_visibility: HISTORIES[value % 3] as (typeof HISTORIES)[number] },
      });
      return;
    case "read":
      await core.marks.markRead(caller, id, value % 3 === 0 ? {} : { seq: value % 40 });
      return;
    case "follow":
      await world.followers[(who + 4 * where) % world.followers.length]?.follower.readOn(1 + (value % 9), 1 + (on % 9));
      return;
    case "poll":
      await world.pollers[who]?.poller.readOn(1 + (value % 9), 1 + (on % 9));
  }
}

/** Everything that the caller sees with a version after `after`, straight from the tables. */
async function rowsAfter(caller: Caller, id: ConversationId, after: number, visibleAfter: number): Promise<string[]> {
  const rows = await store.database.query<{ name: string }>({
    text: `SELECT version || ' message ' || id AS name, version FROM messages WHERE conversation_id = $1 AND version > $2 AND seq > $3
           UNION ALL SELECT version || ' member ' || user_id, version FROM members m WHERE conversation_id = $1 AND version > $2 AND (user_id = $4 OR NOT EXISTS (
             SELECT FROM members o WHERE o.conversation_id = $1 AND o.user_id = $4 AND o.role = 'guest'))
           UNION ALL SELECT version || ' conversation ' || id, version FROM conversations WHERE id = $1 AND version > $2
           ORDER BY 2, 1`,
    values: [id, after, visibleAfter, caller.userId],
  });
  return rows.map(({ name }) => name);
}

async function visibleAfterOf(
  caller: Caller,
  id: ConversationId,
): Promise<{ visibleAfter: number; sight: number } | undefined> {
  const [row] = await store.database.query<{ visible_after: number; sight: number }>({
    text: `SELECT CASE WHEN c.history_visibility = 'all' OR m.role IN ('owner', 'admin') THEN 0
             WHEN c.history_visibility = 'none' THEN m.joined_seq ELSE m.first_joined_seq END AS visible_after,
             greatest(c.history_version, m.sight_version) AS sight
           FROM members m JOIN conversations c ON c.id = m.conversation_id WHERE m.conversation_id = $1 AND m.user_id = $2 AND m.left_at IS NULL`,
    values: [id, caller.userId],
  });
  return row && { visibleAfter: row.visible_after, sight: row.sight };
}

async function expectChangesAreThePresent(world: World, limit: number): Promise<void> {
  for (const id of world.ids) {
    for (const caller of world.people) {
      const sees = await visibleAfterOf(caller, id);
      if (!sees) continue;
      const { head } = await core.conversations.get(caller, id);
      for (let after = sees.sight; after <= head; after += 1 + Math.floor(head / 12)) {
        const told: { version: number; name: string }[] = [];
        let cursor = after;
        let hasMore = true;
        while (hasMore) {
          const set = await core.changes.changesAfter(caller, id, { after: cursor, limit });
          // From the beginning, a page that does not reach past the change of sight says so.
          if (set.reset && cursor === 0 && sees.sight > 0) break;
          expect(set).toMatchObject({ reset: false, head });
          told.push(
            ...set.changes.map(({ version, type, data }) => ({
              version,
              name: `${version} ${type} ${type === "member" ? data.user_id : data.id}`,
            })),
          );
          expect(set.through).toBeGreaterThanOrEqual(cursor);
          cursor = set.through;
          hasMore = set.has_more;
        }
        expect(told.map(({ version }) => version)).toEqual(
          told.map(({ version }) => version).toSorted((a, b) => a - b),
        );
        const names = told
          .toSorted((a, b) => a.version - b.version || (a.name < b.name ? -1 : 1))
          .map(({ name }) => name);
        if (!hasMore) expect(names).toEqual(await rowsAfter(caller, id, after, sees.visibleAfter));
      }
    }
  }
}

async function expectUnreadIsARecount(world: World): Promise<void> {
  for (const id of world.ids) {
    for (const caller of world.people) {
      if (!(await visibleAfterOf(caller, id))) continue;
      const { unread_count, last_read_seq } = await core.conversations.get(caller, id);
      const [row] = await store.database.query<{ count: number; ordinal: number }>({
        text: `SELECT (SELECT count(*) FROM messages WHERE conversation_id = $1 AND seq > $2) AS count,
                 coalesce((SELECT max(ordinal) FROM messages WHERE conversation_id = $1 AND seq <= $2), 0) AS ordinal`,
        values: [id, last_read_seq],
      });
      expect(unread_count).toBe(row?.count);
      await core.writer.move({ conversationId: id, userId: caller.userId });
      const [mark] = await store.database.query<{
        last_read_ordinal: number;
        last_read_seq: number;
        last_delivered_seq: number;
      }>({
        text: "SELECT * FROM member_marks WHERE conversation_id = $1 AND user_id = $2",
        values: [id, caller.userId],
      });
      expect(mark).toMatchObject({ last_read_ordinal: row?.ordinal, last_read_seq });
      expect(mark?.last_delivered_seq).toBeGreaterThanOrEqual(mark?.last_read_seq ?? 0);
    }
  }
}

async function expectResumedEqualsFresh(world: World, limit: number): Promise<void> {
  for (const { caller, id, follower } of world.followers) {
    await follower.readOn(limit);
    expect(essence(follower.mirror)).toEqual(essence(await loadAnew(core, caller, id)));
  }
  for (const { caller, poller } of world.pollers) {
    // The first time it ends what was interrupted, which tells what was there when that began.
    for (let times = 0; times < 2; times += 1) await poller.readOn(limit);
    const fresh = new Poller(core, caller);
    await fresh.readOn(100);
    for (const id of world.ids) {
      const anew = essence(await loadAnew(core, caller, id));
      expect(essence(poller.mirrors.get(id))).toEqual(anew);
      expect(essence(fresh.mirrors.get(id))).toEqual(anew);
    }
  }
}

test(
  "whatever happens at the same time, changes from any version are the present, unread is a recount, and who resumes knows what who begins anew knows",
  async () => {
    await fc.assert(
      fc.asyncProperty(
        rounds,
        fc.constantFrom(...HISTORIES),
        fc.integer({ min: 1, max: 7 }),
        async (plan, history, limit) => {
          const world = await makeWorld(history);
          for (const round of plan) await Promise.all(round.map((step) => perform(world, step)));
          await Promise.all(world.ids.map((id) => expectSound(store.database, id)));
          await expectUnreadIsARecount(world);
          await expectChangesAreThePresent(world, limit);
          await expectResumedEqualsFresh(world, limit);
        },
      ),
      { numRuns: RUNS, endOnFailure: false },
    );
  },
  RUNS * 20_000,
);
