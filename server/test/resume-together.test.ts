import type { Change, Mark, ResumedConversation } from "@parley/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId, MessageId } from "../src/domain/ids.ts";
import { createResume, type ResumeDeps } from "../src/services/resume/resume.ts";
import type { Database, Reader, Statement } from "../src/store/database.ts";
import { startCore, type CoreServices } from "./harness/core-services.ts";
import { useTestDatabase } from "./harness/database.ts";
import { codeOf } from "./harness/membership.ts";
import { HOST, makeConversation, makeUser, run } from "./harness/rows.ts";

const store = useTestDatabase();
let core: CoreServices;
let epoch: string;
let people: Caller[];
let ada: Caller;
let bob: Caller;
let eve: Caller;
let staff: Caller;

beforeAll(async () => {
  core = startCore(store.database);
  epoch = await core.changesDeps.epoch();
  people = await Promise.all([0, 1, 2].map(() => makeUser(store.database)));
  [ada, bob, eve] = people as [Caller, Caller, Caller];
  staff = await makeUser(store.database, { isStaff: true });
  await run(store.database, "UPDATE users SET contact_policy = 'everyone' WHERE kind = 'human'");
});
afterAll(() => core.close());

/** The database, with the names of the statements that were read with it. */
function counted() {
  const statements: string[] = [];
  const counting = (reader: Reader): Reader => ({
    query<R>(statement: Statement) {
      statements.push(statement.name ?? statement.text);
      return reader.query<R>(statement);
    },
  });
  const database: Database = {
    ...store.database,
    ...counting(store.database),
    snapshot: (work) => {
      statements.push("snapshot");
      return store.database.snapshot((reader) => work(counting(reader)));
    },
  };
  return { database, statements };
}

function makeResume(deps: Partial<ResumeDeps> = {}) {
  return createResume({
    db: store.database,
    epoch: core.changesDeps.epoch,
    presenters: core.changesDeps.presenters,
    marks: core.marks,
    pendingMark: (conversationId, userId) => core.writer.pending(conversationId, userId),
    ...deps,
  });
}

interface Replayed {
  readonly after: number;
  readonly through: number;
  readonly reset: boolean;
  readonly changes: Change[];
}

/** Resumes and answers what came, parsed. */
async function resumed(resume: ReturnType<typeof createResume>, caller: Caller, conversations: Record<string, number>) {
  const replays = new Map<string, Replayed>();
  const result = await resume(caller, { epoch, conversations }, async ({ conversationId, changes, ...replay }) => {
    expect(replays.has(conversationId)).toBe(false);
    const parsed = changes.map(({ version, text }) => {
      const change = JSON.parse(text) as Change;
      expect(change.version).toBe(version);
      return change;
    });
    replays.set(conversationId, { ...replay, changes: parsed });
  });
  const standing = result.conversations.map(({ own, marks }): ResumedConversation => ({
    ...own,
    ...(marks ? { marks: JSON.parse(marks.text) as Mark[] } : {}),
  }));
  return { ...result, replays, standing };
}

async function newGroup(...others: Caller[]): Promise<ConversationId> {
  const { conversation } = await core.conversations.create(ada, {
    kind: "group",
    title: "Tea",
    member_ids: others.map((caller) => caller.userId),
  });
  return conversation.id as ConversationId;
}

async function headOf(id: ConversationId): Promise<number> {
  return (await core.conversations.get(HOST, id)).head;
}

const contents = (replay: Replayed | undefined) =>
  replay?.changes.flatMap(({ type, data }) => (type === "message" ? [data.content] : []));

