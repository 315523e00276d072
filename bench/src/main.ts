import { fork } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { machine } from "./machine/machine.ts";
import { renderHtml } from "./report/html.ts";
import { renderDocument } from "./report/document.ts";
import { renderRatios, showStatus } from "./report/terminal.ts";
import type { Results } from "./report/results.ts";
import type { Told } from "./run-scenario.ts";
import type { Findings, RunOptions } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/all.ts";

const BENCH = fileURLToPath(new URL("../", import.meta.url));
const LATEST = join(BENCH, "results", "latest.json");

const HELP = `npm run bench -- [options]

  --quick            all but the largest sizes, in about five minutes
  --only a,b         only these scenarios: ${SCENARIOS.map(({ name }) => name).join(", ")}
  --huge             history up to 10,000,000 messages; needs about 25 GB of disk
  --keep FOLDER      databases of history are kept there and used again: filling the largest takes long
  --soak-minutes N   how long the soak lasts, instead of 30
  --profile FOLDER   CPU profiles of the service, one for each scenario
  --report           measures nothing: writes the reports from results/latest.json again
`;

interface Options {
  readonly only: readonly string[];
  readonly run: RunOptions;
}

const ENDS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
let isInterrupted = false;

const args = process.argv.slice(2);
if (args.includes("--help")) say(HELP);
else if (args.includes("--report"))
  report(readLatest() ?? fail("There is no results/latest.json yet: run the bench first."));
else await bench(readOptions());

async function bench(options: Options): Promise<void> {
  const chosen = SCENARIOS.filter(({ name, isLong }) =>
    options.only.length === 0 ? !(isLong && options.run.size === "quick") : options.only.includes(name),
  );
  const unknown = options.only.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown.length > 0) fail(`There is no scenario ${unknown.join(", ")}.\n\n${HELP}`);
  // A scenario is measured against its rivals in its own run, so those that are not run now keep what they found before.
  const scenarios = { ...readLatest()?.scenarios };
  const start = performance.now();
  let failed = false;
  for (const [index, { name, title }] of chosen.entries()) {
    const before = scenarios[name];
    const about = before?.size === options.run.size ? `, about ${Math.ceil(before.seconds)} s` : "";
    say(`\n[${index + 1}/${chosen.length}] ${title} (${name}${about})`);
    const findings = await runApart(name, options.run);
    if (!findings) failed = true;
    else scenarios[name] = findings;
    // After each: a long run that is cut short has not been for nothing.
    report({
      machine: machine(),
      scenarios: inOrder(scenarios),
      ratios: Object.assign({}, ...Object.values(scenarios).map(({ ratios }) => ratios)),
    });
  }
  const results = readLatest();
  const minutes = ((performance.now() - start) / 60_000).toFixed(1);
  if (results)
    say(
      `\n${renderRatios(results)}\n\n${minutes} minutes. results/latest.json, results/report.html and docs/performance.md are written.`,
    );
  if (failed) process.exitCode = 1;
}

/** A scenario in a process of its own: a load generator that starts fresh. */
function runApart(name: string, options: RunOptions): Promise<Findings | undefined> {
  const began = performance.now();
  const profileInto = options.profileInto && join(options.profileInto, name);
  const given = JSON.stringify({ ...options, profileInto });
  const child = fork(fileURLToPath(new URL("./run-scenario.js", import.meta.url)), [name, given]);
  const status = showStatus();
  // Ctrl-C reaches the child too; other ends do not. It cleans up, then we go.
  const interrupt = (): void => {
    isInterrupted = true;
    child.kill("SIGTERM");
  };
  for (const end of ENDS) process.on(end, interrupt);
  return new Promise((resolve) => {
    let findings: Findings | undefined;
    child.on("message", (told: Told) => {
      if ("findings" in told) findings = told.findings;
      else status.line(`${String(Math.round((performance.now() - began) / 1_000)).padStart(4)} s  ${told.line}`);
    });
    child.once("exit", (code) => {
      status.end();
      for (const end of ENDS) process.off(end, interrupt);
      if (isInterrupted) {
        say("      interrupted: everything that was started has ended");
        process.exit(130);
      }
      if (code !== 0) say(`      the scenario ended with ${code}`);
      resolve(code === 0 ? findings : undefined);
    });
  });
}

function report(results: Results): void {
  const folder = join(BENCH, "results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    LATEST,
    `${JSON.stringify(results, (_, value: unknown) => (typeof value === "number" ? round(value) : value), 2)}\n`,
  );
  const written = readLatest() ?? results;
  writeFileSync(join(folder, "report.html"), renderHtml(written));
  const template = readFileSync(join(BENCH, "performance.template"), "utf8");
  writeFileSync(join(BENCH, "..", "docs", "performance.md"), renderDocument(template, written));
}

/** Four digits are more than a shared machine can tell. */
function round(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}

function readLatest(): Results | undefined {
  try {
    const results = JSON.parse(readFileSync(LATEST, "utf8")) as Partial<Results>;
    return results.scenarios ? (results as Results) : undefined;
  } catch {
    return undefined;
  }
}

function inOrder(scenarios: Record<string, Findings>): Record<string, Findings> {
  return Object.fromEntries(SCENARIOS.flatMap(({ name }) => (scenarios[name] ? [[name, scenarios[name]]] : [])));
}

function readOptions(): Options {
  const minutes = valueOf("--soak-minutes");
  return {
    only: valueOf("--only")?.split(",") ?? [],
    run: {
      size: args.includes("--quick") ? "quick" : "full",
      profileInto: valueOf("--profile"),
      isHuge: args.includes("--huge"),
      keepIn: valueOf("--keep"),
      soakMinutes: minutes === undefined ? undefined : Number(minutes),
    },
  };
}

function valueOf(option: string): string | undefined {
  const at = args.indexOf(option);
  return at === -1 ? undefined : (args[at + 1] ?? fail(`${option} needs a value.`));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(line: string): never {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}
