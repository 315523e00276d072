import type { AllChanges } from "@parley/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId } from "../src/domain/ids.ts";
import { startCore, type CoreServices } from "./harness/core-services.ts";
import { useTestDatabase } from "./harness/database.ts";
import { codeOf } from "./harness/membership.ts";
import { makeConversation, makeUser, run } from "./harness/rows.ts";

const store = useTestDatabase();
let core: CoreServices;
let ada: Caller;
let bob: Caller;

beforeAll(() => {
  core = startCore(store.database);
});
afterAll(() => core.close());
beforeEach(async () => {
  [ada, bob] = await Promise.all([makeOpenUser(), makeOpenUser()]);
});

/** Somebody whom everyone may add to a group. */
async function makeOpenUser(): Promise<Caller> {
  const caller = await makeUser(store.database);
  await run(store.database, "UPDATE users SET contact_policy = 'everyone' WHERE id = $1", [caller.userId]);
  return caller;
}

async function newGroup(title: string, ...others: Caller[]): Promise<ConversationId> {
  const { conversation } = await core.conversations.create(ada, {
    kind: "group",
    title,
    member_ids: others.map((caller) => caller.userId),
  });
  return conversation.id as ConversationId;
}

const ask = (caller: Caller, cursor: string | undefined, limit = 100) =>
  core.everywhere.allChanges(caller, { limit, ...(cursor === undefined ? {} : { after: cursor }) });

/** Goes on until there is no more; answers the last cursor with everything that was told. */
async function askAll(caller: Caller, cursor?: string, limit = 100): Promise<AllChanges> {
  const whole = await ask(caller, cursor, limit);
  for (let pages = 0; whole.has_more; pages += 1) {
    expect(pages).toBeLessThan(500);
    const next = await ask(caller, whole.through, limit);
    Object.assign(whole, {
      ...next,
      changes: [...whole.changes, ...next.changes],
      reset_conversations: [...whole.reset_conversations, ...next.reset_conversations],
    });
  }
  return whole;
}

const texts = ({ changes }: AllChanges) =>
  changes.flatMap(({ type, data }) => (type === "message" ? [data.content] : []));

