import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId, MessageId } from "../src/domain/ids.ts";
import type { CommitterOptions } from "../src/store/committer/committer.ts";
import type { SendOutcome, SendRequest } from "../src/store/committer/operations.ts";
import type { Database, DedicatedConnection, Statement } from "../src/store/database.ts";
import { openDatabase } from "../src/store/postgres/pool.ts";
import { expectSound, request, startCommitter, wordOf, type TestCommitter } from "./harness/committer.ts";
import { useTestDatabase } from "./harness/database.ts";
import { makeConversation, makeUser, run } from "./harness/rows.ts";

const store = useTestDatabase();
let ada: Caller;
const open: TestCommitter[] = [];

beforeAll(async () => {
  ada = await makeUser(store.database);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((committer) => committer.close()));
});

function start(options: Partial<CommitterOptions> = {}): TestCommitter {
  const committer = startCommitter(store.database, options);
  open.push(committer);
  return committer;
}

const group = () => makeConversation(store.database, { members: [ada] });
const groups = (count: number) => Promise.all(Array.from({ length: count }, group));
const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Someone else (another node, hung) holds the heads until let go. */
async function hold(ids: ConversationId[]): Promise<() => Promise<void>> {
  const connection = await store.database.connect();
  await connection.execute({ text: "BEGIN" });
  await connection.query({
    text: "SELECT FROM conversation_heads WHERE conversation_id = ANY ($1) FOR UPDATE",
    values: [ids],
  });
  return async () => {
    await connection.execute({ text: "ROLLBACK" });
    await connection.close();
  };
}

