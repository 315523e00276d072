import { mkdirSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Violation } from "./checker/facts.ts";
import { FAULTS } from "./faults.ts";
import { countByInvariant, summaryTable, worthTelling } from "./report.ts";
import { runFaults, type RoundResult, type RunResult } from "./run.ts";
import { createLeftovers } from "./stand/leftovers.ts";
import { StandError } from "./stand/node-process.ts";
import { PLANTED_BUGS } from "./stand/planted.ts";
import { copyServer } from "./stand/server-copy.ts";
import type { DatabaseKind } from "./stand/stand.ts";

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

function sayRound({ round, kind, faults, acked, heard, recoveryMs, violations }: RoundResult): void {
  const state = violations.length === 0 ? "ok  " : "FAIL";
  const figures = `${acked} acked, ${heard} heard, back after ${(recoveryMs / 1_000).toFixed(1)} s`;
  say(`${state}  ${kind} ${String(round).padStart(3)}  ${faults.join(" + ").padEnd(44)} ${figures}`);
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
        sayRound(round);
        sayViolations(round.violations, round, seed);
      },
      ...(only ? { only } : {}),
      onExcuse: (fault, reason) => void excuses.set(`${fault} (${kind})`, reason),
    });
    results.push(result);
    sayViolations(result.atTheEnd, undefined, seed);
    if (!isSound(result) && !values["keep-going"]) break;
  }
  return conclude(seed, results, excuses, bug !== undefined);
}

function isSound({ rounds, atTheEnd }: RunResult): boolean {
  return atTheEnd.length === 0 && rounds.every(({ violations }) => violations.length === 0);
}

function mergeCounts(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const each of counts) for (const [key, count] of Object.entries(each)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}

function conclude(
  seed: number,
  results: readonly RunResult[],
  excuses: ReadonlyMap<string, string>,
  isPlanted: boolean,
): number {
  const played = results.flatMap(({ rounds }) => rounds);
  const sum = (of: (round: RoundResult) => number): number => played.reduce((total, round) => total + of(round), 0);
  const violations =
    sum((round) => round.violations.length) + results.reduce((total, { atTheEnd }) => total + atTheEnd.length, 0);
  const summary = {
    at: new Date().toISOString(),
    seed,
    rounds: played.length,
    seconds: Math.round(results.reduce((total, { seconds }) => total + seconds, 0)),
    acknowledged: sum(({ acked }) => acked),
    heard: sum(({ heard }) => heard),
    scheduled: results.reduce((total, { scheduled }) => total + scheduled, 0),
    worstRecoveryMs: Math.max(0, ...played.map(({ recoveryMs }) => recoveryMs)),
    violations,
  };
  say(`\n${summaryTable(played)}\n`);
  for (const [fault, reason] of excuses) say(`left out: ${fault}: ${reason}`);
  say(
    `${summary.rounds} rounds in ${summary.seconds} s: ${summary.acknowledged} messages acknowledged, ${summary.scheduled} scheduled, ${summary.heard} events heard, ${violations} violations`,
  );
  say(`connections ended, by close code: ${JSON.stringify(mergeCounts(results.map(({ ends }) => ends)))}`);
  if (isPlanted) {
    say(violations > 0 ? "the planted bug was found" : "the planted bug was NOT found");
    return violations > 0 ? 0 : 1;
  }
  const folder = fileURLToPath(new URL("../results/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const rounds = played.map((round) => ({ ...round, notes: undefined }));
  writeFileSync(
    `${folder}latest.json`,
    `${JSON.stringify({ ...summary, excuses: Object.fromEntries(excuses), played: rounds }, null, 2)}\n`,
  );
  return violations > 0 ? 1 : 0;
}

// Whatever happens: a second Ctrl-C, which comes from the terminal and again through npm, has nothing to interrupt any more.
process.on("exit", leftovers.clear);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
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
