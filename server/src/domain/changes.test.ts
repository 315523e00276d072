import fc from "fast-check";
import { expect, test } from "vitest";
import { cutTouched, sightVersion, type Touched } from "./changes.ts";

const touched = fc
  .array(
    fc.record({
      version: fc.integer({ min: 1, max: 30 }),
      type: fc.constantFrom("message" as const, "member" as const),
      id: fc.uuid(),
    }),
  )
  .map((items): Touched[] => items);

test("pages put together are everything, each once and ascending, however they are cut", () => {
  fc.assert(
    fc.property(touched, fc.integer({ min: 1, max: 7 }), (all, limit) => {
      const head = 40;
      const seen: Touched[] = [];
      let after = 0;
      for (let rounds = 0; after < head; rounds += 1) {
        expect(rounds).toBeLessThanOrEqual(all.length);
        const cut = cutTouched(
          all.filter(({ version }) => version > after),
          head,
          limit,
        );
        expect(cut.through).toBeGreaterThan(after);
        expect(cut.isWhole).toBe(cut.through === head);
        seen.push(...cut.touched);
        after = cut.through;
      }
      expect(seen).toEqual(all.toSorted((a, b) => a.version - b.version));
    }),
  );
});

test("a page is as long as the limit says, unless one change alone is longer", () => {
  fc.assert(
    fc.property(touched, fc.integer({ min: 1, max: 7 }), (all, limit) => {
      const cut = cutTouched(all, 40, limit);
      if (cut.touched.length > limit) expect(new Set(cut.touched.map(({ version }) => version)).size).toBe(1);
    }),
  );
});

test("the cursor of a cut page is just before what comes next, also over versions in which nothing was touched", () => {
  const item = (version: number): Touched => ({ version, type: "message", id: String(version) });
  expect(cutTouched([item(9), item(2)], 12, 1)).toEqual({ touched: [item(2)], through: 8, isWhole: false });
  expect(cutTouched([], 12, 1)).toEqual({ touched: [], through: 12, isWhole: true });
});

test("what somebody sees changes with the history setting, with their membership, and by leaving", () => {
  const conversation = { historyVersion: 5 };
  expect(sightVersion({ conversation, member: undefined })).toBe(5);
  expect(sightVersion({ conversation, member: { version: 9, sightVersion: 0, leftAt: null } })).toBe(5);
  expect(sightVersion({ conversation, member: { version: 9, sightVersion: 7, leftAt: null } })).toBe(7);
  expect(sightVersion({ conversation, member: { version: 9, sightVersion: 0, leftAt: new Date() } })).toBe(9);
});
