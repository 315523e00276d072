import { GOALS, isReached, type Findings, type RatioName } from "../scenario.ts";
import { bars, percentiles } from "./charts.ts";
import type { Results } from "./results.ts";
import { goalOf, number } from "./words.ts";

/** The report as one page that needs nothing else. */
export function renderHtml(results: Results): string {
  const { machine, scenarios } = results;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Parley: performance</title>
<style>${STYLE}</style></head><body><main>
<h1>Parley: performance</h1>
<p>${machine.cores} cores (${escape(machine.processor)}), ${machine.memoryGigabytes} GB, ${escape(machine.system)}, Node ${machine.node}.
Service, database, rivals and load generator share them: compare figures of one scenario with each other.</p>
<section class="tiles">${(Object.keys(GOALS) as RatioName[]).map((name) => tile(name, results.ratios[name])).join("")}</section>
${Object.values(scenarios).map(renderScenario).join("\n")}
</main></body></html>
`;
}

function tile(name: RatioName, value: number | undefined): string {
  const reached = value === undefined ? undefined : isReached(name, value);
  const state = reached === undefined ? "open" : reached ? "reached" : "missed";
  return `<div class="tile ${state}"><b>${value === undefined ? "–" : number(value)}</b><code>${name}</code>
<small>goal ${goalOf(name)}${reached === undefined ? "" : `, ${state}`}</small><p>${escape(GOALS[name].about)}</p></div>`;
}

function renderScenario(findings: Findings): string {
  const units = [...new Set(Object.values(findings.figures).map(({ unit }) => unit))];
  const charts = units.map((unit) => {
    const rows = Object.entries(findings.figures).filter(([, figure]) => figure.unit === unit);
    return `<h3>${unit}</h3>${bars(rows.map(([label, { median, samples }]) => ({ label, value: median, least: Math.min(...samples), most: Math.max(...samples) })))}`;
  });
  const latencies = Object.entries(findings.latencies);
  if (latencies.length > 0) charts.push(`<h3>latency, ms (logarithmic)</h3>${percentiles(latencies)}`);
  return `<section><h2>${escape(findings.title)} <small><code>${findings.name}</code> · ${findings.size} run · ${findings.at.slice(0, 16).replace("T", " ")} · ${Math.round(findings.seconds)} s</small></h2>
${charts.join("\n")}${usageTable(findings)}</section>`;
}

function usageTable({ usage }: Findings): string {
  const rows = Object.entries(usage).flatMap(([phase, processes]) =>
    Object.entries(processes).map(
      ([process, { cores, megabytes }], index) =>
        `<tr><td>${index === 0 ? escape(phase) : ""}</td><td>${process}</td><td>${cores.toFixed(2)}</td><td>${number(megabytes)}</td></tr>`,
    ),
  );
  if (rows.length === 0) return "";
  return `<details><summary>CPU and memory, by process</summary><table><tr><th>while</th><th>process</th><th>cores</th><th>MB</th></tr>${rows.join("")}</table></details>`;
}

export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #667085; --line: #d7dce4; --ground: #fbfcfe; --card: #fff; --bar: #3366cc; --good: #1a7f4b; --bad: #b54708; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #98a2b3; --line: #333c4a; --ground: #12161d; --card: #1a202a; --bar: #7aa2f7; --good: #4cc38a; --bad: #f5a15c; } }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
main { max-width: 980px; margin: 0 auto; padding: 2rem 1rem 4rem; }
h2 { margin-top: 3rem; } h2 small { font-weight: 400; font-size: .8rem; color: var(--soft); } h3 { font-size: .85rem; color: var(--soft); font-weight: 500; margin: 1.2rem 0 .3rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: .8rem; }
.tile { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--soft); border-radius: 8px; padding: .8rem; }
.tile.reached { border-left-color: var(--good); } .tile.missed { border-left-color: var(--bad); }
.tile b { display: block; font-size: 1.7rem; line-height: 1.2; } .tile code { font-size: .75rem; } .tile small { display: block; color: var(--soft); } .tile p { margin: .4rem 0 0; font-size: .78rem; color: var(--soft); }
svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: var(--ink); } svg .soft { fill: var(--soft); } svg .bar { fill: var(--bar); } svg .range { stroke: var(--ink); stroke-width: 1.5; opacity: .55; } svg .grid { stroke: var(--line); }
table { border-collapse: collapse; font-size: .85rem; } td, th { padding: .15rem .9rem .15rem 0; text-align: left; border-bottom: 1px solid var(--line); } details { margin-top: 1rem; } summary { cursor: pointer; color: var(--soft); }
`;
