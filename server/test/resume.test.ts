import type { Change, ChangesFrame, ResumedFrame } from "@parley/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useTestDatabase } from "./harness/database.ts";
import { startLiveNode, type LiveNode, type Person } from "./harness/live-node.ts";
import { makeConversation, run } from "./harness/rows.ts";
import { SocketClient } from "./harness/socket.ts";
import { until } from "./harness/until.ts";

const store = useTestDatabase();
let node: LiveNode;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  // Without the net below: the seam has to hold by itself.
  node = await startLiveNode(store.database, { hub: { tailMs: 600_000 } });
  ada = await node.person();
  bob = await node.person();
});
afterAll(async () => {
  expect(node.troubles).toEqual([]);
  await node[Symbol.asyncDispose]();
});

const group = (...others: Person[]) =>
  node.make(ada, { kind: "group", title: "Group", member_ids: [bob, ...others].map(({ caller }) => caller.userId) });

interface ResumeData {
  epoch?: string | null;
  conversations?: Record<string, number>;
  cursor?: string;
}

async function epochOf(client: SocketClient): Promise<string> {
  return (await client.next("connected")).data.epoch;
}

/** Resumes, by default with the present epoch; answers what came. */
async function resume(
  client: SocketClient,
  data: ResumeData,
): Promise<{ resumed: ResumedFrame; parts: ChangesFrame[] }> {
  const before = client.frames.length;
  const resumed = await client.command("resume", { epoch: await epochOf(client), ...data });
  if (resumed.type !== "resumed") throw new Error(JSON.stringify(resumed));
  const parts = client.frames.slice(before).filter((frame): frame is ChangesFrame => frame.type === "changes");
  return { resumed, parts };
}

test("a resume replays what has changed in the conversations it names, and tells where all stand", async () => {
  const [id, quiet] = [await group(), await group()];
  const first = await node.say(ada, id, "one");
  const held = await node.say(ada, id, "two");
  await node.say(ada, id, "three");
  await node.changing.edit(ada.caller, id, first.id as never, { content: "edited" });
  const client = await node.connect(bob);
  const { resumed, parts } = await resume(client, { conversations: { [id]: held.seq, [quiet]: 1 } });
  expect(parts).toHaveLength(1);
  expect(parts[0]).toMatchObject({ id: "1", conversation_id: id });
  expect(parts[0]?.data).toMatchObject({
    after: held.seq,
    through: held.seq + 2,
    head: held.seq + 2,
    has_more: false,
    reset: false,
  });
  expect(
    parts[0]?.data.changes.map(({ version, type, data }) => [version, type, "content" in data && data.content]),
  ).toEqual([
    [held.seq + 1, "message", "three"],
    [held.seq + 2, "message", "edited"],
  ]);
  const standing = resumed.data.conversations.find((conversation) => conversation.id === id);
  expect(standing).toMatchObject({ head: held.seq + 2, last_read_seq: 0, unread_count: 3 });
  expect(standing?.marks?.map((mark) => mark.user_id).toSorted()).toEqual(
    [ada.caller.userId, bob.caller.userId].toSorted(),
  );
  expect(resumed.data.conversations.map((conversation) => conversation.id)).toContain(quiet);
  expect(resumed.data).toMatchObject({ gone: [], next_cursor: null });
});

