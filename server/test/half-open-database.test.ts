import { afterAll, expect, test } from "vitest";
import { migrate, MIGRATION_LOCK } from "../src/store/postgres/migrate.ts";
import { openDatabase } from "../src/store/postgres/pool.ts";
import { request, startCommitter, wordOf } from "./harness/committer.ts";
import { createTestDatabase } from "./harness/database.ts";
import { startLine } from "./harness/line.ts";
import { makeConversation, makeUser } from "./harness/rows.ts";

const own = await createTestDatabase();
afterAll(() => own.close());

test("connections that fall silent are dropped: reads fail, then work again, and a send is committed once", async () => {
  await using line = await startLine(own.connectionString);
  const timeouts = { readTimeoutMs: 300, writeTimeoutMs: 300, silenceMs: 200 };
  await using database = openDatabase({ connectionString: line.url, applicationName: "test", ...timeouts });
  const ada = await makeUser(database);
  const id = await makeConversation(database, { members: [ada] });
  await using committer = startCommitter(database, { lanes: 1, statementMs: 300 });
  expect(wordOf(await committer.send(request(ada, id)))).toBe("sent");

  await database.query({ text: "SELECT 1" });

  line.strand();
  const sent = committer.send(request(ada, id));
  await expect(database.query({ text: "SELECT 1" })).rejects.toThrow(/timeout/i);
  expect(await database.query({ text: "SELECT 1 AS one" })).toEqual([{ one: 1 }]);
  expect(wordOf(await sent)).toBe("sent");
  await expect(database.transaction((tx) => tx.query({ text: "SELECT 2 AS two" }))).resolves.toEqual([{ two: 2 }]);
});

test("a line that falls silent holds up sends and changes no longer than their own limit, locks included", async () => {
  await using line = await startLine(own.connectionString);
  await using database = openDatabase({ connectionString: line.url, applicationName: "test", silenceMs: 200 });
  const ada = await makeUser(database);
  const id = await makeConversation(database, { members: [ada] });
  await using committer = startCommitter(database, { lanes: 1, statementMs: 500 });
  let attempts = 0;
  const began = performance.now();
  const changed = committer.change(id, async (change) => {
    attempts += 1;
    // In the middle of a transaction: PostgreSQL does not learn of it, and keeps the head locked.
    if (attempts === 1) line.strand();
    await change.query({ text: "SELECT 1" });
    return "changed";
  });
  expect(await changed).toBe("changed");
  expect(wordOf(await committer.send(request(ada, id)))).toBe("sent");
  expect(attempts).toBe(2);
  expect(performance.now() - began).toBeLessThan(8_000);
});

test("a node that starts does not wait for ever for a database that says nothing, neither at first nor later", async () => {
  await using line = await startLine(own.connectionString);
  await using holder = await own.open().connect();
  await holder.query({ text: `SELECT pg_advisory_lock(${MIGRATION_LOCK})` });
  const migrating = migrate({ connectionString: line.url, silenceMs: 300 });
  // It waits for the other node.
  await expect.poll(line.count).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 400));
  line.strand();
  await expect(migrating).rejects.toThrow(/timeout/i);

  line.mute();
  await expect(migrate({ connectionString: line.url, silenceMs: 300 })).rejects.toThrow(/timeout/i);
});
