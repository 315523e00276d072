import { mkdirSync } from "node:fs";
import process from "node:process";
import { watching } from "./machine/usage.ts";
import { isReached, type Figure, type Findings, type RatioName, type Size, type Stand, type Unit } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/all.ts";
import { startService, type Service } from "./service.ts";
import { median } from "./stats.ts";

/** What the process of a scenario tells the one that started it. */
export type Told = { readonly line: string } | { readonly findings: Findings };

/** Runs one scenario in this process, which is its load generator, and tells the parent what was found. */
async function runScenario(name: string, size: Size, profileInto: string | undefined): Promise<Findings> {
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  if (!scenario) throw new Error(`there is no scenario ${name}`);
  const started = performance.now();
  const samples = new Map<string, { unit: Unit; values: number[] }>();
  const findings: Findings = {
    name,
    title: scenario.title,
    size,
    at: new Date().toISOString(),
    seconds: 0,
    figures: {},
    latencies: {},
    usage: {},
    ratios: {},
  };
  const services: Service[] = [];
  const say = (line: string): void => tell({ line });
  const stand: Stand = {
    size,
    say,
    async startService(options) {
      const service = await startService({ profileInto, ...options });
      services.push(service);
      return service;
    },
    sample(figure, value, unit) {
      const known = samples.get(figure) ?? { unit, values: [] };
      known.values.push(value);
      samples.set(figure, known);
      say(`  ${figure.padEnd(44)} ${shown(value)} ${unit}`);
      return value;
    },
    latency(figure, summary) {
      findings.latencies[figure] = summary;
      say(
        `  ${figure.padEnd(44)} p50 ${summary.p50.toFixed(2)}  p90 ${summary.p90.toFixed(2)}  p99 ${summary.p99.toFixed(2)}  p99.9 ${summary.p999.toFixed(2)} ms`,
      );
    },
    async watch(phase, processes, work) {
      const { result, usage } = await watching(processes, work);
      findings.usage[phase] = usage;
      return result;
    },
    ratio(figure: RatioName, value) {
      findings.ratios[figure] = value;
      const reached = isReached(figure, value);
      say(
        `  ${figure.padEnd(44)} ${value.toFixed(2)}${reached === undefined ? "" : reached ? "  goal reached" : "  goal missed"}`,
      );
    },
    ratioByRound(figure, ours, ...rivals) {
      const best = (round: number): number =>
        Math.max(...rivals.map((rival) => samples.get(rival)?.values[round] ?? 0));
      stand.ratio(figure, median((samples.get(ours)?.values ?? []).map((value, round) => value / best(round))));
    },
  };
  try {
    await scenario.run(stand);
  } finally {
    await Promise.all(services.map((service) => service[Symbol.asyncDispose]()));
  }
  const figures = Object.fromEntries(
    [...samples].map(([figure, { unit, values }]): [string, Figure] => [
      figure,
      { median: median(values), unit, samples: values },
    ]),
  );
  return { ...findings, figures, seconds: (performance.now() - started) / 1_000 };
}

function shown(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 2 : 0 }).padStart(10);
}

function tell(told: Told): void {
  if (process.send) process.send(told);
  else process.stdout.write(`${JSON.stringify(told)}\n`);
}

const [name = "", size = "quick", profileInto] = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
if (profileInto !== undefined) mkdirSync(profileInto, { recursive: true });
process.once("disconnect", () => process.exit(1));
try {
  const findings = await runScenario(name, size as Size, profileInto);
  process.removeAllListeners("disconnect");
  tell({ findings });
  process.disconnect?.();
  process.exitCode = 0;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}
