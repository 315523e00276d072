import { mkdirSync } from "node:fs";
import process from "node:process";
import { endAll } from "./machine/ending.ts";
import { watching } from "./machine/usage.ts";
import {
  isReached,
  type Course,
  type Figure,
  type Findings,
  type RatioName,
  type RunOptions,
  type Stand,
  type Unit,
} from "./scenario.ts";
import { SCENARIOS } from "./scenarios/all.ts";
import { startService, type Service } from "./service.ts";
import { median } from "./stats.ts";

/** What the process of a scenario tells the one that started it. */
export type Told = { readonly line: string } | { readonly findings: Findings };

/** Runs one scenario in this process, which is its load generator, and tells the parent what was found. */
async function runScenario(name: string, options: RunOptions): Promise<Findings> {
  const { size, profileInto } = options;
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  if (!scenario) throw new Error(`there is no scenario ${name}`);
  const started = performance.now();
  const samples = new Map<string, { unit: Unit; values: number[] }>();
  const courses: Record<string, Course> = {};
  const findings: Findings = {
    name,
    title: scenario.title,
    size,
    at: new Date().toISOString(),
    seconds: 0,
    figures: {},
    latencies: {},
    courses,
    usage: {},
    ratios: {},
  };
  const services: Service[] = [];
  const say = (line: string): void => tell({ line });
  const stand: Stand = {
    size,
    options,
    say,
    async startService(serviceOptions) {
      const service = await startService({ profileInto, ...serviceOptions });
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
      const shares = { p50: summary.p50, p90: summary.p90, p99: summary.p99, "p99.9": summary.p999, max: summary.most };
      const words = Object.entries(shares).flatMap(([share, value]) =>
        value === null ? [] : [`${share} ${value.toFixed(2)}`],
      );
      say(`  ${figure.padEnd(44)} ${words.join("  ")} ms`);
    },
    point(name, seconds, value, unit) {
      (courses[name] ??= { unit, points: [] }).points.push([seconds, value]);
    },
    async watch(phase, processes, work, messagesOf) {
      const { result, usage, seconds } = await watching(processes, work);
      findings.usage[phase] = usage;
      for (const [process, { cores }] of messagesOf ? Object.entries(usage) : [])
        stand.sample(
          `${phase}: CPU of ${process}`,
          (1e6 * cores * seconds) / (messagesOf?.(result) ?? 1),
          "µs a message",
        );
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

/** Leaves nothing behind: no process, no socket, no folder. */
let isEnding = false;
async function interrupt(): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  await endAll();
  process.exit(130);
}

const [name = "", given = "{}"] = process.argv.slice(2);
const options = JSON.parse(given) as RunOptions;
if (options.profileInto !== undefined) mkdirSync(options.profileInto, { recursive: true });
for (const end of ["SIGINT", "SIGTERM", "SIGHUP", "disconnect"]) process.on(end, () => void interrupt());
try {
  const findings = await runScenario(name, options);
  process.removeAllListeners("disconnect");
  tell({ findings });
  process.disconnect?.();
  process.exitCode = 0;
} catch (error) {
  // What is ended under a scenario fails in it.
  if (!isEnding) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    await endAll();
    process.exit(1);
  }
}
