import fc from "fast-check";
import { expect, test } from "vitest";
import { createBackOff } from "./back-off.ts";

test("waits double from one second to thirty, and begin again after a reset", () => {
  const backOff = createBackOff(() => 0);
  expect(Array.from({ length: 7 }, () => backOff.next())).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
  backOff.reset();
  expect(backOff.next()).toBe(1_000);
});

test("no two clients wait the same, and none less than a second or more than thirty", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }), (dice) => {
      let index = 0;
      const backOff = createBackOff(() => dice[index++ % dice.length] ?? 0);
      for (const _ of dice) {
        const wait = backOff.next();
        expect(wait).toBeGreaterThanOrEqual(1_000);
        expect(wait).toBeLessThanOrEqual(30_000);
      }
    }),
  );
});
