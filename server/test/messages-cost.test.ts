import { messageListQuery, threadQuery } from "@parley/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId, MessageId } from "../src/domain/ids.ts";
import { createMessagePresenter } from "../src/services/messages/present-messages.ts";
import { createReadMessages } from "../src/services/messages/read-messages.ts";
import { createPins } from "../src/services/pins.ts";
import { createThreads } from "../src/services/threads.ts";
import type { Reader } from "../src/store/database.ts";
import { startCommitter, type TestCommitter } from "./harness/committer.ts";
import { useTestDatabase } from "./harness/database.ts";
import { makeConversation, makeUser, run } from "./harness/rows.ts";

/** A page costs the same in a conversation of ten messages and in one of a hundred thousand. */
const store = useTestDatabase();
const COUNT = 100_000;
let committer: TestCommitter;
let ada: Caller;
let id: ConversationId;
let rootId: MessageId;

beforeAll(async () => {
  committer = startCommitter(store.database);
  ada = await makeUser(store.database);
  id = await makeConversation(store.database, { members: [ada] });
  const other = await makeConversation(store.database, { members: [ada] });
  // The thread of the first message has every tenth of the others; every thousandth is pinned.
  await run(
    store.database,
    `WITH made AS (SELECT gen_random_uuid() AS root)
    INSERT INTO messages (conversation_id, seq, ordinal, version, id, sender_id, content_type, content, parent_id, thread_root_id, depth, pinned_at, fingerprint, created_at)
    SELECT c.id, n + 1, n, n + 1, CASE WHEN n = 1 AND c.id = $1 THEN root ELSE gen_random_uuid() END, $3, 'text', 'message ' || n,
      CASE WHEN n > 1 AND n % 10 = 0 THEN root END, CASE WHEN n > 1 AND n % 10 = 0 THEN root END, 0,
      CASE WHEN n % 1000 = 0 THEN '2026-01-01'::timestamptz + make_interval(secs => n) END, '\\x00', '2026-01-01'::timestamptz + make_interval(secs => n)
    FROM made, unnest(ARRAY[$1, $2]::uuid[]) AS c (id), generate_series(1, ${COUNT}) n`,
    [id, other, ada.userId],
  );
  await run(
    store.database,
    `UPDATE conversation_heads SET head = ${COUNT} + 1, message_count = ${COUNT}, last_message_seq = ${COUNT} + 1 WHERE conversation_id = ANY ($1)`,
    [[id, other]],
  );
  const [root] = await store.database.query<{ id: string }>({
    text: "SELECT id FROM messages WHERE conversation_id = $1 AND seq = 2",
    values: [id],
  });
  rootId = root?.id as MessageId;
});
afterAll(() => committer.close());

interface Plan {
  readonly "Node Type": string;
  readonly "Shared Hit Blocks"?: number;
  readonly "Shared Read Blocks"?: number;
  readonly Plans?: Plan[];
}

/** Runs every statement twice: for its rows, and to see what it costs. */
function watched(plans: Plan[]): Reader {
  return {
    async query<R>(statement: Parameters<Reader["query"]>[0]): Promise<R[]> {
      const { text, values = [] } = statement;
      const [explained] = await store.database.query<{ "QUERY PLAN": { Plan: Plan }[] }>({
        text: `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
        values,
      });
      // What a prepared statement comes to after a while: a plan for any values.
      const [generic] = (await explainsGenericPlans())
        ? await store.database.query<{ "QUERY PLAN": { Plan: Plan }[] }>({
            text: `EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`,
          })
        : [];
      for (const found of [explained, generic]) if (found?.["QUERY PLAN"][0]) plans.push(found["QUERY PLAN"][0].Plan);
      return await store.database.query<R>(statement);
    },
  };
}

/** PostgreSQL 15 cannot say; only the plan for these values is looked at there. */
async function explainsGenericPlans(): Promise<boolean> {
  const [server] = await store.database.query<{ version: number }>({
    text: "SELECT current_setting('server_version_num')::integer AS version",
  });
  return (server?.version ?? 0) >= 160_000;
}

const nodes = (plan: Plan): string[] => [plan["Node Type"], ...(plan.Plans ?? []).flatMap(nodes)];

async function costOf(work: (db: Reader) => Promise<unknown>): Promise<{ blocks: number; scans: string[] }> {
  const plans: Plan[] = [];
  await work(watched(plans));
  return {
    blocks: plans.reduce((sum, plan) => sum + (plan["Shared Hit Blocks"] ?? 0) + (plan["Shared Read Blocks"] ?? 0), 0),
    scans: plans.flatMap(nodes).filter((type) => type === "Seq Scan" || type === "Sort"),
  };
}

const summaries = { many: async () => new Map(), peek: () => undefined };
const middle = new Date(Date.UTC(2026, 0, 1) + 50_000_000).toISOString();

const list = (query: Record<string, string>) => (db: Reader) =>
  createReadMessages({ db, presenter: createMessagePresenter({ db, summaries }) }).list(
    ada,
    id,
    messageListQuery.parse(query),
  );
const thread = (query: Record<string, string>) => (db: Reader) =>
  createThreads({
    db,
    presenter: createMessagePresenter({ db, summaries }),
    sending: { sendInto: () => Promise.reject(new Error("not here")) },
  }).list(ada, rootId, threadQuery.parse(query));

test.each([
  ["the last page", list({}), 60],
  ["a page before a seq", list({ before: "50000" }), 80],
  ["a page after a seq", list({ after: "50000" }), 80],
  ["a page around a seq", list({ around: "50000" }), 150],
  ["a page before a time", list({ before: middle }), 300],
  ["a page around a time", list({ around: middle }), 350],
  ["a page of roots", list({ threads: "roots", before: "50000" }), 120],
  ["the last page of a thread", thread({}), 200],
  ["a page in the middle of a thread", thread({ around: "50000" }), 400],
  [
    "the pins",
    (db: Reader) =>
      createPins({ db, committer, presenter: createMessagePresenter({ db, summaries }) }).list(ada, id, { limit: 50 }),
    300,
  ],
])("%s is read by index, in few blocks, before and after the planner knows the tables", async (_, work, most) => {
  const before = await costOf(work);
  await run(store.database, "ANALYZE messages");
  const after = await costOf(work);
  expect({
    before: before.blocks < most,
    after: after.blocks < most,
    blocks: [before.blocks, after.blocks],
  }).toMatchObject({ before: true, after: true });
  expect(after.scans).toEqual([]);
});
