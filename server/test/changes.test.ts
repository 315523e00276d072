import type { ChangeSet } from "@parley/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId } from "../src/domain/ids.ts";
import { startCore, type CoreServices } from "./harness/core-services.ts";
import { useTestDatabase } from "./harness/database.ts";
import { codeOf } from "./harness/membership.ts";
import { HOST, makeUser, run } from "./harness/rows.ts";

const store = useTestDatabase();
let core: CoreServices;
let ada: Caller;
let bob: Caller;
let eve: Caller;
let staff: Caller;

beforeAll(async () => {
  core = startCore(store.database);
  [ada, bob, eve, staff] = await Promise.all([
    makeUser(store.database),
    makeUser(store.database),
    makeUser(store.database),
    makeUser(store.database, { isStaff: true }),
  ]);
  await run(store.database, "UPDATE users SET contact_policy = 'everyone' WHERE kind = 'human'");
});
afterAll(() => core.close());

const after = (caller: Caller, id: ConversationId, version: number, limit = 100) =>
  core.changes.changesAfter(caller, id, { after: version, limit });

/** The changes as `version type what`, so that a whole answer is read at a glance. */
function story({ changes }: Pick<ChangeSet, "changes">): string[] {
  return changes.map(({ version, type, data }) => {
    if (type === "message") return `${version} message ${data.content}`;
    if (type === "conversation") return `${version} conversation ${data.title}`;
    const name =
      data.user_id === ada.userId
        ? "ada"
        : data.user_id === bob.userId
          ? "bob"
          : data.user_id === eve.userId
            ? "eve"
            : "?";
    return `${version} ${name} ${data.left_at ? "left" : data.role}`;
  });
}

async function newGroup(...others: Caller[]): Promise<ConversationId> {
  const { conversation } = await core.conversations.create(ada, {
    kind: "group",
    title: "Tea",
    member_ids: others.map((caller) => caller.userId),
  });
  return conversation.id as ConversationId;
}

describe("the changes after a version", () => {
  let id: ConversationId;
  beforeEach(async () => {
    id = await newGroup(bob);
  });

  test("from the beginning are everything there is, the members of the creation with it", async () => {
    await core.say(ada, id, { content: "one" });
    await core.say(bob, id, { content: "two" });
    const set = await after(bob, id, 0);
    expect(set).toMatchObject({ after: 0, through: 3, head: 3, has_more: false, reset: false });
    expect(story(set).slice(0, 1)).toEqual(["1 conversation Tea"]);
    expect(story(set).slice(1, 3).toSorted()).toEqual(["1 ada owner", "1 bob member"]);
    expect(story(set).slice(3)).toEqual(["2 message one", "3 message two"]);
    expect(set.changes.at(-1)?.data).toMatchObject({
      conversation_id: id,
      sender: { id: bob.userId },
      seq: 3,
      version: 3,
    });
  });

  test("name each thing once, at its latest version and as it is now", async () => {
    const root = await core.say(ada, id, { content: "root" });
    await core.say(bob, id, { content: "reply", parent_id: root.id });
    await core.say(bob, id, { content: "other" });
    await core.conversations.update(ada, id, { title: "Coffee" });
    await core.members.setRole(ada, id, bob.userId, "admin");
    const set = await after(ada, id, 1);
    expect(story(set)).toEqual([
      "3 message root",
      "3 message reply",
      "4 message other",
      "5 conversation Coffee",
      "6 bob admin",
    ]);
    expect(set.changes[0]).toMatchObject({ data: { reply_count: 1, version: 3 } });
  });

  test("after the head are none, and the cursor stays", async () => {
    await core.say(ada, id);
    expect(await after(bob, id, 2)).toMatchObject({
      after: 2,
      through: 2,
      head: 2,
      changes: [],
      has_more: false,
      reset: false,
    });
  });

  test("tell who left, and who came back", async () => {
    await core.members.addMembers(ada, id, { user_id: eve.userId });
    await core.members.removeMember(ada, id, eve.userId);
    expect(story(await after(bob, id, 1))).toEqual(["3 eve left"]);
    await core.members.addMembers(ada, id, { user_id: eve.userId });
    expect(story(await after(bob, id, 1))).toEqual(["4 eve member"]);
  });

  test("come in pages whose cursors lead to the same as one page", async () => {
    const root = await core.say(ada, id, { content: "root" });
    for (let n = 0; n < 7; n += 1)
      await core.say(bob, id, { content: String(n), ...(n % 3 === 0 ? { parent_id: root.id } : {}) });
    const whole = await after(ada, id, 0);
    for (const limit of [1, 2, 3, 5]) {
      const seen: string[] = [];
      let cursor = 0;
      let set: ChangeSet;
      do {
        set = await after(ada, id, cursor, limit);
        expect(set.through).toBeGreaterThan(cursor);
        expect(set.reset).toBe(false);
        seen.push(...story(set));
        cursor = set.through;
      } while (set.has_more);
      expect(seen).toEqual(story(whole));
      expect(cursor).toBe(whole.head);
    }
  });

  test("go on past any number of versions that changed the same thing", async () => {
    const titles = ["a", "b"];
    for (let n = 0; n < 30; n += 1) await core.conversations.update(ada, id, { title: titles[n % 2] as string });
    const set = await after(ada, id, 1, 1);
    expect(story(set)).toEqual(["31 conversation b"]);
    expect(set).toMatchObject({ through: 31, has_more: false });
  });

  test("are not for who may not see the conversation", async () => {
    expect(await codeOf(after(eve, id, 0))).toBe("not_found");
    expect(await codeOf(after(staff, id, 0))).toBe("not_found");
    expect((await after(HOST, id, 0)).changes).toHaveLength(3);
    await core.members.removeMember(ada, id, bob.userId);
    expect(await codeOf(after(bob, id, 0))).toBe("not_found");
  });
});

