import { GOALS, type RatioName } from "../scenario.ts";
import type { Results } from "./results.ts";
import { goalOf, number, verdictOf } from "./words.ts";

/** The ratios as a table. */
export function renderRatios({ ratios }: Results): string {
  const rows = (Object.keys(GOALS) as RatioName[]).map((name) => {
    const value = ratios[name];
    return [name, value === undefined ? "–" : number(value), goalOf(name), verdictOf(name, value)];
  });
  const table = [["figure", "measured", "goal", ""], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) =>
      row
        .map((cell, column) => (column === 1 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
        .join("   "),
    )
    .join("\n");
}
