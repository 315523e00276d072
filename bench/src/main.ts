import { fork } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { machine } from "./machine/machine.ts";
import { renderHtml } from "./report/html.ts";
import { renderDocument } from "./report/document.ts";
import { renderRatios } from "./report/terminal.ts";
import type { Results } from "./report/results.ts";
import type { Told } from "./run-scenario.ts";
import type { Findings, Size } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/all.ts";

const BENCH = fileURLToPath(new URL("../", import.meta.url));
const LATEST = join(BENCH, "results", "latest.json");

const HELP = `npm run bench -- [options]

  --quick            all but the largest sizes, in about five minutes
  --only a,b         only these scenarios: ${SCENARIOS.map(({ name }) => name).join(", ")}
  --huge             with --only history: up to 10,000,000 messages
  --profile FOLDER   CPU profiles of the service, one for each scenario
  --report           measures nothing: writes the reports from results/latest.json again
`;

interface Options {
  readonly size: Size;
  readonly only: readonly string[];
  readonly profileInto: string | undefined;
  readonly extra: readonly string[];
}

const args = process.argv.slice(2);
if (args.includes("--help")) say(HELP);
else if (args.includes("--report"))
  report(readLatest() ?? fail("There is no results/latest.json yet: run the bench first."));
else await bench(readOptions());

async function bench(options: Options): Promise<void> {
  const chosen = SCENARIOS.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  const unknown = options.only.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown.length > 0) fail(`There is no scenario ${unknown.join(", ")}.\n\n${HELP}`);
  // A scenario is measured against its rivals in its own run, so those that are not run now keep what they found before.
  const scenarios = { ...readLatest()?.scenarios };
  let failed = false;
  for (const [index, { name, title }] of chosen.entries()) {
    say(`\n[${index + 1}/${chosen.length}] ${title} (${name})`);
    const findings = await runApart(name, options);
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
  if (results)
    say(`\n${renderRatios(results)}\nresults/latest.json, results/report.html and docs/performance.md are written.`);
  if (failed) process.exitCode = 1;
}

/** A scenario in a process of its own: a load generator that starts fresh. */
function runApart(name: string, { size, profileInto, extra }: Options): Promise<Findings | undefined> {
  const began = performance.now();
  const child = fork(fileURLToPath(new URL("./run-scenario.js", import.meta.url)), [
    name,
    size,
    ...(profileInto ? [join(profileInto, name)] : []),
    ...extra,
  ]);
  return new Promise((resolve) => {
    let findings: Findings | undefined;
    child.on("message", (told: Told) => {
      if ("findings" in told) findings = told.findings;
      else say(`${String(Math.round((performance.now() - began) / 1_000)).padStart(4)} s  ${told.line}`);
    });
    child.once("exit", (code) => {
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
  return {
    size: args.includes("--quick") ? "quick" : "full",
    only: valueOf("--only")?.split(",") ?? [],
    profileInto: valueOf("--profile"),
    extra: args.includes("--huge") ? ["--huge"] : [],
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