describe("reset", () => {
  const isReset = { changes: [], has_more: false, reset: true };

  test("when the cursor is beyond the head, or of another epoch", async () => {
    const id = await newGroup(bob);
    await core.say(ada, id);
    expect(await after(bob, id, 9)).toMatchObject({ ...isReset, after: 9, through: 2, head: 2 });
    const { epoch } = await after(bob, id, 2);
    const ask = (given: string | null) => core.changes.changesAfter(bob, id, { after: 1, epoch: given, limit: 10 });
    expect(await ask(epoch)).toMatchObject({ reset: false, through: 2 });
    expect(await ask("another")).toMatchObject({ ...isReset, epoch, through: 2 });
    expect(await ask(null)).toMatchObject(isReset);
  });

  test("when the history setting has changed since, but not for a fresh client whose first page reaches past it", async () => {
    const id = await newGroup(bob);
    await core.say(ada, id);
    await core.conversations.update(ada, id, { settings: { history_visibility: "none" } });
    await core.say(ada, id);
    expect(await after(bob, id, 2)).toMatchObject(isReset);
    expect(await after(bob, id, 3)).toMatchObject({ reset: false, through: 4 });
    expect(await after(bob, id, 0)).toMatchObject({ reset: false, through: 4 });
    expect(await after(bob, id, 0, 1)).toMatchObject({ ...isReset, through: 4 });
  });

  test("when the caller's role or joining again has changed what they see", async () => {
    const id = await newGroup(bob, eve);
    await core.conversations.update(ada, id, { settings: { history_visibility: "none" } });
    await core.members.setRole(ada, id, bob.userId, "admin");
    expect(await after(bob, id, 2)).toMatchObject(isReset);
    expect(await after(bob, id, 3)).toMatchObject({ reset: false });
    await core.members.setRole(ada, id, bob.userId, "owner");
    expect(await after(bob, id, 3)).toMatchObject({ reset: false, through: 4 });
    await core.members.removeMember(ada, id, eve.userId);
    await core.members.addMembers(ada, id, { user_id: eve.userId });
    expect(await after(eve, id, 4)).toMatchObject({ ...isReset, through: 6 });
    expect(await after(eve, id, 6)).toMatchObject({ reset: false });
  });
});

describe("what the caller may not see is passed over", () => {
  test("messages that history hides, also as the root of a thread", async () => {
    const id = await newGroup(eve);
    await core.conversations.update(ada, id, { settings: { history_visibility: "none" } });
    const hidden = await core.say(ada, id, { content: "hidden" });
    await core.members.addMembers(ada, id, { user_id: bob.userId });
    await core.say(ada, id, { content: "reply", parent_id: hidden.id });
    expect(story(await after(bob, id, 3))).toEqual(["4 bob member", "5 message reply"]);
    expect(story(await after(ada, id, 3))).toEqual(["4 bob member", "5 message hidden", "5 message reply"]);
    expect(await after(bob, id, 4, 1)).toMatchObject({ through: 5, has_more: false });
  });

  test("other members, for guests", async () => {
    const id = await newGroup(eve);
    await core.members.addMembers(ada, id, { user_id: bob.userId, role: "guest" });
    expect(story(await after(bob, id, 0))).toEqual(["1 conversation Tea", "2 bob guest"]);
    await core.members.setRole(ada, id, bob.userId, "member");
    expect(await after(bob, id, 2)).toMatchObject({ reset: true });
    expect(story(await after(bob, id, 0))).toHaveLength(4);
  });

  test("a public channel is followed without joining, and joined and left without a hole", async () => {
    const { conversation } = await core.conversations.create(ada, {
      kind: "channel",
      title: "Open",
      visibility: "public",
      member_ids: [],
    });
    const id = conversation.id as ConversationId;
    await core.say(ada, id, { content: "one" });
    expect(story(await after(eve, id, 1))).toEqual(["2 message one"]);
    await core.members.join(eve, id);
    expect(story(await after(eve, id, 2))).toEqual(["3 eve member"]);
    await core.members.leave(eve, id);
    expect(await after(eve, id, 3)).toMatchObject({ reset: true, through: 4 });
    await core.say(ada, id, { content: "two" });
    expect(story(await after(eve, id, 4))).toEqual(["5 message two"]);
  });

  test("support is for its customer and staff", async () => {
    const id = await core.conversations.supportOf(eve);
    await core.say(eve, id, { content: "help" });
    expect(story(await after(staff, id, 1))).toEqual(["2 message help"]);
    expect(await codeOf(after(bob, id, 0))).toBe("not_found");
    expect(await codeOf(after(bob, uuidv7() as ConversationId, 0))).toBe("not_found");
  });
});
