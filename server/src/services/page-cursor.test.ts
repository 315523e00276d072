import { ParleyError } from "@parley/protocol";
import { expect, test } from "vitest";
import { cutPage, decodeCursor, encodeCursor, idAlone, timeAndId, timeAndSeq } from "./page-cursor.ts";

const id = "0195c9a0-0000-7000-8000-0000000000a1";
const at = new Date("2026-03-01T09:30:00.123Z");
const cursor = encodeCursor([at.getTime(), id]);

test("a position survives being a cursor, and a cursor is safe in a query string", () => {
  expect(cursor).toMatch(/^[\w-]+$/);
  expect(decodeCursor(cursor, timeAndId)).toEqual({ at, id });
  expect(decodeCursor(undefined, timeAndId)).toBeNull();
});

test.each(["", "x", cursor.slice(1), encodeCursor([id]), encodeCursor([9e15, id]), encodeCursor([1.5, id])])(
  "%j is no cursor of a list by time and id",
  (other) => {
    expect(() => decodeCursor(other, timeAndId)).toThrow(ParleyError);
  },
);

test("the time of a position is one that there can be", () => {
  expect(decodeCursor(encodeCursor([at.getTime(), 7]), timeAndSeq)).toEqual({ at, seq: 7 });
  for (const time of [-1, 1e15, Number.MAX_SAFE_INTEGER])
    expect(() => decodeCursor(encodeCursor([time, 7]), timeAndSeq)).toThrow(ParleyError);
});

test("a cursor of another list is refused", () => {
  expect(() => decodeCursor(cursor, idAlone)).toThrow(ParleyError);
});

test("only a page with something behind it has a next cursor", () => {
  const rows = [1, 2, 3];
  expect(cutPage(rows, 3, () => [id])).toEqual({ rows, nextCursor: null });
  expect(cutPage(rows, 2, (row) => [row, id])).toEqual({ rows: [1, 2], nextCursor: encodeCursor([2, id]) });
  expect(cutPage([], 2, () => [id])).toEqual({ rows: [], nextCursor: null });
});