describe("one resume names conversations of every kind", () => {
  test("and each is answered as it stands with the caller", async () => {
    const [current, behind, removed, deleted, far, lost] = await Promise.all([
      newGroup(bob),
      newGroup(bob),
      newGroup(bob, eve),
      newGroup(bob),
      newGroup(bob),
      newGroup(eve),
    ]);
    const late = await newGroup(eve);
    await core.conversations.update(ada, late, { settings: { history_visibility: "none" } });
    await core.say(ada, late, { content: "before" });
    await core.members.addMembers(ada, late, { user_ids: [bob.userId] });
    await core.say(ada, late, { content: "since" });
    const open = await makeConversation(store.database, { kind: "channel", visibility: "public", members: [ada] });
    await core.say(ada, open, { content: "to all" });
    const hidden = await makeConversation(store.database, { kind: "channel", members: [ada] });
    for (const id of [current, behind, removed, lost]) await core.say(ada, id, { content: "hello" });
    await core.members.removeMember(ada, removed, bob.userId);
    await core.say(ada, removed, { content: "behind their back" });
    await core.conversations.remove(ada, deleted);
    await Promise.all(Array.from({ length: 501 }, () => core.say(ada, far)));
    const nowhere = uuidv7();
    const answer = await resumed(makeResume(), bob, {
      [current]: await headOf(current),
      [behind]: 1,
      [removed]: 1,
      [deleted]: 1,
      [late]: 2,
      [far]: 1,
      [open]: 1,
      [hidden]: 1,
      [lost]: 1,
      [nowhere]: 4,
    });
    expect([...answer.replays.keys()]).toEqual([behind, late, far, open]);
    expect(contents(answer.replays.get(behind))).toEqual(["hello"]);
    expect(answer.replays.get(behind)).toMatchObject({ after: 1, through: 2, reset: false });
    expect(contents(answer.replays.get(late))).toEqual(["since"]);
    expect(answer.replays.get(late)).toMatchObject({ after: 2, through: 5, reset: false });
    expect(answer.replays.get(far)).toMatchObject({ after: 1, through: 502, reset: true, changes: [] });
    expect(contents(answer.replays.get(open))).toEqual(["to all"]);
    expect(answer.gone).toEqual([
      { id: removed, reason: "removed" },
      { id: deleted, reason: "deleted" },
      { id: hidden, reason: "unknown" },
      { id: lost, reason: "unknown" },
      { id: nowhere, reason: "unknown" },
    ]);
    const ids = answer.standing.map(({ id }) => id);
    for (const id of [current, behind, late, far, open]) expect(ids).toContain(id);
    for (const id of [removed, deleted, hidden, lost]) expect(ids).not.toContain(id);
    expect(answer.standing.find(({ id }) => id === open)).toMatchObject({ unread_count: null });
  });

  test("and who reads on in a channel that they left loads it anew, as does who was let in again", async () => {
    const open = await makeConversation(store.database, { kind: "channel", visibility: "public", members: [ada, bob] });
    const back = await newGroup(bob);
    await core.members.removeMember(bob, open, bob.userId);
    await core.members.removeMember(ada, back, bob.userId);
    await core.members.addMembers(ada, back, { user_ids: [bob.userId] });
    const { replays, gone } = await resumed(makeResume(), bob, { [open]: 1, [back]: 1 });
    expect(replays.get(open)).toMatchObject({ reset: true, through: 2 });
    expect(replays.get(back)).toMatchObject({ reset: true, through: 3 });
    expect(gone).toEqual([]);
  });

  test("and staff and the host see support conversations beside their own", async () => {
    const support = await makeConversation(store.database, { kind: "support", subject: eve, members: [eve] });
    await core.say(eve, support, { content: "help" });
    for (const caller of [staff, HOST]) {
      const { replays, standing } = await resumed(makeResume(), caller, { [support]: 1 });
      expect(contents(replays.get(support))).toEqual(["help"]);
      expect(standing.find(({ id }) => id === support)).toMatchObject({ unread_count: 1, last_read_seq: 0 });
    }
  });
});

