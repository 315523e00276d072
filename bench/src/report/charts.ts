import type { Usage } from "../machine/usage.ts";
import type { Course } from "../scenario.ts";
import type { LatencySummary } from "../stats.ts";
import { escape, number } from "./words.ts";

/**
 * Charts are boxes of the page, placed by percent, so that their words keep their size on a phone. Each has an axis with units, and
 * its values as text.
 */

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
}

/** Horizontal bars with the range of their samples, from 0 on. */
export function bars(rows: readonly Bar[], unit: string): string {
  const { end, ticks } = scaleTo(Math.max(...rows.map((row) => row.most), 1e-9));
  const drawn = rows.map(({ label, value, least, most }) => {
    const range =
      most > least
        ? `<i class="range" style="left:${percent(least / end)};width:${percent((most - least) / end)}"></i>`
        : "";
    return row(
      label,
      `<i class="bar${isRival(label) ? " rival" : ""}" style="width:${percent(value / end)}"></i>${range}`,
      number(value),
    );
  });
  return chart(
    unit,
    ticks.map((tick) => [tick / end, number(tick)] as const),
    drawn,
  );
}

const SHARES = [
  ["p50", "p50"],
  ["p90", "p90"],
  ["p99", "p99"],
  ["p999", "p99.9"],
] as const;

/** Each latency as a line from its median to the highest percentile that is known, on a logarithmic axis. */
export function percentiles(rows: readonly (readonly [string, LatencySummary])[]): string {
  const known = rows.flatMap(([, summary]) => SHARES.flatMap(([share]) => summary[share] ?? []));
  const low = Math.floor(Math.log10(Math.max(1e-2, Math.min(...known))));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...known))));
  const x = (value: number): number => (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low);
  const drawn = rows.map(([label, summary]) => {
    const points = SHARES.flatMap(([share, name]) => {
      const value = summary[share];
      return value === null || value === undefined ? [] : [{ name, share, value }];
    });
    const [from, to] = [x(summary.p50), x(points.at(-1)?.value ?? summary.p50)];
    const dots = points.map(
      ({ name, share, value }) =>
        `<i class="dot ${share}" style="left:${percent(x(value))}" title="${name}: ${number(value)} ms"></i>`,
    );
    const line = `<i class="reach${isRival(label) ? " rival" : ""}" style="left:${percent(from)};width:${percent(to - from)}"></i>`;
    const words = points.filter(({ share }) => share !== "p90").map(({ value }) => number(value));
    return row(label, line + dots.join(""), words.join(" · "));
  });
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => {
    const value = 10 ** (low + index);
    return [index / (high - low), value < 1 ? String(value) : number(value)] as const;
  });
  const legend = SHARES.map(([share, name]) => `<span><i class="dot ${share}"></i>${name}</span>`).join("");
  return `<p class="legend">${legend}<span>values: p50 · p99 · p99.9</span></p>${chart("ms, logarithmic", ticks, drawn)}`;
}

/** What each process used in each phase, side by side: CPU in cores, memory in megabytes. */
export function stacks(
  phases: Readonly<Record<string, Readonly<Record<string, Usage>>>>,
  measure: "cores" | "megabytes",
): string {
  const sums = Object.values(phases).map((processes) => sum(Object.values(processes).map((usage) => usage[measure])));
  const { end, ticks } = scaleTo(Math.max(...sums, 1e-9));
  const drawn = Object.entries(phases).map(([phase, processes], index) => {
    const parts = Object.entries(processes).map(
      ([process, usage]) =>
        `<i class="part ${process}" style="width:${percent(usage[measure] / end)}" title="${process}: ${number(usage[measure])}"></i>`,
    );
    return row(phase, `<span class="stack">${parts.join("")}</span>`, number(sums[index] ?? 0));
  });
  return chart(
    measure === "cores" ? "cores kept busy" : "MB",
    ticks.map((tick) => [tick / end, number(tick)] as const),
    drawn,
  );
}

/** How something went on: a line over minutes. */
export function course(name: string, { unit, points }: Course): string {
  const lastX = Math.max(...points.map(([seconds]) => seconds), 1);
  const isShort = lastX < 300;
  const { end, ticks } = scaleTo(Math.max(...points.map(([, value]) => value), 1e-9));
  const path = points
    .map(([seconds, value]) => `${((seconds / lastX) * 1_000).toFixed(1)},${(200 - (value / end) * 200).toFixed(1)}`)
    .join(" ");
  const labels = ticks.map((tick) => `<b style="bottom:${percent(tick / end)}">${number(tick)}</b>`).join("");
  const times = [0, 0.25, 0.5, 0.75, 1].map(
    (share) => `<b style="left:${percent(share)}">${Math.round((share * lastX) / (isShort ? 1 : 60))}</b>`,
  );
  return `<figure class="course"><figcaption>${escape(name)}, ${unit}</figcaption><div class="field">${labels}
<svg viewBox="0 0 1000 200" preserveAspectRatio="none" aria-hidden="true"><polyline points="${path}"/></svg></div>
<div class="times">${times.join("")}</div><p class="unit">${isShort ? "seconds" : "minutes"}</p></figure>`;
}

function chart(unit: string, ticks: readonly (readonly [number, string])[], rows: readonly string[]): string {
  const lines = ticks.map(([at]) => `<i style="left:${percent(at)}"></i>`).join("");
  const labels = ticks.map(([at, label]) => `<b style="left:${percent(at)}">${label}</b>`).join("");
  return `<div class="chart"><div class="lines"><div>${lines}</div></div>${rows.join("")}<div class="axis"><div>${labels}</div></div><p class="unit">${unit}</p></div>`;
}

function row(label: string, drawn: string, value: string): string {
  return `<div class="row"><span class="label">${escape(label)}</span><span class="track">${drawn}</span><span class="value">${value}</span></div>`;
}

/** A round end of the axis and its ticks. */
function scaleTo(most: number): { end: number; ticks: number[] } {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((each) => each * power >= rough) ?? 10) * power;
  const count = Math.ceil(most / step);
  return { end: step * count, ticks: Array.from({ length: count + 1 }, (_, index) => index * step) };
}

function isRival(label: string): boolean {
  return /^(single transaction|pgbench|bare|socket\.io)/.test(label);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}
