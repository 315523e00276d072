import { expect, test } from "vitest";
import { FUZZ_BUGS, type FuzzBug } from "../src/fuzz/planted.ts";
import { runFuzz } from "../src/fuzz/run.ts";
import { copyServer, serverMain } from "../src/stand/server-copy.ts";

/** Fixed, so that every run sends the same kinds of things; what lives in the service, and is named in them, has other ids each time. */
const SEED = 7;
/** A machine that has much else to do sends fewer. */
const MINUTES = 0.3;

test("nothing that is sent breaks the service", { timeout: 180_000 }, async () => {
  const { findings, tally, sent } = await runFuzz({ inputs: 20_000, seed: SEED, minutes: MINUTES, main: serverMain() });
  expect(findings.kinds.map(({ text }) => text)).toEqual([]);
  expect(sent).toBeGreaterThan(1_000);
  // Deep enough to mean something.
  expect(tally.statuses[200] ?? 0).toBeGreaterThan(50);
  expect(tally.replies["ok"] ?? 0).toBeGreaterThan(50);
});

/** Each in CI would take too long; PARLEY_ALL_PLANTED_BUGS=1 tries them all. */
const chosen =
  process.env["PARLEY_ALL_PLANTED_BUGS"] === "1" ? Object.keys(FUZZ_BUGS) : ["failing-validation", "kept-refusals"];

test.each(chosen)("the planted bug %s is found", { timeout: 180_000 }, async (name) => {
  const bug = FUZZ_BUGS[name] as FuzzBug;
  using copy = copyServer(bug.edits);
  const { findings } = await runFuzz({ inputs: 2_000, seed: SEED, only: bug.only, main: copy.main, stopsEarly: true });
  expect(findings.kinds.some(({ text }) => bug.foundAs.test(text))).toBe(true);
});

test("every planted bug still fits the server", () => {
  for (const bug of Object.values(FUZZ_BUGS)) copyServer(bug.edits)[Symbol.dispose]();
});