describe("what is read for one is right for all who come at the same time", () => {
  test("each sees what history, role and reactions let them see", async () => {
    const id = await newGroup(bob);
    await core.conversations.update(ada, id, { settings: { history_visibility: "member_join_date" } });
    const first = await core.say(ada, id, { content: "before" });
    await core.members.addMembers(ada, id, { user_ids: [eve.userId] });
    await core.members.setRole(ada, id, eve.userId, "guest");
    await core.say(ada, id, { content: "after" });
    await core.members.addMembers(ada, id, { user_ids: [staff.userId] });
    await core.reactions.add(bob, first.id as MessageId, "👍");
    const resume = makeResume();
    const [forAda, forBob, forEve] = await Promise.all(
      people.map(async (caller) => (await resumed(resume, caller, { [id]: 5 })).replays.get(id)),
    );
    expect(contents(forAda)).toEqual(["after", "before"]);
    expect(contents(forEve)).toEqual(["after"]);
    const reactionsOf = (replay: Replayed | undefined) =>
      replay?.changes.flatMap(({ type, data }) => (type === "message" ? data.reactions : []));
    expect(reactionsOf(forAda)).toMatchObject([{ reaction: "👍", count: 1, me: false }]);
    expect(reactionsOf(forBob)).toMatchObject([{ reaction: "👍", count: 1, me: true }]);
    const membersOf = (replay: Replayed | undefined) =>
      replay?.changes.flatMap(({ type, data }) => (type === "member" ? [data.user_id] : []));
    expect(membersOf(forAda)).toEqual([staff.userId]);
    expect(membersOf(forEve)).toEqual([]);
  });

  test("a removal counts at once, though what they missed has just been read for others", async () => {
    const id = await newGroup(bob, eve);
    await core.say(ada, id, { content: "one" });
    const resume = makeResume();
    expect(contents((await resumed(resume, bob, { [id]: 1 })).replays.get(id))).toEqual(["one"]);
    await core.members.removeMember(ada, id, eve.userId);
    const { replays, gone } = await resumed(resume, eve, { [id]: 1 });
    expect(replays.size).toBe(0);
    expect(gone).toEqual([{ id, reason: "removed" }]);
  });

  test("what has changed a moment ago is in it", async () => {
    const id = await newGroup(bob);
    const message = await core.say(ada, id, { content: "one" });
    const resume = makeResume();
    for (const content of ["two", "three"]) {
      await resumed(resume, ada, { [id]: 1 });
      await core.messages.edit(ada, id, message.id as MessageId, { content });
      expect(contents((await resumed(resume, bob, { [id]: 1 })).replays.get(id))).toEqual([content]);
    }
    expect((await resumed(resume, bob, { [id]: 3 })).replays.get(id)).toMatchObject({ after: 3, through: 4 });
    expect((await resumed(resume, bob, { [id]: 1 })).replays.get(id)?.changes).toHaveLength(1);
  });

  test("marks are mutual, guests see their own, and nobody is told an older mark than there was when they asked", async () => {
    const id = await makeConversation(store.database, { members: [ada, bob, { who: eve, role: "guest" }] });
    const { seq } = await core.say(ada, id);
    const resume = makeResume();
    const marksOf = async (caller: Caller): Promise<Mark[]> => {
      const { standing } = await resumed(resume, caller, {});
      return standing.find((each) => each.id === id)?.marks ?? [];
    };
    expect((await marksOf(ada)).map((mark) => mark.user_id).toSorted()).toEqual(people.map((p) => p.userId).toSorted());
    expect((await marksOf(eve)).map((mark) => mark.user_id)).toEqual([eve.userId]);
    await core.marks.markRead(bob, id, {});
    expect((await marksOf(ada)).find((mark) => mark.user_id === bob.userId)).toMatchObject({ last_read_seq: seq });
    await run(store.database, "UPDATE users SET share_receipts = false WHERE id = $1", [bob.userId]);
    expect((await marksOf(bob)).map((mark) => mark.user_id)).toEqual([bob.userId]);
    expect((await marksOf(ada)).map((mark) => mark.user_id)).not.toContain(bob.userId);
    await run(store.database, "UPDATE users SET share_receipts = true WHERE id = $1", [bob.userId]);
  });

  test("any story is told as the changes of each conversation tell it", async () => {
    const ids = await Promise.all([newGroup(bob), newGroup(bob, eve), newGroup(eve), newGroup(bob)]);
    const messages = new Map<ConversationId, string[]>(ids.map((id) => [id, []]));
    let seed = 7;
    const pick = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const deeds: ((id: ConversationId, message: MessageId | undefined) => Promise<unknown>)[] = [
      async (id) => messages.get(id)?.push((await core.say(ada, id, { content: `n${seed}` })).id),
      async (id, message) => message && (await core.say(ada, id, { content: "reply", parent_id: message })),
      async (id, message) => message && (await core.messages.edit(ada, id, message, { content: `e${seed}` })),
      async (id, message) => message && (await core.messages.remove(ada, id, message)),
      async (_id, message) => message && (await core.reactions.add(ada, message, "🎉")),
      async (id, message) => message && (await core.pins.pin(ada, id, message)),
      (id) => core.conversations.update(ada, id, { title: `t${seed}` }),
      (id) => core.members.addMembers(ada, id, { user_ids: [eve.userId] }),
      (id) => core.members.removeMember(ada, id, eve.userId),
      (id) => core.members.setRole(ada, id, bob.userId, pick(2) ? "guest" : "member"),
      (id) => core.conversations.update(ada, id, { settings: { history_visibility: pick(3) ? "all" : "none" } }),
    ];
    for (let n = 0; n < 160; n += 1) {
      const id = ids[pick(ids.length)] as ConversationId;
      const known = messages.get(id) ?? [];
      // Some are refused, such as an edit of what was deleted: that is part of the story.
      await deeds[pick(3) ? pick(6) : pick(deeds.length)]?.(id, known[pick(known.length || 1)] as MessageId).catch(
        () => undefined,
      );
    }
    const resume = makeResume();
    let told = 0;
    for (let round = 0; round < 12; round += 1) {
      const held = Object.fromEntries(
        await Promise.all(ids.map(async (id) => [id, pick((await headOf(id)) + 1)] as const)),
      );
      await Promise.all(
        [...people, HOST].map(async (caller) => {
          const { replays, gone } = await resumed(resume, caller, held);
          for (const id of ids) {
            const query = { after: held[id] ?? 0, epoch, limit: 100_000 };
            if (gone.some((each) => each.id === id)) {
              expect(await codeOf(core.changes.changesAfter(caller, id, query))).toBe("not_found");
              continue;
            }
            const set = await core.changes.changesAfter(caller, id, query);
            const isCurrent = set.head === query.after;
            const { after, through, reset, changes } = set;
            expect(replays.get(id)).toEqual(
              isCurrent ? undefined : { epoch, after, through, reset, changes: reset ? [] : changes },
            );
            told += changes.length;
          }
        }),
      );
    }
    expect(told).toBeGreaterThan(300);
  });
});

