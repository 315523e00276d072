import { expect, test } from "vitest";
import { presetsFrom, toLocalInput } from "./times.ts";

const shown = (now: Date) => presetsFrom(now).map(({ id, at }) => `${id} ${toLocalInput(at)}`);

test("times to choose from are later, and none is twice there", () => {
  // A Wednesday.
  expect(shown(new Date(2026, 2, 4, 10, 30))).toEqual([
    "later_today 2026-03-04T18:00",
    "tomorrow 2026-03-05T09:00",
    "next_monday 2026-03-09T09:00",
  ]);
  expect(shown(new Date(2026, 2, 8, 17, 30))).toEqual(["tomorrow 2026-03-09T09:00"]);
  expect(shown(new Date(2026, 2, 9, 8))).toContain("next_monday 2026-03-16T09:00");
});
