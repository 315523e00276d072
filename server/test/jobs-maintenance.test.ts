import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../src/domain/caller.ts";
import type { MessageId } from "../src/domain/ids.ts";
import { migrateJobs } from "../src/followers/job-runner.ts";
import { maintenanceTasks } from "../src/followers/maintenance.ts";
import { createRetention } from "../src/services/retention.ts";
import { addJobs, countJobs, rewindTaskIds } from "../src/store/jobs.ts";
import { expectSound } from "./harness/committer.ts";
import { useTestDatabase } from "./harness/database.ts";
import { startMessages, type MessageServices } from "./harness/messages.ts";
import { makeConversation, makeUser, run } from "./harness/rows.ts";

const store = useTestDatabase();
let messages: MessageServices;
let ada: Caller;
let bob: Caller;

beforeAll(async () => {
  await migrateJobs(store.connectionString, () => undefined);
  messages = startMessages(store.database);
  [ada, bob] = await Promise.all([makeUser(store.database), makeUser(store.database)]);
});
afterAll(() => messages.close());

const DAY = 86_400_000;

async function maintain(): Promise<Readonly<Record<string, number>>> {
  let removed: Readonly<Record<string, number>> = {};
  const { maintenance } = maintenanceTasks({
    database: store.database,
    restoreWindowMs: 30 * DAY,
    applyRetention: createRetention({ db: store.database, committer: messages.committer }),
    onDone: (counts) => {
      removed = counts;
    },
  });
  await maintenance?.({}, { number: 1, isLast: false, signal: new AbortController().signal });
  return removed;
}

async function count(text: string, values: unknown[] = []): Promise<number> {
  const [row] = await store.database.query<{ count: number }>({
    text: `SELECT count(*)::integer AS count FROM ${text}`,
    values,
  });
  return row?.count ?? 0;
}

describe("the maintenance", () => {
  test("forgets what deleted messages held once they cannot be restored any more", async () => {
    const id = await makeConversation(store.database, { members: [ada, bob] });
    const [old, young] = [await messages.say(ada, id, "old"), await messages.say(ada, id, "young")];
    for (const message of [old, young]) await messages.changing.remove(ada, id, message.id as MessageId);
    await run(
      store.database,
      "UPDATE deleted_contents SET deleted_at = now() - interval '31 days' WHERE message_id = $1",
      [old.id],
    );
    expect(await maintain()).toMatchObject({ deleted_contents: 1 });
    await expect(messages.changing.restore(ada, id, old.id as MessageId)).rejects.toMatchObject({ code: "conflict" });
    expect((await messages.changing.restore(ada, id, young.id as MessageId)).content).toBe("young");
  });

  test("keeps notifications for 90 days, and of each person the latest thousand", async () => {
    const [busy, quiet] = await Promise.all([makeUser(store.database), makeUser(store.database)]);
    await run(
      store.database,
      `INSERT INTO notifications (id, user_id, type, unique_key, created_at)
       SELECT gen_random_uuid(), $1::uuid, 'mentions', n::text, now() - make_interval(secs => n) FROM generate_series(1, 1005) n
       UNION ALL SELECT gen_random_uuid(), $2::uuid, 'mentions', n::text, now() - make_interval(days => n * 50) FROM generate_series(1, 4) n`,
      [busy.userId, quiet.userId],
    );
    expect(await maintain()).toMatchObject({ notifications: 8 });
    expect(await count("notifications WHERE user_id = $1 AND unique_key::integer <= 1000", [busy.userId])).toBe(1_000);
    expect(await count("notifications WHERE user_id = $1", [quiet.userId])).toBe(1);
  });

  test("forgets old movements of marks, and then says no wrong time of old messages", async () => {
    const id = await makeConversation(store.database, { members: [ada, bob] });
    await run(
      store.database,
      `INSERT INTO mark_movements (conversation_id, user_id, kind, seq, at)
       SELECT $1, $2, 'read', n, now() - make_interval(days => 400 - n) FROM generate_series(1, 390) n`,
      [id, bob.userId],
    );
    expect(await maintain()).toMatchObject({ mark_movements: 220 });
    expect(await count("mark_movements WHERE conversation_id = $1", [id])).toBe(170);
  });

  test("removes copies of what was sent by schedule, but not what waits or failed", async () => {
    const id = await makeConversation(store.database, { members: [ada] });
    await run(
      store.database,
      `INSERT INTO scheduled_messages (id, message_id, conversation_id, sender_id, body, send_at, status, updated_at)
       SELECT gen_random_uuid(), gen_random_uuid(), $1, $2, '{}', now(), s, now() - make_interval(days => d)
       FROM unnest(ARRAY['pending', 'sent', 'failed', 'cancelled']) s, unnest(ARRAY[1, 40]) d`,
      [id, ada.userId],
    );
    expect(await maintain()).toMatchObject({ scheduled_messages: 2 });
    expect(await count("scheduled_messages WHERE conversation_id = $1", [id])).toBe(6);
  });

  test("clears dead letters after a month", async () => {
    await store.database.transaction((tx) => addJobs(tx, [{ task: "gone", payload: {} }]));
    await run(
      store.database,
      "UPDATE graphile_worker._private_jobs SET attempts = max_attempts, updated_at = now() - interval '31 days'",
    );
    expect(await maintain()).toMatchObject({ dead_jobs: 1 });
    expect(await countJobs(store.database)).toEqual({ waiting: 0, running: 0, dead: 0 });
  });

  test("keeps the queue from running out of numbers", async () => {
    const sequence = "pg_get_serial_sequence('graphile_worker._private_tasks', 'id')";
    const next = async (): Promise<number> => {
      const [row] = await store.database.query<{ n: number }>({ text: `SELECT nextval(${sequence})::integer AS n` });
      return row?.n ?? 0;
    };
    const before = await next();
    await store.database.transaction(rewindTaskIds);
    expect(await next()).toBe(before + 1);
    await store.database.query({ text: `SELECT setval(${sequence}, 2000000000)` });
    await store.database.transaction(rewindTaskIds);
    expect(await next()).toBeLessThan(1_000);
    await store.database.transaction((tx) => addJobs(tx, [{ task: "new", payload: {} }]));
    expect(await countJobs(store.database)).toMatchObject({ waiting: 1 });
  });
});

