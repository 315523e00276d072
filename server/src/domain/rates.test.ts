import fc from "fast-check";
import { expect, test } from "vitest";
import { chargeOne, waitOf, type Rate } from "./rates.ts";

/** How many of the arrivals (ascending times in ms) are admitted. */
function admitted(rate: Rate, arrivals: readonly number[]): number[] {
  let due = 0;
  return arrivals.filter((now) => {
    if (waitOf(due, now, rate) > 0) return false;
    due = chargeOne(due, now, rate);
    return true;
  });
}

const burst = (size: number, at: number): number[] => Array.from({ length: size }, () => at);

test("after a pause the burst is admitted at once, and not one more", () => {
  expect(admitted({ count: 10, seconds: 1, burst: 60 }, burst(100, 5_000))).toHaveLength(60);
});

test("after the burst it goes on at the rate", () => {
  const arrivals = [...burst(60, 0), ...Array.from({ length: 100 }, (_, i) => i * 10)];
  expect(admitted({ count: 10, seconds: 1, burst: 60 }, arrivals)).toHaveLength(60 + 9);
});

test("the wait says when exactly the next is admitted", () => {
  const rate = { count: 30, seconds: 60, burst: 30 };
  let due = 0;
  for (let i = 0; i < 30; i += 1) due = chargeOne(due, 1_000, rate);
  const wait = waitOf(due, 1_000, rate);
  expect(wait).toBe(2_000);
  expect(waitOf(due, 1_000 + wait - 1, rate)).toBeGreaterThan(0);
  expect(waitOf(due, 1_000 + wait, rate)).toBe(0);
});

test("in no window are more admitted than burst and rate together allow", () => {
  const rates = fc.record({
    count: fc.integer({ min: 1, max: 50 }),
    seconds: fc.constantFrom(1, 60),
    extra: fc.nat(50),
  });
  fc.assert(
    fc.property(rates, fc.array(fc.nat(5_000), { maxLength: 200 }), ({ count, seconds, extra }, gaps) => {
      const rate = { count, seconds, burst: count + extra };
      let now = 0;
      const times = admitted(
        rate,
        gaps.map((gap) => (now += gap)),
      );
      for (const [first, from] of times.entries()) {
        for (const [last, to] of times.entries()) {
          if (last < first) continue;
          const allowed = rate.burst + Math.floor(((to - from) * count) / (seconds * 1_000) + 1e-6);
          expect(last - first + 1).toBeLessThanOrEqual(allowed);
        }
      }
    }),
  );
});
