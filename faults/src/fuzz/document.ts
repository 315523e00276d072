import { number, table } from "../document.ts";
import { megabytes } from "./memory.ts";
import type { FuzzResults } from "./results.ts";

const BEGIN = "<!-- Written by `npm run fuzz` from faults/results/fuzz.json. -->";
const END = "<!-- The end of what is written about fuzzing. -->";

/** The page with the figures of fuzzing replaced; throws where their place is not marked. */
export function withFuzzFigures(page: string, results: FuzzResults): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error("the page does not say where the figures belong");
  return `${before}${BEGIN}\n\n${renderFuzzFigures(results)}\n\n${END}${after}`;
}

function renderFuzzFigures(results: FuzzResults): string {
  const { inputs, seed, machine, seconds, heapBytes, samples, answeredWithinMs } = results;
  const [first] = samples;
  const last = samples.at(-1);
  const found = results.findings.reduce((sum, { times }) => sum + times, 0);
  return [
    `\`npm run fuzz -- --inputs ${inputs} --seed ${seed}\`, ${results.at.slice(0, 10)}, ${machine.cores} cores (${machine.system}), Node ${machine.node}:`,
    table(
      ["", ""],
      [
        [
          "inputs",
          `**${number(inputs)}** in ${number(seconds)} s: ${number(results.requests)} requests, ${number(results.frames)} frames and handshakes on ${number(results.sockets)} sockets`,
        ],
        ["answers by status", counts(results.statusClasses)],
        ["refusals by code", counts(results.httpCodes)],
        ["replies on sockets", counts(results.replies)],
        ["did or read something", `${results.didSomethingPercent} %`],
        ["endpoints and commands that never did anything", results.neverDone.join(", ") || "none"],
        [
          "answered within",
          `${number(answeredWithinMs.half)} ms (half), ${number(answeredWithinMs.p99)} ms (99 %), ${number(answeredWithinMs.slowest)} ms (all)`,
        ],
        ["refused under load (503, `overloaded`)", number(results.overloads)],
        [
          "heap without garbage",
          `${megabytes(heapBytes.from)} after the warm-up, **${megabytes(heapBytes.to)}** at the end`,
        ],
        [
          "open files, database connections",
          `${first?.files ?? 0} and ${first?.databaseConnections ?? 0} after the first inputs, ${last?.files ?? 0} and ${last?.databaseConnections ?? 0} at the end`,
        ],
        ["findings", `**${found}**`],
      ],
    ),
  ].join("\n\n");
}

function counts(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${number(value)}`)
    .join(", ");
}
