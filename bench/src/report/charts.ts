import type { LatencySummary } from "../stats.ts";
import { number } from "./words.ts";

const WIDTH = 940;
const LABEL = 330;
const VALUE = 80;
const ROW = 22;
const PLOT = WIDTH - LABEL - VALUE;

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
}

/** Horizontal bars with the range of their samples. */
export function bars(rows: readonly Bar[]): string {
  const most = Math.max(...rows.map((row) => row.most), 1e-9);
  const x = (value: number): number => LABEL + (value / most) * PLOT;
  const drawn = rows.map((row, index) => {
    const y = index * ROW;
    const range =
      row.most > row.least
        ? `<line class="range" x1="${at(x(row.least))}" x2="${at(x(row.most))}" y1="${y + 10}" y2="${y + 10}"/>`
        : "";
    return `<text x="${LABEL - 8}" y="${y + 14}" text-anchor="end">${escape(row.label)}</text>
<rect class="bar" x="${LABEL}" y="${y + 3}" width="${at(x(row.value) - LABEL)}" height="14" rx="2"/>${range}
<text x="${at(x(row.most) + 6)}" y="${y + 14}">${number(row.value)}</text>`;
  });
  return svg(rows.length * ROW, drawn.join(""));
}

const PERCENTILES = ["p50", "p90", "p99", "p999"] as const;

/** Each latency as a line from p50 to p99.9 with a dot at each percentile, on a logarithmic scale. */
export function percentiles(rows: readonly (readonly [string, LatencySummary])[]): string {
  const values = rows.flatMap(([, summary]) => PERCENTILES.map((each) => summary[each])).filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const x = (value: number): number => LABEL + ((Math.log10(Math.max(value, 10 ** low)) - low) / (high - low)) * PLOT;
  const height = rows.length * ROW;
  const grid = Array.from({ length: high - low + 1 }, (_, index) => {
    const value = 10 ** (low + index);
    return `<line class="grid" x1="${at(x(value))}" x2="${at(x(value))}" y1="0" y2="${height}"/><text class="soft" x="${at(x(value))}" y="${height + 14}" text-anchor="middle">${value < 1 ? value : number(value)}</text>`;
  });
  const drawn = rows.map(([label, summary], index) => {
    const y = index * ROW + 10;
    const dots = PERCENTILES.map(
      (each, place) =>
        `<circle class="bar" cx="${at(x(summary[each]))}" cy="${y}" r="${5 - place * 0.9}"><title>${each} ${number(summary[each])} ms</title></circle>`,
    );
    return `<text x="${LABEL - 8}" y="${y + 4}" text-anchor="end">${escape(label)}</text><line class="range" x1="${at(x(summary.p50))}" x2="${at(x(summary.p999))}" y1="${y}" y2="${y}"/>${dots.join("")}`;
  });
  return svg(height + 20, grid.join("") + drawn.join(""));
}

function svg(height: number, content: string): string {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img">${content}</svg>`;
}

function at(value: number): string {
  return value.toFixed(1);
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
