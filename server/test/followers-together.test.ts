import type { Notification, Signal } from "@parley/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pino } from "pino";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId } from "../src/domain/ids.ts";
import { startFollowers, type Followers, type FollowersDeps } from "../src/followers/followers.ts";
import { createNotifications } from "../src/services/notifications.ts";
import { createRetention } from "../src/services/retention.ts";
import { createUserCache } from "../src/services/user-cache.ts";
import { createUserSummaries } from "../src/services/user-summaries.ts";
import type { Database } from "../src/store/database.ts";
import { addJobs } from "../src/store/jobs.ts";
import { createMetrics } from "../src/telemetry/metrics.ts";
import { createTestDatabase, type TestDatabase } from "./harness/database.ts";
import { startMessages, type MessageServices } from "./harness/messages.ts";
import { makeConversation, makeUser, run } from "./harness/rows.ts";
import { startSearch } from "./harness/searching.ts";
import { until } from "./harness/until.ts";

let store: TestDatabase;
let database: Database;
let messages: MessageServices;
let lines: string[];
let told: Signal[];
let nodes: Followers[];

beforeEach(async () => {
  store = await createTestDatabase();
  database = store.open();
  messages = startMessages(database);
  lines = [];
  told = [];
  nodes = [];
});
afterEach(async () => {
  await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
  await messages.close();
  // Fails if a connection was left open.
  await store.close();
});

async function start(deps: Partial<FollowersDeps> = {}): Promise<Followers> {
  const summaries = createUserSummaries(createUserCache({ db: database }));
  const notifications = createNotifications({ db: database, summaries });
  const node = await startFollowers({
    database,
    logger: pino({ level: "warn" }, { write: (line: string) => void lines.push(line) }),
    metrics: createMetrics(),
    isOnline: () => false,
    toUser: (_userId, event) => void told.push(event),
    presentNotifications: notifications.present,
    scheduled: messages.sendScheduled,
    applyRetention: createRetention({ db: database, committer: messages.committer }),
    restoreWindowMs: 30 * 86_400_000,
    ...deps,
  });
  nodes.push(node);
  return node;
}

async function group(): Promise<{ ada: Caller; bob: Caller; id: ConversationId }> {
  const [ada, bob] = await Promise.all([makeUser(database), makeUser(database)]);
  return { ada, bob, id: await makeConversation(database, { members: [ada, bob] }) };
}

test("two nodes follow together: a message is found, people are told once, a job is done once, and all stops cleanly", async () => {
  const jobs: unknown[] = [];
  const tasks = { note: (payload: unknown) => Promise.resolve(void jobs.push(payload)) };
  const metrics = createMetrics();
  const [one] = await Promise.all([start({ tasks, metrics }), start({ tasks, database: store.open() })]);
  const { ada, bob, id } = await group();
  await messages.say(ada, id, "together");
  one.wake();
  await one.idle();
  await using searching = startSearch(database);
  expect(await searching.contents(bob, "together")).toEqual(["together"]);
  const aboutMessages = (): Notification[] =>
    told.map(({ data }) => data as Notification).filter(({ message_id }) => message_id !== null);
  await until(() => aboutMessages().length > 0);
  await database.transaction((tx) => addJobs(tx, [{ task: "note", payload: { n: 1 } }]));
  await until(() => jobs.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  expect(aboutMessages()).toMatchObject([{ type: "group_messages", data: { preview: "together" } }]);
  expect(jobs).toEqual([{ n: 1 }]);
  const exposed = await metrics.registry.metrics();
  expect(exposed).toContain('parley_follower_lag_changes{follower="search"} 0');
  expect(exposed).toContain('parley_follower_lag_changes{follower="notifications"} 0');
  expect(exposed).toMatch(/parley_queue_depth\{queue="jobs"\} \d/);
  expect(lines).toEqual([]);
});

test("scheduled messages are sent, and the maintenance is among the jobs that recur", async () => {
  await start();
  const { ada, id } = await group();
  const messageId = uuidv7();
  await run(
    database,
    `INSERT INTO scheduled_messages (id, message_id, conversation_id, sender_id, body, send_at) VALUES ($1, $1, $2, $3, $4, now())`,
    [
      messageId,
      id,
      ada.userId,
      JSON.stringify({
        content_type: "text",
        content: "on time",
        metadata: null,
        parent_id: null,
        attachments: [],
        by_service: false,
      }),
    ],
  );
  await until(
    async () =>
      (await database.query({ text: "SELECT FROM messages WHERE id = $1", values: [messageId] })).length === 1,
  );
  await until(
    async () =>
      (
        await database.query({
          text: "SELECT FROM graphile_worker._private_known_crontabs WHERE identifier = 'maintenance'",
        })
      ).length === 1,
  );
  await database.transaction((tx) => addJobs(tx, [{ task: "maintenance", payload: {} }]));
  await until(async () => (await database.query({ text: "SELECT FROM graphile_worker._private_jobs" })).length === 0);
  expect(lines).toEqual([]);
});

test("all of it goes on after the database was away, and nothing is lost or told twice", async () => {
  const node = await start();
  const [ada, bob] = await Promise.all([makeUser(database), makeUser(database)]);
  const id = await makeConversation(database, { kind: "direct", members: [ada, bob] });
  await messages.say(ada, id, "before");
  await node.idle();
  await database.query({
    text: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
  });
  await until(
    () =>
      messages.say(ada, id, "after").then(
        () => true,
        () => false,
      ),
    20_000,
  );
  await until(async () => (await database.query({ text: "SELECT FROM message_search" })).length >= 2, 20_000);
  await until(() => told.filter(({ data }) => (data as Notification).message_id !== null).length === 2, 20_000);
  const previews = told
    .map(({ data }) => (data as Notification).data["preview"])
    .filter((preview) => preview !== undefined);
  expect(previews).toEqual(["before", "after"]);
  // Marks had their connection broken as well, and said so.
  messages.troubles.length = 0;
  expect(told.every((event) => event.type === "notification.created" && event.user_id === bob.userId)).toBe(true);
});