async function terminateLanes(): Promise<void> {
  await store.database.query({
    text: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND application_name LIKE '% dedicated'`,
  });
}

/** Every n-th time, the connection ends after the statement took effect and before its answer is heard. */
function deafAfter(database: Database, statement: string, nth: number): Database {
  let count = 0;
  async function hear<T>(connection: DedicatedConnection, { name, text }: Statement, answer: Promise<T>): Promise<T> {
    const value = await answer;
    if (!(name ?? text).startsWith(statement) || ++count % nth > 0) return value;
    await connection.close();
    throw new Error("Connection terminated unexpectedly");
  }
  return {
    ...database,
    async connect() {
      const connection = await database.connect();
      return {
        ...connection,
        query: <R>(asked: Statement) => hear(connection, asked, connection.query<R>(asked)),
        execute: (asked: Statement) => hear(connection, asked, connection.execute(asked)),
      };
    },
  };
}

describe("a poisonous message", () => {
  // Gets past the services only by a fault of ours: PostgreSQL refuses it while the batch is read or written.
  const poisons: [string, Partial<SendRequest>][] = [
    ["a NUL in its content", { content: "a\0b", fingerprint: "00" }],
    ["half of a surrogate pair in its metadata", { metadata: { a: "\ud800" } }],
    ["an id that is none", { id: "not-a-uuid" as MessageId }],
    ["a fingerprint that is no hex", { fingerprint: "xyz" }],
  ];
  test.each(poisons)("with %s fails alone, and its neighbours are sent in order", async (_, poison) => {
    const committer = start();
    const ids = await groups(6);
    const [sick] = ids as [ConversationId];
    const outcomes = await Promise.allSettled(
      Array.from({ length: 60 }, (_, n) => {
        const id = ids[n % 6] as ConversationId;
        return committer.send(request(ada, id, id === sick && n === 30 ? poison : {}));
      }),
    );
    const failed = outcomes.flatMap((outcome, n) => (outcome.status === "rejected" ? [n] : []));
    expect(failed).toEqual([30]);
    const seqs = outcomes.flatMap((outcome, n) =>
      n % 6 === 0 && outcome.status === "fulfilled" && outcome.value.outcome === "sent"
        ? [outcome.value.message.seq]
        : [],
    );
    expect(seqs).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const id of ids) await expectSound(store.database, id);
    expect(wordOf(await committer.send(request(ada, sick)))).toBe("sent");
  });

  test("an error of a listener does not keep the senders from their answer", async () => {
    const committer = start({
      onCommitted: () => {
        throw new Error("deaf");
      },
    });
    const id = await group();
    expect(wordOf(await committer.send(request(ada, id)))).toBe("sent");
    expect(committer.troubles).toHaveLength(1);
    await expectSound(store.database, id);
  });
});

describe("a head that somebody else holds", () => {
  test("is waited for, while its neighbours in the lane go on, and the order is kept", async () => {
    const committer = start({ lanes: 1 });
    const [blocked, free] = (await groups(2)) as [ConversationId, ConversationId];
    const letGo = await hold([blocked]);
    const answered: number[] = [];
    const held = Array.from({ length: 20 }, (_, n) =>
      n % 5 === 4
        ? committer
            .change(blocked, async (tx) => tx.record("conversation.updated", blocked, ada.userId))
            .then((version) => answered.push(version))
        : committer
            .send(request(ada, blocked))
            .then((outcome) => answered.push((outcome as SendOutcome & { outcome: "sent" }).message.seq)),
    );
    const until = Date.now() + 600;
    let slowest = 0;
    while (Date.now() < until) {
      const started = performance.now();
      expect(wordOf(await committer.send(request(ada, free)))).toBe("sent");
      slowest = Math.max(slowest, performance.now() - started);
    }
    expect(answered).toEqual([]);
    // At worst a neighbour comes behind one wait for the lock.
    expect(slowest).toBeLessThan(400);
    await letGo();
    await Promise.all(held);
    expect(answered).toEqual(Array.from({ length: 20 }, (_, n) => n + 2));
    await expectSound(store.database, blocked);
    await expectSound(store.database, free);
  });

  test("for too long: the operations are refused with overloaded and leave nothing", async () => {
    const committer = start({ lanes: 1, maxWaitMs: 400 });
    const [blocked, free] = (await groups(2)) as [ConversationId, ConversationId];
    const letGo = await hold([blocked]);
    const results = await Promise.allSettled([
      committer.send(request(ada, blocked)),
      committer.change(blocked, async (tx) => tx.record("conversation.updated", blocked, ada.userId)),
      committer.send(request(ada, free)),
    ]);
    expect(
      results.map((result) => (result.status === "rejected" ? (result.reason as { code: string }).code : "done")),
    ).toEqual(["overloaded", "overloaded", "done"]);
    await letGo();
    expect(wordOf(await committer.send(request(ada, blocked)))).toBe("sent");
    const [head] = await store.database.query({
      text: "SELECT head FROM conversation_heads WHERE conversation_id = $1",
      values: [blocked],
    });
    expect(head).toEqual({ head: 2 });
    expect(committer.queued()).toBe(0);
  });
});

describe("a full queue", () => {
  test("refuses with overloaded and Retry-After; what was let in is done", async () => {
    const committer = start({ lanes: 2, maxQueued: 50 });
    const ids = await groups(4);
    const results = await Promise.allSettled(
      Array.from({ length: 400 }, (_, n) => committer.send(request(ada, ids[n % 4] as ConversationId))),
    );
    const refused = results.filter((result) => result.status === "rejected");
    expect(refused.length).toBeGreaterThan(100);
    expect(refused.length).toBeLessThanOrEqual(350);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: "overloaded", retryAfterSeconds: 1 });
    const [row] = await store.database.query<{ count: number }>({
      text: "SELECT count(*)::int AS count FROM messages WHERE conversation_id = ANY ($1)",
      values: [ids],
    });
    expect(row?.count).toBe(400 - refused.length);
    for (const id of ids) await expectSound(store.database, id);
  });

  test("closing commits what waits and refuses what comes", async () => {
    const committer = startCommitter(store.database);
    const id = await group();
    const before = Promise.all(Array.from({ length: 300 }, () => committer.send(request(ada, id))));
    const closing = committer.close();
    await expect(committer.send(request(ada, id))).rejects.toMatchObject({ code: "overloaded" });
    expect(new Set((await before).map(wordOf))).toEqual(new Set(["sent"]));
    await closing;
    await expectSound(store.database, id);
  });
});

describe("a lost connection", () => {
  test("loses nothing, doubles nothing and keeps the order, again and again", async () => {
    const committer = start({ lanes: 3 });
    const ids = await groups(9);
    let stop = false;
    const killer = (async () => {
      while (!stop) {
        await wait(15 + Math.random() * 40);
        await terminateLanes();
      }
    })();
    const runs = await Promise.all(
      ids.map(async (id) => {
        const sent: { id: MessageId; seq: number; own: boolean }[] = [];
        for (let round = 0; round < 25; round += 1) {
          const requests = Array.from({ length: 6 }, () => request(ada, id));
          const change = committer
            .change(id, async (tx) => tx.record("conversation.updated", id, ada.userId))
            .catch((error: unknown) => error);
          const outcomes = await Promise.all(requests.map((message) => committer.send(message)));
          await change;
          for (const [index, outcome] of outcomes.entries()) {
            const messageId = (requests[index] as SendRequest).id;
            if (outcome.outcome === "sent") sent.push({ id: messageId, seq: outcome.message.seq, own: false });
            else if (outcome.outcome === "duplicate") sent.push({ id: messageId, seq: -1, own: outcome.own });
            else throw new Error(outcome.reason);
          }
        }
        return sent;
      }),
    );
    stop = true;
    await killer;
    for (const [index, sent] of runs.entries()) {
      const id = ids[index] as ConversationId;
      const rows = await store.database.query<{ id: string; seq: number }>({
        text: "SELECT id, seq FROM messages WHERE conversation_id = $1 ORDER BY seq",
        values: [id],
      });
      expect(rows.map((row) => row.id)).toEqual(sent.map((message) => message.id));
      for (const [place, message] of sent.entries()) {
        if (message.seq === -1) expect(message.own).toBe(true);
        else expect(message.seq).toBe(rows[place]?.seq);
      }
      await expectSound(store.database, id);
    }
  });

  test("in the middle of a change runs it again", async () => {
    const committer = start({ lanes: 1 });
    const id = await group();
    let runs = 0;
    const result = await committer.change(id, async (tx) => {
      runs += 1;
      const version = tx.record("conversation.updated", id, ada.userId);
      // The backend ends while the transaction is open: nothing can have been committed, so it may run again.
      if (runs === 1) await terminateLanes();
      return version;
    });
    expect(result).toBe(2);
    expect(runs).toBe(2);
    await expectSound(store.database, id);
  });

  test("behind a commit of sends: they are found, as their own", async () => {
    // Two of them are the connection's own, to have them planned.
    const committer = startCommitter(deafAfter(store.database, "commit_send", 5), { lanes: 2 });
    open.push(committer);
    const ids = await groups(6);
    const outcomes: SendOutcome[] = [];
    for (let round = 0; round < 20; round += 1) {
      outcomes.push(...(await Promise.all(ids.map((id) => committer.send(request(ada, id))))));
    }
    const own = outcomes.filter((outcome) => outcome.outcome === "duplicate" && outcome.own);
    expect(own.length).toBeGreaterThan(10);
    expect(outcomes.filter((outcome) => outcome.outcome === "sent")).toHaveLength(120 - own.length);
    for (const id of ids) await expectSound(store.database, id);
  });

  test("behind the commit of a change is told as unknown; it is not run again", async () => {
    const committer = startCommitter(deafAfter(store.database, "COMMIT", 2), { lanes: 1 });
    open.push(committer);
    const id = await group();
    let runs = 0;
    const change = () =>
      committer.change(id, async (tx) => {
        runs += 1;
        return tx.record("conversation.updated", id, ada.userId);
      });
    expect(await change()).toBe(2);
    await expect(change()).rejects.toMatchObject({ code: "overloaded" });
    expect(await change()).toBe(4);
    expect(runs).toBe(3);
    await expectSound(store.database, id);
  });

  test("to a database that does not come back is answered in time, and closing does not hang", async () => {
    const nowhere = openDatabase({ connectionString: "postgres://nobody@127.0.0.1:1/none", connectTimeoutMs: 200 });
    const committer = startCommitter(nowhere, { lanes: 2, maxWaitMs: 300 });
    const ids = await groups(30);
    const started = Date.now();
    const results = await Promise.allSettled(
      Array.from({ length: 900 }, (_, n) => committer.send(request(ada, ids[n % 30] as ConversationId))),
    );
    expect(Date.now() - started).toBeLessThan(3_000);
    expect(
      new Set(
        results.map((result) => (result.status === "rejected" ? (result.reason as { code: string }).code : "done")),
      ),
    ).toEqual(new Set(["overloaded"]));
    expect(committer.troubles.length).toBeGreaterThan(0);
    expect(committer.queued()).toBe(0);
    const last = committer.send(request(ada, ids[0] as ConversationId));
    const closing = committer.close();
    await expect(last).rejects.toMatchObject({ code: "overloaded" });
    await closing;
    await nowhere.close();
  });
});

describe("two nodes on one database", () => {
  test("interleave on the same conversations without holes, doubles or time going back", async () => {
    const nodes = [start({ lanes: 2 }), start({ lanes: 3 })] as const;
    const ids = await groups(5);
    const shared = Array.from({ length: 40 }, () => uuidv7() as MessageId);
    const roots = new Map<ConversationId, MessageId>();
    for (const id of ids) {
      const outcome = await nodes[0].send(request(ada, id));
      if (outcome.outcome === "sent") roots.set(id, outcome.message.id);
    }
    const outcomes = await Promise.all(
      nodes.flatMap((node) =>
        ids.map(async (id, place) => {
          const words: string[] = [];
          for (let round = 0; round < 40; round += 1) {
            const work = Array.from({ length: 5 }, () =>
              node.send(request(ada, id, { parentId: roots.get(id) ?? null })).then(wordOf),
            );
            // Both nodes, in the same round, with the same id.
            if (place === 0)
              work.push(
                node.send(request(ada, id, { id: shared[round] as MessageId, content: "shared" })).then(wordOf),
              );
            work.push(
              node.change(id, async (tx) => tx.record("conversation.updated", id, ada.userId)).then(() => "changed"),
            );
            words.push(...(await Promise.all(work)));
          }
          return words;
        }),
      ),
    );
    const count = (word: string) => outcomes.flat().filter((found) => found === word).length;
    expect({ sent: count("sent"), duplicate: count("duplicate"), changed: count("changed") }).toEqual({
      sent: 2 * 5 * 40 * 5 + 40,
      duplicate: 40,
      changed: 2 * 5 * 40,
    });
    for (const id of ids) await expectSound(store.database, id);
  });

  test("agree on a winner for an id that both send into different conversations", async () => {
    const nodes = [start(), start()] as const;
    const ids = await groups(16);
    for (let round = 0; round < 10; round += 1) {
      const same = uuidv7() as MessageId;
      const words = await Promise.all(
        ids.map((id, n) => (nodes[n % 2] as TestCommitter).send(request(ada, id, { id: same })).then(wordOf)),
      );
      expect(words.toSorted()).toEqual([...Array.from({ length: 15 }, () => "conflict"), "sent"]);
    }
    for (const id of ids) await expectSound(store.database, id);
  });

  test("a removal on one node is seen by every send on the other that commits behind it", async () => {
    const nodes = [start(), start()] as const;
    const bob = await makeUser(store.database);
    const id = await makeConversation(store.database, { members: [ada, bob] });
    const sends = (async () => {
      const outcomes: SendOutcome[] = [];
      while (outcomes.length < 10_000 && !outcomes.some((outcome) => outcome.outcome === "refused")) {
        outcomes.push(...(await Promise.all(Array.from({ length: 4 }, () => nodes[1].send(request(bob, id))))));
      }
      return outcomes;
    })();
    await wait(30);
    const removed = await nodes[0].change(id, async (tx) => {
      const version = tx.record("member.removed", bob.userId, ada.userId);
      await tx.execute({
        text: "UPDATE members SET left_at = now(), version = $3 WHERE conversation_id = $1 AND user_id = $2",
        values: [id, bob.userId, version],
      });
      return version;
    });
    const outcomes = await sends;
    const seqs = outcomes.flatMap((outcome) => (outcome.outcome === "sent" ? [outcome.message.seq] : []));
    expect(Math.max(0, ...seqs)).toBeLessThan(removed);
    expect(outcomes.some((outcome) => wordOf(outcome) === "not_a_member")).toBe(true);
    await expectSound(store.database, id);
  });

  test("created_at never goes back, whichever clock comes first", async () => {
    const id = await group();
    const committer = start();
    // A message from a node whose clock is ahead.
    await run(
      store.database,
      "UPDATE conversation_heads SET last_message_at = now() + interval '5 minutes' WHERE conversation_id = $1",
      [id],
    );
    await committer.send(request(ada, id));
    const now = await committer.change(id, async (tx) => tx.now);
    expect(now.getTime()).toBeGreaterThan(Date.now() + 200_000);
    await expectSound(store.database, id);
  });
});
