import { afterEach, beforeEach, expect, test } from "vitest";
import type { ConversationId, UserId } from "../src/domain/ids.ts";
import { v7 as uuidv7 } from "uuid";
import {
  createMarksWriter,
  type MarkMoved,
  type MarksWriter,
  type MarksWriterOptions,
} from "../src/store/marks/marks-writer.ts";
import { findMarks } from "../src/store/marks/marks.ts";
import { useTestDatabase } from "./harness/database.ts";
import { codeOf } from "./harness/membership.ts";
import { until } from "./harness/until.ts";

const store = useTestDatabase();
const writers: MarksWriter[] = [];
let conversationId: ConversationId;
let userId: UserId;
let told: MarkMoved[];
let troubles: unknown[];

beforeEach(() => {
  conversationId = uuidv7() as ConversationId;
  userId = uuidv7() as UserId;
  told = [];
  troubles = [];
});
afterEach(async () => {
  await Promise.all(writers.splice(0).map((writer) => writer.close()));
});

function start(options: Partial<MarksWriterOptions> = {}): MarksWriter {
  const writer = createMarksWriter({
    database: store.database,
    intervalMs: 0,
    onMoved: (moves) => void told.push(...moves),
    onTrouble: (error) => void troubles.push(error),
    ...options,
  });
  writers.push(writer);
  return writer;
}

const read = (ordinal: number, who = userId) => ({ conversationId, userId: who, read: { seq: ordinal, ordinal } });
const stored = async (who = userId) => (await findMarks(store.database, who, [conversationId]))[0];
const movements = () =>
  store.database.query<{ kind: string; seq: number }>({
    text: "SELECT kind, seq FROM mark_movements WHERE conversation_id = $1 ORDER BY at, seq",
    values: [conversationId],
  });

test("movements of one moment are written as one, and each caller hears how far and from where", async () => {
  const writer = start();
  const results = await Promise.all([3, 9, 5, 9].map((ordinal) => writer.move(read(ordinal))));
  expect(results.map(({ mark, previous }) => [previous.lastReadOrdinal, mark.lastReadOrdinal])).toEqual([
    [0, 9],
    [3, 9],
    [9, 9],
    [9, 9],
  ]);
  expect(await movements()).toEqual([{ kind: "read", seq: 9 }]);
  expect(told.map(({ lastReadSeq }) => lastReadSeq)).toEqual([9]);
});

test("a mark is known here before it is written, and for a moment after", async () => {
  const writer = start();
  expect(writer.pending(conversationId, userId)).toBeUndefined();
  writer.advanceOwn({ conversationId, userId, seq: 12, ordinal: 4, onlyIfAllRead: false });
  expect(writer.pending(conversationId, userId)).toMatchObject({
    lastReadSeq: 12,
    lastReadOrdinal: 4,
    lastDeliveredSeq: 12,
  });
  await until(async () => (await stored())?.lastReadOrdinal === 4);
  expect(writer.pending(conversationId, userId)).toMatchObject({ lastReadOrdinal: 4 });
});

test("what waits is written before it closes, and nothing is taken after", async () => {
  const writer = start({ intervalMs: 10_000 });
  await writer.move(read(1));
  const moves = [writer.move(read(2)), writer.move(read(7, uuidv7() as UserId))];
  await new Promise((resolve) => setTimeout(resolve, 20));
  await Promise.all([writer.close(), ...moves]);
  expect(await stored()).toMatchObject({ lastReadOrdinal: 2 });
  expect(await codeOf(writer.move(read(8)))).toBe("overloaded");
});

test("own messages gather while nobody waits, and go at once with a movement that somebody waits for", async () => {
  const writer = start({ ownIntervalMs: 10_000 });
  const own = (ordinal: number) =>
    writer.advanceOwn({ conversationId, userId, seq: ordinal, ordinal, onlyIfAllRead: false });
  own(1);
  await until(async () => (await stored())?.lastReadOrdinal === 1);
  own(2);
  await new Promise((resolve) => setTimeout(resolve, 50));
  own(3);
  expect(await stored()).toMatchObject({ lastReadOrdinal: 1 });
  const other = uuidv7() as UserId;
  await writer.move(read(7, other));
  expect(await stored()).toMatchObject({ lastReadOrdinal: 3 });
  expect(writer.queued()).toBe(0);
});