describe("retention", () => {
  test("leaves tombstones of what is older than the conversation keeps, as changes that everybody learns of", async () => {
    const id = await makeConversation(store.database, { members: [ada, bob] });
    const root = await messages.say(ada, id, "root");
    const edited = await messages.say(ada, id, { content: "first", parent_id: root.id });
    await messages.changing.edit(ada, id, edited.id as MessageId, { content: "second" });
    const removed = await messages.say(bob, id, { content: "gone", parent_id: root.id });
    await messages.changing.remove(bob, id, removed.id as MessageId);
    await messages.reactions.add(bob, root.id as MessageId, "👍");
    for (let n = 0; n < 120; n += 1) await messages.say(bob, id, `old ${n}`);
    await run(
      store.database,
      "UPDATE messages SET created_at = created_at - interval '8 days' WHERE conversation_id = $1",
      [id],
    );
    const young = await messages.say(ada, id, { content: "young", parent_id: root.id });
    expect(await maintain()).toMatchObject({ messages: 0 });
    await run(store.database, "UPDATE conversations SET retention_days = 7 WHERE id = $1", [id]);
    const before = messages.toldOf(id).length;
    expect(await maintain()).toMatchObject({ messages: 122 });

    const rows = await store.database.query<{ id: string; content: string; deleted: boolean; reply_count: number }>({
      text: "SELECT id, content, deleted_at IS NOT NULL AS deleted, reply_count FROM messages WHERE conversation_id = $1 ORDER BY seq",
      values: [id],
    });
    expect(rows).toHaveLength(124);
    expect(rows.filter((row) => !row.deleted)).toEqual([
      { id: young.id, content: "young", deleted: false, reply_count: 0 },
    ]);
    expect(rows[0]).toMatchObject({ id: root.id, content: "", reply_count: 1 });
    expect(await count("deleted_contents WHERE message_id = ANY ($1)", [rows.map((row) => row.id)])).toBe(0);
    expect(await count("message_edits WHERE message_id = $1", [edited.id])).toBe(0);
    const told = messages.toldOf(id).slice(before);
    expect(told.map((change) => change.type)).toEqual(Array.from({ length: 122 }, () => "message.deleted"));
    expect(told.find((change) => change.subjectId === edited.id)?.thread).toMatchObject({ rootId: root.id });
    await expectSound(store.database, id);
    expect(await maintain()).toMatchObject({ messages: 0 });
    expect(messages.toldOf(id)).toHaveLength(before + 122);
  });

  test("stops when it is told to", async () => {
    const id = await makeConversation(store.database, { members: [ada] });
    await messages.say(ada, id, "old");
    await run(
      store.database,
      "UPDATE messages SET created_at = created_at - interval '8 days' WHERE conversation_id = $1",
      [id],
    );
    await run(store.database, "UPDATE conversations SET retention_days = 7 WHERE id = $1", [id]);
    const apply = createRetention({ db: store.database, committer: messages.committer });
    expect(await apply(AbortSignal.abort())).toBe(0);
    expect(await apply(new AbortController().signal)).toBe(1);
  });
});

test("an id is made for each row, in the order of the rows", async () => {
  const { newId } = await import("../src/store/notifications.ts");
  const rows = await store.database.query<{ id: string }>({
    text: `SELECT ${newId("n")} AS id FROM generate_series(1, 3000) n`,
  });
  const ids = rows.map((row) => row.id);
  expect(new Set(ids).size).toBe(3_000);
  expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toBe(
    true,
  );
  const made = Number.parseInt(ids[0]?.replaceAll("-", "").slice(0, 12) ?? "", 16);
  expect(Math.abs(made - Date.now())).toBeLessThan(60_000);
  const sameTime = ids.filter((id) => id.slice(0, 13) === ids[0]?.slice(0, 13));
  expect(sameTime).toEqual(sameTime.toSorted());
  expect(uuidv7() > (ids[0] ?? "")).toBe(true);
});
