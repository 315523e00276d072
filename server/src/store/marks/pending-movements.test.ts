import fc from "fast-check";
import { expect, test } from "vitest";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { NOTHING_READ, type Mark } from "../../domain/marks.ts";
import { moved, PendingMovements, type NewMovement, type ReadTarget } from "./pending-movements.ts";

const conversationId = "c" as ConversationId;
const userId = "u" as UserId;
const at = (ordinal: number): Mark => ({
  ...NOTHING_READ,
  lastReadSeq: ordinal * 10,
  lastReadOrdinal: ordinal,
  lastDeliveredSeq: ordinal * 10,
});

function movement(ordinal: number, kind: "reading" | "sending" | "scheduled" | "delivery"): NewMovement {
  if (kind === "delivery") return { conversationId, userId, read: null, deliveredSeq: ordinal * 10 };
  const read: ReadTarget = {
    seq: ordinal * 10,
    ordinal,
    ownFrom: kind === "reading" ? null : ordinal,
    onlyIfAllRead: kind === "scheduled",
  };
  return { conversationId, userId, read, deliveredSeq: 0 };
}

const kinds = fc.constantFrom("reading" as const, "sending" as const, "scheduled" as const, "delivery" as const);
/** Own messages come in the order of their ordinals, readings and deliveries as they please. */
const history = fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), kinds), { maxLength: 12 }).map((steps) => {
  const own = steps
    .filter(([, kind]) => kind === "sending" || kind === "scheduled")
    .map(([ordinal]) => ordinal)
    .toSorted((a, b) => a - b);
  const unique = [...new Set(own)];
  let next = 0;
  return steps.flatMap(([ordinal, kind]): NewMovement[] => {
    if (kind === "reading" || kind === "delivery") return [movement(ordinal, kind)];
    const place = unique[next];
    next += 1;
    return place === undefined ? [] : [movement(place, kind)];
  });
});

test("merged movements take the mark where one after the other would", () => {
  fc.assert(
    fc.property(history, fc.integer({ min: 0, max: 12 }), (movements, start) => {
      const pending = new PendingMovements(1_000);
      for (const step of movements) pending.push(step);
      let written = at(start);
      while (pending.size > 0) for (const step of pending.take(10)) written = moved(written, step);
      expect(written).toEqual(movements.reduce(moved, at(start)));
    }),
  );
});

test("a reading does not fulfil, afterwards, the condition of a scheduled message before it", () => {
  const pending = new PendingMovements(10);
  pending.push(movement(11, "scheduled"));
  pending.push(movement(10, "reading"));
  let mark = at(0);
  while (pending.size > 0) for (const step of pending.take(10)) mark = moved(mark, step);
  expect(mark.lastReadOrdinal).toBe(10);
});

test("however often a mark moves, it waits as few movements", () => {
  const pending = new PendingMovements(2);
  for (let ordinal = 1; ordinal <= 100; ordinal += 1) pending.push(movement(ordinal, "reading"));
  expect(pending.size).toBe(1);
  expect(pending.take(10).map(({ read }) => read?.ordinal)).toEqual([100]);
  expect(pending.size).toBe(0);
});

test("takes one movement of a mark at a time, and what is put back comes first again", () => {
  const pending = new PendingMovements(10);
  pending.push(movement(3, "scheduled"));
  pending.push(movement(7, "scheduled"));
  expect(pending.size).toBe(2);
  const [first] = pending.take(10);
  expect(first?.read?.ordinal).toBe(3);
  pending.putBack(first ? [first] : []);
  expect(pending.of(conversationId, userId).map(({ read }) => read?.ordinal)).toEqual([3, 7]);
  expect(pending.take(10)[0]?.read?.ordinal).toBe(3);
  expect(pending.take(10)[0]?.read?.ordinal).toBe(7);
  expect(pending.take(10)).toEqual([]);
});

test("refuses new marks when it is full, and still moves those that wait", () => {
  const pending = new PendingMovements(1);
  pending.push(movement(1, "reading"));
  expect(() => pending.push({ ...movement(1, "reading"), userId: "v" as UserId })).toThrowError(/Too many marks/);
  pending.push(movement(2, "reading"));
  expect(pending.take(1)[0]?.read?.ordinal).toBe(2);
});

test("remembers where a run of own messages began, so that nothing of others is taken for read by it", () => {
  const pending = new PendingMovements(10);
  for (const ordinal of [4, 5]) pending.push(movement(ordinal, "sending"));
  expect(pending.take(1)[0]?.read).toMatchObject({ ordinal: 5, ownFrom: 4 });
  for (const ordinal of [4, 6]) pending.push(movement(ordinal, "sending"));
  expect(pending.take(1)[0]?.read).toMatchObject({ ordinal: 6, ownFrom: 6 });
  pending.push(movement(4, "sending"));
  pending.push(movement(9, "reading"));
  expect(pending.take(1)[0]?.read).toMatchObject({ ordinal: 9, ownFrom: null });
});