test("two nodes that move the same marks at the same time do not hinder each other, and nothing goes back", async () => {
  const nodes = [start(), start()];
  const users = Array.from({ length: 200 }, () => uuidv7() as UserId);
  await Promise.all(
    Array.from({ length: 20 }, async (_, round) => {
      for (const node of nodes) await Promise.all(users.map((user) => node.move(read(1 + ((round * 3) % 20), user))));
    }),
  );
  const marks = await Promise.all(users.map((user) => stored(user)));
  expect(new Set(marks.map((mark) => mark?.lastReadOrdinal))).toEqual(new Set([20]));
});

test("a lost connection loses no movement", async () => {
  const writer = start();
  await writer.move(read(1));
  const moving = Array.from({ length: 50 }, (_, n) => writer.move(read(n + 2)));
  await store.database.query({
    text: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '% dedicated'",
  });
  await Promise.all([...moving, writer.move(read(60))]);
  expect(await stored()).toMatchObject({ lastReadOrdinal: 60 });
});

test("a mark that somebody else holds is waited for", async () => {
  const writer = start();
  await writer.move(read(1));
  let moving: Promise<unknown> | undefined;
  await store.database.transaction(async (tx) => {
    await tx.query({
      text: "SELECT FROM member_marks WHERE conversation_id = $1 FOR UPDATE",
      values: [conversationId],
    });
    moving = writer.move(read(4));
    await until(() => troubles.length > 0);
  });
  await moving;
  expect(await stored()).toMatchObject({ lastReadOrdinal: 4 });
  expect(troubles).toMatchObject([{ code: "55P03" }]);
});

test("without a database callers are told to come back, and the marks move once it is there", async () => {
  let down = true;
  const connect: MarksWriterOptions["database"]["connect"] = () =>
    down
      ? Promise.reject(Object.assign(new Error("nobody there"), { code: "ECONNREFUSED" }))
      : store.database.connect();
  const writer = start({ database: { connect }, maxWaitMs: 30 });
  expect(await codeOf(writer.move(read(3)))).toBe("overloaded");
  expect(troubles.length).toBeGreaterThan(0);
  down = false;
  await until(async () => (await stored())?.lastReadOrdinal === 3);
});

test("closing without a database ends, and says so to who waits", async () => {
  const connect = () => Promise.reject(Object.assign(new Error("nobody there"), { code: "ECONNREFUSED" }));
  const writer = start({ database: { connect } });
  const moving = writer.move(read(3)).catch((error: Error) => error.message);
  await writer.close();
  expect(await moving).toBe("nobody there");
});

test("one movement that cannot be written does not hurt the others", async () => {
  const writer = start();
  const good = [uuidv7() as UserId, uuidv7() as UserId, uuidv7() as UserId];
  const results = await Promise.allSettled(
    [read(1), read(2, "not a uuid" as UserId), ...good.map((user) => read(5, user))].map((move) => writer.move(move)),
  );
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled", "fulfilled"]);
  expect(troubles).toHaveLength(1);
});

test("when it is full, callers are told, senders are not kept, and it is said once", async () => {
  const connect = () => new Promise<never>(() => undefined);
  const writer = createMarksWriter({
    database: { connect },
    maxPending: 2,
    onMoved: () => undefined,
    onTrouble: (error) => void troubles.push(error),
  });
  const others = Array.from({ length: 5 }, () => uuidv7() as UserId);
  void writer.move(read(1)).catch(() => undefined);
  await new Promise((resolve) => setImmediate(resolve));
  for (const user of others.slice(0, 2)) void writer.move(read(1, user)).catch(() => undefined);
  expect(await codeOf(writer.move(read(1, others[2])))).toBe("overloaded");
  for (const user of others.slice(2))
    writer.advanceOwn({ conversationId, userId: user, seq: 1, ordinal: 1, onlyIfAllRead: false });
  expect(troubles).toHaveLength(1);
  expect(writer.queued()).toBe(2);
});
