import { afterAll, beforeAll, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId, MessageId } from "../src/domain/ids.ts";
import { commitSends } from "../src/store/committer/commit-sends.ts";
import type { DedicatedConnection } from "../src/store/database.ts";
import { expectSound, request, startCommitter, type TestCommitter } from "./harness/committer.ts";
import { useTestDatabase } from "./harness/database.ts";
import { makeConversation, makeUser, run } from "./harness/rows.ts";

const store = useTestDatabase();
let committer: TestCommitter;
let ada: Caller;

beforeAll(async () => {
  ada = await makeUser(store.database);
  committer = startCommitter(store.database, { lanes: 1, maxBatch: 2_048 });
});
afterAll(() => committer.close());

const groups = (count: number) =>
  Promise.all(Array.from({ length: count }, () => makeConversation(store.database, { members: [ada] })));

/** The fastest of several batches of this size, in milliseconds: other work on the machine only ever adds. */
async function fastest(ids: ConversationId[], size: number, parents: readonly MessageId[] = []): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 6; round += 1) {
    const before = committer.batches.length;
    await Promise.all(
      Array.from({ length: size }, (_, n) =>
        committer.send(
          request(ada, ids[n % ids.length] as ConversationId, { parentId: parents[n % ids.length] ?? null }),
        ),
      ),
    );
    times.push(
      ...committer.batches
        .slice(before)
        .filter((batch) => batch.size === size)
        .map((batch) => batch.milliseconds),
    );
  }
  expect(times.length).toBeGreaterThan(0);
  return Math.min(...times);
}

test("a batch of four times as many messages takes about four times as long, with the plan of an empty database", async () => {
  const [first] = (await groups(1)) as [ConversationId];
  // The plan is made here, on tables that are as good as empty; then they grow.
  await committer.send(request(ada, first));
  const ids = await groups(512);
  const small = await fastest(ids, 256);
  const large = await fastest(ids, 1_024);
  expect(large / small).toBeLessThan(8);
  await expectSound(store.database, ids[0] as ConversationId);
});

test("the same for replies in many threads and for one conversation alone", async () => {
  const ids = await groups(256);
  const roots: MessageId[] = [];
  for (const outcome of await Promise.all(ids.map((id) => committer.send(request(ada, id))))) {
    if (outcome.outcome === "sent") roots.push(outcome.message.id);
  }
  const small = await fastest(ids, 256, roots);
  const large = await fastest(ids, 1_024, roots);
  expect(large / small).toBeLessThan(8);
  const [alone] = ids as [ConversationId];
  const smallAlone = await fastest([alone], 256);
  const largeAlone = await fastest([alone], 1_024);
  expect(largeAlone / smallAlone).toBeLessThan(8);
  await expectSound(store.database, alone);
});

test("a customer's quota does not walk through a long history of others", async () => {
  const quota = { perHour: 100, perDay: 500 };
  const customer = await makeUser(store.database);
  const id = await makeConversation(store.database, { kind: "support", subject: customer, members: [customer] });
  await run(
    store.database,
    `INSERT INTO messages (conversation_id, seq, ordinal, version, id, sender_id, content_type, content, fingerprint, created_at)
    SELECT $1, n + 1, n, n + 1, gen_random_uuid(), $2, 'text', 'x', '\\x00', now() FROM generate_series(1, 50000) n`,
    [id, ada.userId],
  );
  await run(
    store.database,
    "UPDATE conversation_heads SET head = 50001, message_count = 50000 WHERE conversation_id = $1",
    [id],
  );
  await using connection: DedicatedConnection = await store.database.connect();
  const times: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    const started = performance.now();
    await commitSends(connection, [request(customer, id)], { wait: false, quota });
    times.push(performance.now() - started);
  }
  expect(Math.min(...times)).toBeLessThan(15);
});

test("updates of heads stay on their page (HOT)", async () => {
  const ids = await groups(50);
  const before = await headUpdates();
  for (let round = 0; round < 40; round += 1) {
    await Promise.all(
      ids.flatMap((id) => [
        committer.send(request(ada, id)),
        committer.send(request(ada, id, { id: uuidv7() as MessageId })),
      ]),
    );
  }
  const after = await headUpdates();
  const updates = after.updates - before.updates;
  expect(updates).toBeGreaterThanOrEqual(50 * 40);
  expect((after.hot - before.hot) / updates).toBeGreaterThan(0.95);
});

async function headUpdates(): Promise<{ updates: number; hot: number }> {
  // Backends report their counts at most once a second, unless they are told to.
  await committer.change((await groups(1))[0] as ConversationId, (tx) =>
    tx.query({ text: "SELECT pg_stat_force_next_flush()" }),
  );
  await committer.change((await groups(1))[0] as ConversationId, async () => undefined);
  const [row] = await store.database.query<{ updates: number; hot: number }>({
    text: "SELECT n_tup_upd AS updates, n_tup_hot_upd AS hot FROM pg_stat_user_tables WHERE relname = 'conversation_heads'",
  });
  return row ?? { updates: 0, hot: 0 };
}