describe("the changes everywhere", () => {
  test("from the beginning are all one's conversations, in pages of any size", async () => {
    const ids = [await newGroup("One", bob), await newGroup("Two", bob), await newGroup("Three", bob)];
    for (let n = 0; n < 12; n += 1) await core.say(ada, ids[n % 3] as ConversationId, { content: String(n) });
    const whole = await askAll(bob);
    expect(texts(whole).toSorted()).toEqual(Array.from({ length: 12 }, (_, n) => String(n)).toSorted());
    expect(whole.changes.filter(({ type }) => type === "conversation")).toHaveLength(3);
    for (const limit of [1, 2, 5]) expect((await askAll(bob, undefined, limit)).changes).toEqual(whole.changes);
    expect(await askAll(bob, whole.through)).toMatchObject({
      changes: [],
      reset: false,
      reset_conversations: [],
      has_more: false,
    });
  });

  test("of somebody in many conversations come to an end, whether anything happened or not", async () => {
    const many = await Promise.all(
      Array.from({ length: 620 }, () => makeConversation(store.database, { members: [ada, bob] })),
    );
    const whole = await askAll(bob);
    expect(new Set(whole.changes.map(({ conversation_id }) => conversation_id)).size).toBe(620);
    await core.say(ada, many[611] as ConversationId, { content: "far behind" });
    const since = await askAll(bob, whole.through);
    expect(texts(since)).toEqual(["far behind"]);
    expect((await askAll(bob, since.through)).changes).toEqual([]);
  });

  test("of a round that was interrupted are followed by those of another one", async () => {
    for (const title of ["One", "Two"]) await newGroup(title, bob);
    const begun = await ask(bob, undefined, 1);
    expect(begun.has_more).toBe(true);
    const place = JSON.parse(Buffer.from(begun.through, "base64url").toString()) as unknown[];
    const aged = [...place.slice(0, 4), (place[4] as unknown[]).with(1, Date.now() - 60_000)];
    await core.say(ada, begun.changes[0]?.conversation_id as ConversationId, { content: "meanwhile" });
    const whole = await askAll(bob, Buffer.from(JSON.stringify(aged)).toString("base64url"));
    expect(texts(whole)).toEqual(["meanwhile"]);
  });

  test("after a cursor are what came since, wherever it was", async () => {
    const [one, two] = [await newGroup("One", bob), await newGroup("Two", bob)];
    await core.say(ada, one, { content: "before" });
    const { through } = await askAll(bob);
    await core.say(ada, two, { content: "after" });
    const since = await askAll(bob, through);
    expect(texts(since)).toEqual(["after"]);
    expect(since.changes.every(({ conversation_id }) => conversation_id === two)).toBe(true);
    expect(texts(await askAll(bob, since.through))).toEqual([]);
  });

  test("tell a conversation that one has joined whole, and one that one has left by one's own end in it", async () => {
    const id = await newGroup("One", await makeOpenUser());
    await core.say(ada, id, { content: "from before" });
    const start = await askAll(bob);
    await core.members.addMembers(ada, id, { user_id: bob.userId });
    const joined = await askAll(bob, start.through);
    expect(texts(joined)).toEqual(["from before"]);
    await core.members.removeMember(ada, id, bob.userId);
    await core.say(ada, id, { content: "without you" });
    const left = await askAll(bob, joined.through);
    expect(left.changes).toMatchObject([
      { conversation_id: id, type: "member", data: { user_id: bob.userId, left_at: expect.any(String) } },
    ]);
    expect((await askAll(bob, left.through)).changes).toEqual([]);
    await core.members.addMembers(ada, id, { user_id: bob.userId });
    expect(await askAll(bob, left.through)).toMatchObject({ changes: [], reset_conversations: [id] });
    expect(texts(await askAll(bob))).toEqual(["from before", "without you"]);
  });

  test("tell of a conversation's deletion, and of it whole when it is restored", async () => {
    const id = await newGroup("One", bob);
    await core.say(ada, id, { content: "kept" });
    const start = await askAll(bob);
    await core.conversations.remove(ada, id);
    const deleted = await askAll(bob, start.through);
    expect(deleted.changes).toMatchObject([
      { conversation_id: id, type: "conversation", data: { id, deleted_at: expect.any(String) } },
    ]);
    expect((await askAll(bob)).changes).toEqual([]);
    await core.conversations.restore(await makeUser(store.database, { isStaff: true }), id);
    expect(texts(await askAll(bob, deleted.through))).toEqual(["kept"]);
  });

  test("name the conversations that are to be loaded anew: too much happened, or what one sees of them changed", async () => {
    const [busy, limited] = [await newGroup("Busy", bob), await newGroup("Limited", bob)];
    await core.say(ada, limited);
    const { through } = await askAll(bob);
    await Promise.all(Array.from({ length: 1_100 }, () => core.say(ada, busy)));
    await core.conversations.update(ada, limited, { settings: { history_visibility: "none" } });
    const since = await askAll(bob, through);
    expect(since).toMatchObject({ changes: [], reset: false });
    expect(since.reset_conversations.toSorted()).toEqual([busy, limited].toSorted());
    expect(await askAll(bob, since.through)).toMatchObject({ changes: [], reset_conversations: [] });
  });

  test("never miss what a slow transaction commits after others that began later", async () => {
    const [slow, fast] = [await newGroup("Slow", bob), await newGroup("Fast", bob)];
    const start = await askAll(bob);
    let go: () => void = () => undefined;
    const holding = new Promise<void>((resolve) => (go = resolve));
    let begun: () => void = () => undefined;
    const isBegun = new Promise<void>((resolve) => (begun = resolve));
    const committing = core.committer.change(slow, async (change) => {
      // Takes its transaction id now, and commits long after.
      await change.query({ text: "SELECT pg_current_xact_id()" });
      begun();
      await holding;
      change.record("conversation.updated", slow, ada.userId);
      await change.execute({
        text: "UPDATE conversations SET title = 'late', version = $2 WHERE id = $1",
        values: [slow, change.head.head + 1],
      });
    });
    await isBegun;
    const other = startCore(store.database);
    try {
      await other.say(ada, fast, { content: "early" });
      const meanwhile = await askAll(bob, start.through);
      expect(texts(meanwhile)).toEqual(["early"]);
      go();
      await committing;
      const since = await askAll(bob, meanwhile.through);
      expect(since.changes).toMatchObject(
        expect.arrayContaining([expect.objectContaining({ conversation_id: slow, type: "conversation" })]),
      );
    } finally {
      go();
      await other.close();
    }
  });

  test("are all support conversations for staff, and everything anew for who becomes staff", async () => {
    const staff = await makeUser(store.database, { isStaff: true });
    const before = await askAll({ ...staff, isStaff: false });
    expect(before.changes).toEqual([]);
    const id = await core.conversations.supportOf(bob);
    await core.say(bob, id, { content: "help" });
    expect(await ask(staff, before.through)).toMatchObject({ changes: [], reset: true });
    const whole = await askAll(staff);
    expect(texts(whole)).toContain("help");
    await core.say(bob, id, { content: "please" });
    expect(texts(await askAll(staff, whole.through))).toContain("please");
  });
});

describe("a cursor", () => {
  test("of another epoch, or from a future that was undone, means to load everything anew", async () => {
    await newGroup("One", bob);
    const { through, epoch } = await askAll(bob);
    expect(await core.everywhere.allChanges(bob, { after: through, epoch: "another", limit: 5 })).toMatchObject({
      reset: true,
      changes: [],
      epoch,
    });
    const place = JSON.parse(Buffer.from(through, "base64url").toString()) as unknown[];
    const future = Buffer.from(JSON.stringify([...place.slice(0, 3), "99999999999:99999999999:", null])).toString(
      "base64url",
    );
    const answer = await ask(bob, future);
    expect(answer).toMatchObject({ reset: true, changes: [] });
    expect(await ask(bob, answer.through)).toMatchObject({ reset: false });
    await run(store.database, "UPDATE instance SET value = $1 WHERE key = 'epoch'", [uuidv7()]);
    expect(await ask(bob, through)).toMatchObject({ reset: true });
  });

  test("that is none, or somebody else's, is refused", async () => {
    const { through } = await askAll(ada);
    const { through: own } = await askAll(bob);
    const place = JSON.parse(Buffer.from(own, "base64url").toString()) as unknown[];
    const forged = (snapshot: string) =>
      Buffer.from(JSON.stringify([...place.slice(0, 3), snapshot, null])).toString("base64url");
    expect(await codeOf(ask(bob, forged("4:9:4,5,8")))).toBeUndefined();
    expect(await codeOf(ask(bob, through))).toBe("validation_failed");
    for (const cursor of [
      "x",
      "e30",
      Buffer.from("[1,2]").toString("base64url"),
      ...["5:4:", "0:4:", "4:9:3", "4:9:9", "4:9:7,6", "4:9:x", "4:9"].map(forged),
    ]) {
      expect(await codeOf(ask(bob, cursor))).toBe("validation_failed");
    }
  });
});
