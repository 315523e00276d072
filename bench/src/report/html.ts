import { GOALS, isReached, type Findings, type RatioName } from "../scenario.ts";
import { bars, course, percentiles, stacks } from "./charts.ts";
import type { Results } from "./results.ts";
import { STYLE } from "./style.ts";
import { escape, goalOf, number } from "./words.ts";

/** The report as one page that needs nothing else. */
export function renderHtml(results: Results): string {
  const { machine, scenarios } = results;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Parley: performance</title>
<style>${STYLE}</style></head><body><main>
<h1>Parley: performance</h1>
<p class="soft">${machine.cores} cores (${escape(machine.processor)}), ${machine.memoryGigabytes} GB, ${escape(machine.system)}, Node ${machine.node}.
Service, database, rivals and load generator share them, so compare figures of one scenario with each other: they were measured in turn.</p>
${summary(results)}
<section class="card"><h2>Goals</h2>
<div class="goals"><div class="head">figure</div><div class="head end">measured</div><div class="head end">goal</div><div class="head scale">goal at the mark</div><div class="head"></div>
${(Object.keys(GOALS) as RatioName[]).map((name) => goalRow(name, results.ratios[name])).join("\n")}</div></section>
${Object.values(scenarios).map(renderScenario).join("\n")}
</main></body></html>
`;
}

function stateOf(name: RatioName, value: number | undefined): "reached" | "missed" | "not measured" | "no goal" {
  if (value === undefined) return "not measured";
  const reached = isReached(name, value);
  return reached === undefined ? "no goal" : reached ? "reached" : "missed";
}

function summary({ ratios, scenarios }: Results): string {
  const states = (Object.keys(GOALS) as RatioName[]).map((name) => stateOf(name, ratios[name]));
  const count = (state: string): number => states.filter((each) => each === state).length;
  const sizes = [...new Set(Object.values(scenarios).map(({ size }) => `${size} run`))].join(" and ");
  const days = Object.values(scenarios)
    .map(({ at }) => at.slice(0, 10))
    .toSorted();
  const parts = [
    `<b>${count("reached")}</b> goals reached`,
    `<b>${count("missed")}</b> missed`,
    ...(count("not measured") > 0 ? [`<b>${count("not measured")}</b> not measured`] : []),
    sizes,
    days[0] === days.at(-1) ? `${days[0]}` : `${days[0]} to ${days.at(-1)}`,
  ];
  return `<ul class="summary">${parts.map((part) => `<li>${part}</li>`).join("")}</ul>`;
}

function goalRow(name: RatioName, value: number | undefined): string {
  const state = stateOf(name, value);
  return `<div class="what">${escape(GOALS[name].about)}<code>${name}</code></div><div class="end measured">${value === undefined ? "–" : number(value)}</div>
<div class="end">${goalOf(name)}</div><div class="scale">${gauge(name, value, state)}</div><div><span class="chip ${state.replace(" ", "-")}">${state}</span></div>`;
}

/** The value against its goal, which is in the middle; four times as much or as little is at the ends. */
function gauge(name: RatioName, value: number | undefined, state: string): string {
  const goal: { least?: number | undefined; most?: number } = GOALS[name];
  const held = goal.least ?? goal.most;
  if (held === undefined || value === undefined) return "";
  const place = Math.min(1, Math.max(0.02, 0.5 + Math.log(value / held) / Math.log(16)));
  return `<span class="gauge"><i class="${state}" style="width:${(place * 100).toFixed(1)}%"></i><b></b></span>`;
}

function renderScenario(findings: Findings): string {
  const { name, title, size, at, seconds, figures, latencies, courses = {}, usage } = findings;
  const units = [...new Set(Object.values(figures).map(({ unit }) => unit))];
  const charts = units.map((unit) => {
    const rows = Object.entries(figures).filter(([, figure]) => figure.unit === unit);
    const list = rows.map(([label, { median, samples }]) => ({
      label,
      value: median,
      least: Math.min(...samples),
      most: Math.max(...samples),
    }));
    const [alone] = list;
    return list.length === 1 && alone
      ? `<p class="alone">${escape(alone.label)}: <b>${number(alone.value)}</b> ${unit}</p>`
      : bars(list, unit);
  });
  const known = Object.entries(latencies).filter(([, { count }]) => count > 0);
  return `<section class="card" id="${name}"><h2>${escape(title)} <small><code>${name}</code> · ${size} run · ${at.slice(0, 16).replace("T", " ")} UTC · ${Math.round(seconds)} s</small></h2>
${part("Rates and sizes: the median, and the range of what was sampled", charts.join("\n"))}
${part("Latency", known.length > 0 ? percentiles(known) : "")}
${part(
  "Course",
  Object.entries(courses)
    .map(([label, each]) => course(label, each))
    .join(""),
  "courses",
)}
${usageCharts(usage)}${numbers(findings)}</section>`;
}

function part(heading: string, content: string, kind = ""): string {
  return content === "" ? "" : `<h3>${heading}</h3><div class="${kind}">${content}</div>`;
}

function usageCharts(usage: Findings["usage"]): string {
  if (Object.keys(usage).length === 0) return "";
  const legend = ["service", "database", "generator"].map((each) => `<span><i class="part ${each}"></i>${each}</span>`);
  return `<h3>CPU by process</h3><p class="legend">${legend.join("")}</p>${stacks(usage, "cores")}
<h3>Memory by process</h3><p class="legend">${legend.join("")}</p>${stacks(usage, "megabytes")}`;
}

/** Everything once more as figures. */
function numbers({ figures, latencies, usage }: Findings): string {
  const tables = [
    table(
      ["figure", "median", "least", "most", "unit"],
      Object.entries(figures).map(([name, { median, samples, unit }]) => [
        name,
        number(median),
        number(Math.min(...samples)),
        number(Math.max(...samples)),
        unit,
      ]),
    ),
    table(
      ["latency, ms", "p50", "p90", "p99", "p99.9", "longest", "count"],
      Object.entries(latencies).map(([name, { p50, p90, p99, p999, most, count }]) => [
        name,
        ...[p50, p90, p99, p999, most, count].map(number),
      ]),
    ),
    table(
      ["while", "process", "cores", "MB"],
      Object.entries(usage).flatMap(([phase, processes]) =>
        Object.entries(processes).map(([process, { cores, megabytes }], index) => [
          index === 0 ? phase : "",
          process,
          cores.toFixed(2),
          number(megabytes),
        ]),
      ),
    ),
  ];
  return `<details><summary>All figures</summary><div class="wide">${tables.join("<br>")}</div></details>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const cells = (tag: string, row: readonly string[]): string =>
    `<tr>${row.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join("")}</tr>`;
  return `<table>${cells("th", head)}${rows.map((row) => cells("td", row)).join("")}</table>`;
}