test("no hole and no double at the seam, while others send at full speed", async () => {
  const id = await group();
  let isOver = false;
  const sending = Promise.all(
    [0, 1, 2, 3].map(async () => {
      while (!isOver) await node.say(ada, id);
    }),
  );
  /** A client as the protocol's reference has it: drops by version, resumes after it is connected. */
  const live = async (): Promise<void> => {
    let cursor = 0;
    const seen: number[] = [];
    for (let round = 0; round < 12; round += 1) {
      await using client = await SocketClient.connect(node.url, bob.token);
      const { resumed } = await resume(client, { conversations: { [id]: cursor } });
      const end = client.frames.indexOf(resumed);
      await until(() => client.frames.length > end + 20);
      const held: number[] = [];
      for (const frame of client.frames) {
        if (frame.type === "changes" && frame.conversation_id === id) {
          expect(frame.data.reset).toBe(false);
          expect(frame.data.after).toBeLessThanOrEqual(cursor);
          for (const change of frame.data.changes)
            if (change.type === "message" && change.version > cursor) seen.push(change.version);
          cursor = Math.max(cursor, frame.data.through);
          for (const version of held.splice(0)) if (version > cursor) seen.push((cursor = version));
        } else if (frame.type === "message.created" && frame.conversation_id === id) {
          // Before the replay there may be a gap, which the replay fills.
          if (frame.version === cursor + 1) seen.push((cursor = frame.version));
          else if (frame.version > cursor) held.push(frame.version);
        }
      }
      expect(held).toEqual([]);
    }
    const messages = seen.filter((version) => version > 1);
    expect(messages).toEqual(Array.from({ length: messages.length }, (_, n) => n + 2));
  };
  await Promise.all([live(), live(), live()]);
  isOver = true;
  await sending;
});

test("who has just been added or removed while connecting is told so, or finds it out by resuming", async () => {
  const id = await group();
  let isOver = false;
  const moving = (async () => {
    while (!isOver) {
      await node.members.removeMember(ada.caller, id, bob.caller.userId);
      await node.say(ada, id);
      await node.members.addMembers(ada.caller, id, { user_ids: [bob.caller.userId] });
      await node.say(ada, id);
    }
  })();
  for (let round = 0; round < 30; round += 1) {
    await using client = await SocketClient.connect(node.url, bob.token);
    await until(() => client.changes(id).length > 6);
    const changes = client.changes(id);
    for (const [index, change] of changes.entries()) {
      const before = changes[index - 1];
      if (!before) continue;
      const isBack = before.type === "member.removed" && change.type === "member.added";
      // Out after the removal, back with the adding: between the two nothing is heard.
      if (isBack) expect(change.version).toBe(before.version + 2);
      else expect(change.version).toBe(before.version + 1);
      if (before.type === "member.removed") expect(change.type).toBe("member.added");
    }
  }
  isOver = true;
  await moving;
});

test("far behind, with another epoch or without one, a conversation is reset", async () => {
  const id = await group();
  await Promise.all(Array.from({ length: 501 }, () => node.say(ada, id)));
  const client = await node.connect(bob);
  const near = await resume(client, { conversations: { [id]: 2 } });
  expect(near.parts.flatMap((part) => part.data.changes)).toHaveLength(500);
  for (const data of [
    { conversations: { [id]: 1 } },
    { epoch: "another", conversations: { [id]: 502 } },
    { epoch: null, conversations: { [id]: 502 } },
  ]) {
    const { parts } = await resume(client, data);
    expect(parts.map((part) => part.data)).toMatchObject([
      { through: 502, head: 502, changes: [], has_more: false, reset: true },
    ]);
  }
  const { parts } = await resume(client, { conversations: { [id]: 10_000 } });
  expect(parts[0]?.data).toMatchObject({ reset: true, through: 502 });
});

test("large replays come in parts that follow each other", async () => {
  const id = await group();
  for (let n = 0; n < 60; n += 1) await node.say(ada, id, `${n} ${"x".repeat(9_000)}`);
  const client = await node.connect(bob);
  const { parts } = await resume(client, { conversations: { [id]: 1 } });
  expect(parts.length).toBeGreaterThan(2);
  let cursor = 1;
  const changes: Change[] = [];
  for (const [index, { data }] of parts.entries()) {
    expect(data.after).toBe(cursor);
    expect(data.has_more).toBe(index < parts.length - 1);
    cursor = data.through;
    changes.push(...data.changes);
  }
  expect(cursor).toBe(61);
  expect(changes.map(({ version }) => version)).toEqual(Array.from({ length: 60 }, (_, n) => n + 2));
});

