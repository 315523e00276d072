import type { Results } from "./results.ts";

const BEGIN = "<!-- Written by `npm run faults` from faults/results/latest.json. -->";
const END = "<!-- The end of what is written. -->";

/** The page with its figures replaced; throws where their place is not marked. */
export function withFigures(page: string, results: Results): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error("the page does not say where the figures belong");
  return `${before}${BEGIN}\n\n${renderFigures(results)}\n\n${END}${after}`;
}

function renderFigures(results: Results): string {
  const { seed, rounds, byKind, seconds, machine } = results;
  const kinds = Object.entries(byKind).map(([kind, count]) => `${count} on an ${kind} database`);
  const left = Object.entries(results.excuses).map(([fault, reason]) => `- Left out: ${fault}: ${reason}.`);
  return [
    `\`npm run faults -- --rounds ${rounds} --seed ${seed}\`, ${results.at.slice(0, 10)}, ${machine.cores} cores (${machine.system}), Node ${machine.node}:`,
    table(
      ["", ""],
      [
        ["rounds", `**${rounds}** (${kinds.join(", ")}) in ${seconds} s`],
        [
          "messages acknowledged",
          `**${number(results.acknowledged)}**, and ${number(results.scheduled)} to be sent later`,
        ],
        ["events that clients heard", number(results.heard)],
        [
          "connections that ended",
          Object.entries(results.ends)
            .map(([code, count]) => `${number(count)} × ${code}`)
            .join(", "),
        ],
        ["violations", `**${results.violations}**`],
      ],
    ),
    "Rounds with each fault, alone and among others, and how long it took from the end of the faults until every client had everything (where it was alone):",
    table(
      ["fault", "alone", "among others", "with violations", "back after, median", "worst"],
      Object.entries(results.faults).map(([name, { alone, mixed, bad, medianMs, worstMs }]) => [
        `\`${name}\``,
        String(alone),
        String(mixed),
        String(bad),
        `${(medianMs / 1_000).toFixed(1)} s`,
        `${(worstMs / 1_000).toFixed(1)} s`,
      ]),
    ),
    ...(left.length > 0 ? [left.join("\n")] : []),
  ].join("\n\n");
}

export function number(value: number): string {
  return value.toLocaleString("en-US");
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
