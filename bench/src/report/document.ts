import { GOALS, type Findings, type RatioName } from "../scenario.ts";
import type { Results } from "./results.ts";
import { goalOf, number, verdictOf } from "./words.ts";

/**
 * Fills the template of docs/performance.md. `{{ratios}}` and `{{machine}}` are tables; `{{scenario NAME}}` is everything a
 * scenario found; `{{value NAME / FIGURE}}`, `{{p50 NAME / LATENCY}}` (p90, p99, p999) and `{{ratio NAME}}` are single figures in
 * the prose.
 */
export function renderDocument(template: string, results: Results): string {
  return template.replaceAll(/\{\{(\w+)(?: ([^}]+))?\}\}/g, (_, kind: string, rest: string | undefined) => {
    const [scenario = "", figure = ""] = (rest ?? "").split(" / ");
    const findings = results.scenarios[scenario];
    if (kind === "ratios") return ratioTable(results);
    if (kind === "machine") return machineLine(results);
    if (kind === "scenario") return findings ? scenarioTables(findings) : "Not measured yet.";
    if (kind === "ratio") return number(results.ratios[scenario as RatioName] ?? Number.NaN);
    if (kind === "value") return number(findings?.figures[figure]?.median ?? Number.NaN);
    if (/^p\d+$/.test(kind)) return number(findings?.latencies[figure]?.[kind as "p50"] ?? Number.NaN);
    throw new Error(`the template asks for ${kind}, which there is not`);
  });
}

function ratioTable({ ratios }: Results): string {
  const rows = (Object.keys(GOALS) as RatioName[]).map((name) => {
    const value = ratios[name];
    return [
      `\`${name}\``,
      GOALS[name].about,
      value === undefined ? "–" : `**${number(value)}**`,
      goalOf(name),
      verdictOf(name, value),
    ];
  });
  return table(["figure", "what it is", "measured", "goal", ""], rows);
}

function machineLine({ machine }: Results): string {
  return `${machine.cores} cores (${machine.processor}), ${machine.memoryGigabytes} GB, ${machine.system}, Node ${machine.node}`;
}

function scenarioTables(findings: Findings): string {
  const figures = Object.entries(findings.figures).map(([name, { median, unit, samples }]) => [
    name,
    number(median),
    unit,
    samples.length > 1 ? `${number(Math.min(...samples))} – ${number(Math.max(...samples))}` : "",
  ]);
  const latencies = Object.entries(findings.latencies).map(([name, { p50, p90, p99, p999, count }]) => [
    name,
    number(p50),
    number(p90),
    number(p99),
    number(p999),
    number(count),
  ]);
  const usage = Object.entries(findings.usage).flatMap(([phase, processes]) =>
    Object.entries(processes).map(([process, { cores, megabytes }], index) => [
      index === 0 ? phase : "",
      process,
      cores.toFixed(2),
      number(megabytes),
    ]),
  );
  return [
    `Measured ${findings.at.slice(0, 10)}, ${findings.size} run, ${Math.round(findings.seconds)} s.`,
    figures.length > 0 ? table(["figure", "median", "unit", "range"], figures) : "",
    latencies.length > 0 ? table(["latency, ms", "p50", "p90", "p99", "p99.9", "count"], latencies) : "",
    usage.length > 0
      ? `<details><summary>CPU and memory, by process</summary>\n\n${table(["while", "process", "cores", "MB"], usage)}\n\n</details>`
      : "",
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