describe("bounds", () => {
  test("a few statements for each snapshot, however many conversations are named and whoever waits", async () => {
    const crowd = await Promise.all(Array.from({ length: 12 }, () => makeUser(store.database)));
    const ids = await Promise.all(
      Array.from({ length: 30 }, () => makeConversation(store.database, { members: crowd })),
    );
    for (const id of ids.slice(0, 10)) await core.say(crowd[0] as Caller, id, { content: id });
    const { database, statements } = counted();
    const resume = makeResume({ db: database, concurrency: 1, epoch: async () => epoch });
    const held = Object.fromEntries(ids.map((id) => [id, 1]));
    const answers = await Promise.all(crowd.map((caller) => resumed(resume, caller, held)));
    for (const { replays, standing } of answers) {
      expect([...replays.keys()]).toEqual(ids.slice(0, 10));
      for (const [id, replay] of replays) expect(contents(replay)).toEqual([id]);
      expect(standing).toHaveLength(30);
      expect(standing.every(({ marks }) => marks?.length === 12)).toBe(true);
    }
    expect(statements.filter((name) => name === "snapshot").length).toBeLessThanOrEqual(2);
    expect(statements.filter((name) => name === "read_stretches").length).toBe(1);
    expect(statements.length).toBeLessThanOrEqual(8);
    statements.length = 0;
    await resumed(resume, crowd[3] as Caller, Object.fromEntries(ids.map((id) => [id, 2])));
    // What is current is named and listed by the same statement, and no content is read.
    expect(statements.filter((name) => name !== "snapshot")).toEqual(["read_resumed", "list_marks_of_small"]);
  });

  test("who has missed much is told in rounds, and everything once", async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => newGroup(bob)));
    await Promise.all(ids.flatMap((id) => Array.from({ length: 200 }, () => core.say(ada, id))));
    const { database, statements } = counted();
    const { replays, standing, gone } = await resumed(
      makeResume({ db: database }),
      bob,
      Object.fromEntries(ids.map((id) => [id, 1])),
    );
    expect([...replays.keys()].toSorted()).toEqual(ids.toSorted());
    for (const { changes, after, through } of replays.values()) {
      expect({ after, through, count: changes.length }).toEqual({ after: 1, through: 201, count: 200 });
    }
    expect(gone).toEqual([]);
    for (const id of ids) expect(standing.find((each) => each.id === id)).toMatchObject({ head: 201 });
    // 500 changes a round: two conversations of 200, and a last look at where they all stand.
    expect(statements.filter((name) => name === "read_stretches")).toHaveLength(3);
    expect(statements.filter((name) => name === "read_resumed")).toHaveLength(4);
  });

  test("who has left between two rounds hears nothing more of it, and it is not listed", async () => {
    const [first, second] = [await newGroup(bob), await newGroup(bob)];
    await Promise.all([first, second].flatMap((id) => Array.from({ length: 300 }, () => core.say(ada, id))));
    const replayed: string[] = [];
    const conversations = { [first]: 1, [second]: 1 };
    const { gone, conversations: standing } = await makeResume()(bob, { epoch, conversations }, async (replay) => {
      replayed.push(replay.conversationId);
      if (replayed.length === 1) await core.members.removeMember(ada, second, bob.userId);
    });
    expect(replayed).toEqual([first]);
    expect(gone).toEqual([{ id: second, reason: "removed" }]);
    expect(standing.map(({ own }) => own.id)).not.toContain(second);
  });

  test("more than may wait are told to come again", async () => {
    const resume = makeResume({ concurrency: 1, maxWaiting: 3, epoch: async () => epoch });
    const codes = await Promise.all(
      Array.from({ length: 6 }, () => resumed(resume, bob, {}).then(() => "resumed", codeOfError)),
    );
    expect(codes.filter((code) => code === "resumed")).toHaveLength(3);
    expect(codes.filter((code) => code === "overloaded")).toHaveLength(3);
  });
});

function codeOfError(error: unknown): string {
  return (error as { code?: string }).code ?? String(error);
}