test("conversations that one is no longer in are gone: removed, deleted, or never heard of", async () => {
  const [left, deleted, foreign] = [
    await group(),
    await group(),
    await makeConversation(store.database, { members: [ada.caller] }),
  ];
  await node.members.removeMember(ada.caller, left, bob.caller.userId);
  await node.conversations.remove(ada.caller, deleted);
  const nowhere = crypto.randomUUID();
  const client = await node.connect(bob);
  const { resumed, parts } = await resume(client, {
    conversations: { [left]: 1, [deleted]: 1, [foreign]: 1, [nowhere]: 1 },
  });
  expect(parts).toEqual([]);
  expect(resumed.data.gone).toEqual([
    { id: left, reason: "removed" },
    { id: deleted, reason: "deleted" },
    { id: foreign, reason: "unknown" },
    { id: nowhere, reason: "unknown" },
  ]);
  const ids = resumed.data.conversations.map(({ id }) => id);
  for (const id of [left, deleted, foreign]) expect(ids).not.toContain(id);
});

test("conversations come 500 a page, each once", async () => {
  const eve = await node.person();
  const made = await Promise.all(
    Array.from({ length: 620 }, () => makeConversation(store.database, { members: [eve.caller] })),
  );
  const client = await node.connect(eve);
  const first = await resume(client, {});
  expect(first.resumed.data.conversations).toHaveLength(500);
  const second = await resume(client, { cursor: first.resumed.data.next_cursor ?? "" });
  expect(second.resumed.data.next_cursor).toBeNull();
  const ids = [...first.resumed.data.conversations, ...second.resumed.data.conversations].map(({ id }) => id);
  expect(ids.toSorted()).toEqual(made.toSorted());
  const refused = await client.refused("resume", { cursor: "bm8" });
  expect(refused).toMatchObject({ code: "validation_failed", errors: [{ path: "data.cursor" }] });
});

test("marks come where there are at most fifty members, and staff and readers find what they have named", async () => {
  const others = await Promise.all(Array.from({ length: 51 }, () => node.person()));
  const large = await makeConversation(store.database, { members: [bob, ...others].map(({ caller }) => caller) });
  const channel = await node.make(ada, { kind: "channel", title: "Open", visibility: "public" });
  const support = await node.make(ada, { kind: "support" });
  await node.say(ada, support, "help");
  const client = await node.connect(bob);
  const { resumed, parts } = await resume(client, { conversations: { [channel]: 0, [support]: 1 } });
  expect(resumed.data.conversations.find(({ id }) => id === large)).toEqual({
    id: large,
    head: 1,
    last_read_seq: 0,
    unread_count: 0,
  });
  expect(resumed.data.conversations.find(({ id }) => id === channel)).toMatchObject({
    head: 1,
    last_read_seq: null,
    unread_count: null,
  });
  expect(parts.map((part) => part.conversation_id)).toEqual([channel]);
  expect(resumed.data.gone).toEqual([{ id: support, reason: "unknown" }]);
  const staff = await node.person({ staff: true });
  const serving = await node.connect(staff);
  const served = await resume(serving, { conversations: { [support]: 1 } });
  expect(served.parts[0]?.data.changes).toHaveLength(1);
  expect(served.resumed.data.conversations).toMatchObject([
    { id: support, head: 2, last_read_seq: 0, unread_count: 1 },
  ]);
});

test("what was read a moment ago is in the answer, written or not", async () => {
  const id = await group();
  const { seq } = await node.say(ada, id);
  const client = await node.connect(ada);
  const { resumed } = await resume(client, {});
  expect(resumed.data.conversations.find((conversation) => conversation.id === id)).toMatchObject({
    last_read_seq: seq,
    unread_count: 0,
  });
  await run(store.database, "DELETE FROM members WHERE conversation_id = $1", [id]);
});
