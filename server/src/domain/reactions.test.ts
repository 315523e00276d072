import { expect, test } from "vitest";
import { hasRoomFor, MAX_REACTIONS } from "./reactions.ts";

test("a new reaction finds room until there are too many different ones; one that is there always does", () => {
  expect(hasRoomFor({ same: 0, different: MAX_REACTIONS - 1 })).toBe(true);
  expect(hasRoomFor({ same: 0, different: MAX_REACTIONS })).toBe(false);
  expect(hasRoomFor({ same: 1, different: MAX_REACTIONS })).toBe(true);
});
