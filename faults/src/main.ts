import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Violation } from "./checker/facts.ts";
import { withFigures } from "./document.ts";
import { FAULTS } from "./faults.ts";
import { countByInvariant, summaryTable, worthTelling } from "./report.ts";
import { summarize, type Results } from "./results.ts";
import { runFaults, type RoundResult, type RunResult } from "./run.ts";
import { createLeftovers } from "./stand/leftovers.ts";
import { StandError } from "./stand/node-process.ts";
import { PLANTED_BUGS } from "./stand/planted.ts";
import { copyServer } from "./stand/server-copy.ts";
import type { DatabaseKind } from "./stand/stand.ts";

/** From so many rounds on, with every fault and both kinds of database, the figures go into the documentation. */
const WHOLE_RUN = 100;

/** A recovery that took so long is explained. */
const LONG_MS = 15_000;

const USAGE = `npm run faults -- [options]
  --rounds N      rounds in all (default 20), with \`--database both\` shared between the two kinds
  --seed N        what is chosen at random; printed, so that it can be chosen again (default: another one each time)
  --database K    external, embedded or both (default both)
  --only A,B      only these faults: ${Object.keys(FAULTS).join(", ")}
  --plant BUG     with a bug that must be found: ${Object.keys(PLANTED_BUGS).join(", ")}
  --keep-going    on after a violation`;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    seed: { type: "string" },
    database: { type: "string", default: "both" },
    only: { type: "string" },
    plant: { type: "string" },
    "keep-going": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(line: string): never {
  process.stderr.write(`${line}\n\n${USAGE}\n`);
  process.exit(2);
}

function sayRound({ round, kind, faults, acked, heard, recoveryMs, violations }: RoundResult, of: number): void {
  const state = violations.length === 0 ? "ok  " : "FAIL";
  const figures = `${acked} acked, ${heard} heard, back after ${(recoveryMs / 1_000).toFixed(1)} s`;
  say(`${state}  ${kind} ${`${round}/${of}`.padStart(7)}  ${faults.join(" + ").padEnd(44)} ${figures}`);
}

/** Within the limit, but worth a look. */
function sayWait({ recoveryMs, waitedFor }: RoundResult): void {
  if (recoveryMs < LONG_MS) return;
  for (const [second, reasons] of waitedFor.entries())
    if (reasons !== waitedFor[second - 1]) say(`      from ${second + 1} s: ${reasons}`);
}

function sayViolations(violations: readonly Violation[], round: RoundResult | undefined, seed: number): void {
  if (violations.length === 0) return;
  say(
    `\n${violations.length} violations${round ? ` in round ${round.round} (${round.kind}, seed ${seed})` : ` at the end (seed ${seed})`}: ${JSON.stringify(countByInvariant(violations))}`,
  );
  for (const text of worthTelling(violations, round?.notes ?? [])) say(`\n${text}`);
}

const leftovers = createLeftovers((error) => void process.stderr.write(`${String(error)}\n`));

async function main(): Promise<number> {
  if (values.help) {
    say(USAGE);
    return 0;
  }
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) fail("--rounds takes a number");
  const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed);
  if (!Number.isInteger(seed)) fail("--seed takes a number");
  const bug =
    values.plant === undefined
      ? undefined
      : (PLANTED_BUGS[values.plant] ?? fail(`there is no bug ${values.plant} to plant`));
  const only = values.only?.split(",") ?? bug?.faults;
  for (const name of only ?? []) if (!FAULTS[name]) fail(`there is no fault ${name}`);
  const kinds: DatabaseKind[] =
    values.database === "both"
      ? ["external", "embedded"]
      : values.database === "external" || values.database === "embedded"
        ? [values.database]
        : fail("--database takes external, embedded or both");
  // A copy in any case: the server may be built anew while this runs.
  using copy = copyServer(bug?.edits);
  leftovers.add(() => copy[Symbol.dispose]());
  const excuses = new Map<string, string>();
  const results: RunResult[] = [];
  say(`seed ${seed}${bug ? `, planted: ${bug.title}` : ""}`);
  for (const [index, kind] of kinds.entries()) {
    const share = index === 0 ? Math.ceil(rounds / kinds.length) : Math.floor(rounds / kinds.length);
    if (share === 0) continue;
    const result = await runFaults({
      seed,
      rounds: share,
      kind,
      main: copy.main,
      leftovers,
      keepsGoing: values["keep-going"],
      onRound: (round) => {
        sayRound(round, share);
        sayWait(round);
        sayViolations(round.violations, round, seed);
      },
      ...(only ? { only } : {}),
      onExcuse: (fault, reason) => void excuses.set(`${fault} (${kind})`, reason),
    });
    results.push(result);
    sayViolations(result.atTheEnd, undefined, seed);
    if (!isSound(result) && !values["keep-going"]) break;
  }
  const summary = summarize(seed, results, excuses, new Date());
  conclude(summary);
  if (bug) {
    // As what it is: something else that broke would prove nothing.
    const isFound = summary.played.some(({ violations }) =>
      violations.some(({ invariant }) => bug.caughtBy.includes(invariant)),
    );
    say(isFound ? "the planted bug was found" : "the planted bug was NOT found");
    return isFound ? 0 : 1;
  }
  if (summary.rounds >= WHOLE_RUN && kinds.length === 2 && !only) write(summary);
  return summary.violations > 0 ? 1 : 0;
}

function isSound({ rounds, atTheEnd }: RunResult): boolean {
  return atTheEnd.length === 0 && rounds.every(({ violations }) => violations.length === 0);
}

function conclude(results: Results): void {
  const { rounds, seconds, acknowledged, scheduled, heard, ends, violations } = results;
  say(`\n${summaryTable(results.faults)}\n`);
  for (const [fault, reason] of Object.entries(results.excuses)) say(`left out: ${fault}: ${reason}`);
  say(`connections of clients ended, by close code: ${JSON.stringify(ends)}`);
  say(
    `${rounds} rounds in ${seconds} s: ${acknowledged} messages acknowledged, ${scheduled} scheduled, ${heard} events heard, ${violations} violations`,
  );
}

/** Only a run that leaves nothing out is what the page is about. */
function write(results: Results): void {
  const folder = fileURLToPath(new URL("../results/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}latest.json`, `${JSON.stringify(results, null, 2)}\n`);
  const page = fileURLToPath(new URL("../../docs/reliability.md", import.meta.url));
  writeFileSync(page, withFigures(readFileSync(page, "utf8"), results));
  say("faults/results/latest.json and docs/reliability.md are written.");
}

/** Started with nohup it goes on when the terminal is closed; to listen for the signal would undo that. */
function isHangUpIgnored(): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return mask !== undefined && (BigInt(`0x${mask}`) & 1n) === 1n;
  } catch {
    return false;
  }
}

// Whatever happens: a second Ctrl-C, which comes from the terminal and again through npm, has nothing to interrupt any more.
process.on("exit", leftovers.clear);
for (const signal of ["SIGINT", "SIGTERM", ...(isHangUpIgnored() ? [] : (["SIGHUP"] as const))] as const) {
  process.on(signal, () => {
    say(`\n${signal}: everything that was started is ended`);
    process.exit(130);
  });
}
try {
  process.exit(await main());
} catch (error) {
  if (!(error instanceof StandError)) throw error;
  process.stderr.write(`\nThe harness cannot go on; this says nothing about Parley. ${error.message}\n`);
  process.exit(2);
}
