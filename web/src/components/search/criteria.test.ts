import { expect, test } from "vitest";
import { criteriaOf, filterCount, queryOf, requestOf } from "./criteria.ts";

const ID = "0195c9a0-0000-7000-8000-0000000000c1";

test("an address says what is looked for, and what it cannot mean is left out", () => {
  const criteria = criteriaOf({ q: "engine", in: ID, from: "ada", kind: "channel", has: "gold", after: "2026-02-30x" });
  expect(queryOf(criteria)).toEqual({ q: "engine", in: ID, kind: "channel" });
  expect(filterCount(criteria)).toBe(2);
});

test("days are whole, on this device's calendar", () => {
  const request = requestOf(criteriaOf({ q: " engine ", after: "2026-03-01", before: "2026-03-31" }));
  expect(request).toEqual({
    q: "engine",
    after: new Date(2026, 2, 1).toISOString(),
    before: new Date(2026, 3, 1).toISOString(),
  });
});

test("without a text there is nothing to look for", () => {
  expect(requestOf(criteriaOf({ q: "  ", has: "link" }))).toBeUndefined();
});

test("inside a conversation it is that one, whatever was chosen", () => {
  const other = "0195c9a0-0000-7000-8000-0000000000c2";
  expect(requestOf(criteriaOf({ q: "engine", in: ID, kind: "direct" }), other)).toEqual({
    q: "engine",
    conversation_id: other,
  });
});
