import { describe, expect, test } from "vitest";
import type { ConversationId, MessageId } from "../../domain/ids.ts";
import { LaneQueue, type ChangeOperation, type Operation, type SendOperation } from "./lane-queue.ts";
import type { SendRequest } from "./operations.ts";

const [a, b] = ["a", "b"] as unknown as [ConversationId, ConversationId];
const LIMITS = { sends: 10, changes: 10 };

function send(
  conversationId: ConversationId,
  id: string,
  fields: { parentId?: string; enqueuedAt?: number } = {},
): SendOperation {
  const request = { id, parentId: fields.parentId ?? null } as unknown as SendRequest;
  return {
    kind: "send",
    conversationId,
    request,
    resolve() {},
    reject() {},
    enqueuedAt: fields.enqueuedAt ?? 0,
    maybeCommitted: false,
  };
}

function change(conversationId: ConversationId): ChangeOperation {
  return {
    kind: "change",
    conversationId,
    work: () => Promise.resolve(),
    options: {},
    resolve() {},
    reject() {},
    enqueuedAt: 0,
  };
}

function filled(...operations: Operation[]): LaneQueue {
  const queue = new LaneQueue();
  for (const operation of operations) queue.push(operation);
  return queue;
}

const ids = (operations: readonly SendOperation[]): MessageId[] => operations.map((operation) => operation.request.id);

describe("a turn", () => {
  test("takes one run of each conversation, never what stands behind a change or before one", () => {
    const queue = filled(send(a, "1"), change(a), send(a, "2"), send(b, "3"));
    const first = queue.take(LIMITS, 0);
    expect(ids(first.sends)).toEqual(["1", "3"]);
    expect(first.changes).toEqual([]);
    expect(queue.take(LIMITS, 0).changes).toHaveLength(1);
    expect(ids(queue.take(LIMITS, 0).sends)).toEqual(["2"]);
    expect(queue.size).toBe(0);
  });

  test("does not hold an id twice, nor a reply with its parent", () => {
    const queue = filled(send(a, "1"), send(a, "1"), send(a, "2", { parentId: "1" }), send(a, "3", { parentId: "2" }));
    expect([1, 2, 3, 4].map(() => ids(queue.take(LIMITS, 0).sends).join())).toEqual(["1", "1", "2", "3"]);
  });

  test("is bounded, and gives every conversation its share", () => {
    const queue = filled(...Array.from({ length: 8 }, (_, n) => send(a, `a${n}`)), send(b, "b"));
    const limits = { sends: 4, changes: 4 };
    expect(ids(queue.take(limits, 0).sends)).toEqual(["a0", "a1", "a2", "a3"]);
    expect(ids(queue.take(limits, 0).sends)).toEqual(["b", "a4", "a5", "a6"]);
    expect(ids(queue.take(limits, 0).sends)).toEqual(["a7"]);
  });
});

describe("a contended conversation", () => {
  test("is tried again a little later, in its order", () => {
    const queue = filled(send(a, "2"), send(b, "3"));
    queue.putBack([send(a, "1")]);
    queue.contend(a, 1_000);
    expect(ids(queue.take(LIMITS, 1_000).sends)).toEqual(["3"]);
    const delay = queue.delay(1_000) ?? 0;
    expect(delay).toBeGreaterThan(0);
    expect(delay).toBeLessThanOrEqual(4);
    const turn = queue.take(LIMITS, 1_004);
    expect([ids(turn.sends), turn.wait]).toEqual([["1", "2"], false]);
  });

  test("stands in line for the lock after a while, alone, and every other turn is for its neighbours", () => {
    const queue = filled(send(a, "1"), send(b, "2"));
    for (const at of [0, 50, 120]) queue.contend(a, at);
    const waiting = queue.take(LIMITS, 200);
    expect([ids(waiting.sends), waiting.wait]).toEqual([["1"], true]);
    queue.putBack(waiting.sends);
    const next = queue.take(LIMITS, 200);
    expect([ids(next.sends), next.wait]).toEqual([["2"], false]);
    expect(ids(queue.take(LIMITS, 200).sends)).toEqual(["1"]);
  });

  test("is forgotten once it is settled or nothing of it is left", () => {
    const queue = filled(send(a, "1"));
    queue.contend(a, 0);
    queue.settled(a);
    expect(queue.delay(0)).toBeUndefined();
    queue.contend(a, 0);
    expect(queue.expire(1)).toHaveLength(1);
    expect([queue.size, queue.delay(0)]).toEqual([0, undefined]);
  });
});

test("only what is too old expires", () => {
  const queue = filled(
    send(a, "1", { enqueuedAt: 1 }),
    send(a, "2", { enqueuedAt: 5 }),
    send(b, "3", { enqueuedAt: 1 }),
  );
  expect(queue.expire(5).map((operation) => operation.conversationId)).toEqual([a, b]);
  expect(queue.size).toBe(1);
  expect(ids(queue.take(LIMITS, 10).sends)).toEqual(["2"]);
});
