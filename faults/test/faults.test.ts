import { expect, test } from "vitest";
import { runFaults } from "../src/run.ts";
import { PLANTED_BUGS, type PlantedBug } from "../src/stand/planted.ts";
import { copyServer, serverMain } from "../src/stand/server-copy.ts";

/** Fixed, so that every run chooses the same; what the processes make of it differs all the same. */
const SEED = 7;

test("a few rounds of faults break no promise", { timeout: 60_000 }, async () => {
  const only = ["kill-both", "cut-clients", "cut-database"];
  const { rounds } = await runFaults({
    seed: SEED,
    rounds: 4,
    kind: "external",
    main: serverMain(),
    only,
    isBrief: true,
  });
  expect(rounds.flatMap(({ violations }) => violations)).toEqual([]);
  expect(rounds.reduce((sum, { acked }) => sum + acked, 0)).toBeGreaterThan(50);
});

/** Each in CI would take too long; PARLEY_ALL_PLANTED_BUGS=1 tries them all. */
const chosen = process.env["PARLEY_ALL_PLANTED_BUGS"] === "1" ? Object.keys(PLANTED_BUGS) : ["ack-before-commit"];

test.each(chosen)("the planted bug %s is found within a few rounds", { timeout: 60_000 }, async (name) => {
  const bug = PLANTED_BUGS[name] as PlantedBug;
  using copy = copyServer(bug.edits);
  const only = bug.faults ? { only: bug.faults } : {};
  const { rounds } = await runFaults({
    seed: SEED,
    rounds: 6,
    kind: "external",
    main: copy.main,
    isBrief: true,
    ...only,
  });
  const found = new Set(rounds.flatMap(({ violations }) => violations.map(({ invariant }) => invariant)));
  expect(bug.caughtBy.some((invariant) => found.has(invariant))).toBe(true);
});

test("every planted bug still fits the server", () => {
  for (const bug of Object.values(PLANTED_BUGS)) copyServer(bug.edits)[Symbol.dispose]();
});
