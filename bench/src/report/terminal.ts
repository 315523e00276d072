import process from "node:process";
import { GOALS, type RatioName } from "../scenario.ts";
import type { Results } from "./results.ts";
import { goalOf, number, verdictOf } from "./words.ts";

const COLOURS: Readonly<Record<string, string>> = { reached: "\u001B[32m", missed: "\u001B[33m" };
const PLAIN = "\u001B[0m";

/** The ratios as a table. */
export function renderRatios({ ratios }: Results): string {
  const rows = (Object.keys(GOALS) as RatioName[]).map((name) => {
    const value = ratios[name];
    return [name, number(value), goalOf(name), verdictOf(name, value)];
  });
  const table = [["figure", "measured", "goal", ""], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) => {
    const line = row
      .map((cell, column) => (column === 1 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join("   ")
      .trimEnd();
    const colour = process.stdout.isTTY ? COLOURS[row[3] ?? ""] : undefined;
    return colour === undefined ? line : `${colour}${line}${PLAIN}`;
  });
  return [lines[0], "─".repeat(widths.reduce((sum, width) => sum + width + 3, -3)), ...lines.slice(1)].join("\n");
}

export interface Status {
  line(text: string): void;
  end(): void;
}

const DOTS = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";

/** Lines of progress; at a terminal, with a clock below them that shows that it goes on. */
export function showStatus(): Status {
  const { stdout } = process;
  if (!stdout.isTTY) return { line: (text) => void stdout.write(`${text}\n`), end: () => undefined };
  const start = performance.now();
  const clear = "\r\u001B[2K";
  const draw = (): void => {
    const passed = performance.now() - start;
    stdout.write(`${clear}${DOTS[Math.floor(passed / 100) % DOTS.length]} ${Math.floor(passed / 1_000)} s`);
  };
  const timer = setInterval(draw, 100);
  return {
    line(text) {
      stdout.write(`${clear}${text}\n`);
      draw();
    },
    end() {
      clearInterval(timer);
      stdout.write(clear);
    },
  };
}
