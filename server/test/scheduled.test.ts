import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId, MessageId } from "../src/domain/ids.ts";
import { runScheduledMessages, type ScheduledMessagesDeps } from "../src/followers/scheduled-messages.ts";
import type { Database } from "../src/store/database.ts";
import { notifyOfRefusedSchedule } from "../src/store/notifications-of-services.ts";
import type { ScheduledMessageRow } from "../src/store/scheduled-messages.ts";
import { createTestDatabase, type TestDatabase } from "./harness/database.ts";
import { startMessages, type MessageServices } from "./harness/messages.ts";
import { startNotifications } from "./harness/notifying.ts";
import { makeConversation, makeUser, run } from "./harness/rows.ts";
import { until } from "./harness/until.ts";

let store: TestDatabase;
let database: Database;
let messages: MessageServices;
let ada: Caller;
let bob: Caller;
let id: ConversationId;
let running: AsyncDisposable[];
let troubles: unknown[];

beforeEach(async () => {
  store = await createTestDatabase();
  database = store.open();
  messages = startMessages(database);
  [ada, bob] = await Promise.all([makeUser(database), makeUser(database)]);
  id = await makeConversation(database, { members: [ada, bob] });
  running = [];
  troubles = [];
});
afterEach(async () => {
  for (const one of running.toReversed()) await one[Symbol.asyncDispose]();
  await messages.close();
  await store.close();
});

function start(deps: Partial<ScheduledMessagesDeps> = {}, services: MessageServices = messages): AsyncDisposable {
  const loop = runScheduledMessages({
    ...services.sendScheduled,
    onTrouble: (error) => void troubles.push(error),
    ...deps,
  });
  running.push(loop);
  return loop;
}

async function schedule(content: string, inMs: number): Promise<MessageId> {
  const messageId = uuidv7() as MessageId;
  const sendAt = new Date(Date.now() + inMs);
  await run(
    database,
    "INSERT INTO scheduled_messages (id, message_id, conversation_id, sender_id, body, send_at) VALUES ($1, $1, $2, $3, $4, $5)",
    [
      messageId,
      id,
      ada.userId,
      JSON.stringify({
        content_type: "text",
        content,
        metadata: null,
        parent_id: null,
        attachments: [],
        by_service: false,
      }),
      sendAt,
    ],
  );
  return messageId;
}

const sent = () =>
  database.query<{ content: string; created_at: Date; id: string }>({
    text: "SELECT id, content, created_at FROM messages ORDER BY seq",
  });
const contents = async () => (await sent()).map(({ content }) => content);
const statusOf = async (messageId: MessageId) => {
  const [row] = await database.query<{ status: string; failure_code: string | null }>({
    text: "SELECT status, failure_code FROM scheduled_messages WHERE id = $1",
    values: [messageId],
  });
  return row;
};

describe("scheduled messages", () => {
  test("are sent when their time has come, not before, within a second", async () => {
    start();
    const due = Date.now() + 700;
    const messageId = await schedule("later", 700);
    await until(async () => (await contents()).length === 1);
    const [message] = await sent();
    expect(message).toMatchObject({ id: messageId, content: "later" });
    expect(message?.created_at.getTime()).toBeGreaterThanOrEqual(due);
    expect((message?.created_at.getTime() ?? 0) - due).toBeLessThan(1_000);
    await until(async () => (await statusOf(messageId))?.status === "sent");
  });

  test("that came due while nobody ran are sent when somebody does", async () => {
    await schedule("first", -60_000);
    await schedule("second", -1_000);
    start();
    await until(async () => (await contents()).length === 2);
    expect((await contents()).toSorted()).toEqual(["first", "second"]);
  });

  test("are sent once by several nodes that look for them at once", async () => {
    const other = startMessages(store.open());
    try {
      start({ everyMs: 5 });
      start({ everyMs: 5 }, other);
      for (let n = 0; n < 40; n += 1) await schedule(String(n), (n % 4) * 100 - 200);
      await until(async () => (await contents()).length >= 40);
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect((await contents()).toSorted((a, b) => Number(a) - Number(b))).toEqual(
        Array.from({ length: 40 }, (_, n) => String(n)),
      );
      expect(troubles).toEqual([]);
    } finally {
      for (const one of running.splice(0)) await one[Symbol.asyncDispose]();
      await other.close();
    }
  });

  test("that a node left half done are done by another, without a double", async () => {
    const untouched = await schedule("half done", -1_000);
    const written = await schedule("written, but not noted", -1_000);
    await messages.sendScheduled.sendScheduled(written);
    await run(database, "UPDATE scheduled_messages SET status = 'sending', updated_at = now() - interval '2 minutes'");
    start();
    await until(
      async () => (await statusOf(untouched))?.status === "sent" && (await statusOf(written))?.status === "sent",
    );
    expect(await contents()).toEqual(["written, but not noted", "half done"]);
  });

  test("that are refused when their time comes have failed with a code, and their author is told", async () => {
    const messageId = await schedule("too late", 0);
    await run(database, "UPDATE members SET left_at = now() WHERE user_id = $1", [ada.userId]);
    start();
    await until(async () => (await statusOf(messageId))?.status === "failed");
    expect(messages.refused.map((row) => [row.id, row.failureCode])).toEqual([
      [messageId, (await statusOf(messageId))?.failure_code],
    ]);
    expect(await contents()).toEqual([]);
    const [refused] = messages.refused;
    await database.transaction((tx) => notifyOfRefusedSchedule(tx, refused as ScheduledMessageRow));
    await using notifications = startNotifications(database);
    expect(await notifications.list(ada)).toMatchObject([
      {
        type: "system_notifications",
        conversation_id: id,
        data: { reason: "scheduled_message_failed", scheduled_message_id: messageId, error_code: refused?.failureCode },
      },
    ]);
  });

  test("that cannot be sent are tried again after a pause, and hold up no other", async () => {
    const stubborn = await schedule("stubborn", -5_000);
    await schedule("easy", -1_000);
    const attempts: number[] = [];
    start({
      everyMs: 10,
      async sendScheduled(messageId) {
        if (messageId !== stubborn || attempts.push(performance.now()) > 1)
          return await messages.sendScheduled.sendScheduled(messageId);
        throw new Error("not now");
      },
    });
    await until(async () => (await contents()).length === 2);
    expect(await contents()).toEqual(["easy", "stubborn"]);
    expect(attempts).toHaveLength(2);
    expect((attempts[1] ?? 0) - (attempts[0] ?? 0)).toBeGreaterThan(900);
    expect(troubles).toHaveLength(1);
  });

  test("go on being sent after the database connections were lost", async () => {
    start({ everyMs: 20 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await database.query({
      text: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    });
    await until(() =>
      schedule("after all", 0).then(
        () => true,
        () => false,
      ),
    );
    await until(async () => (await contents()).includes("after all"));
    // Marks had their connection broken as well, and may have said so.
    messages.troubles.length = 0;
  });
});
