import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createLeftovers } from "../stand/leftovers.ts";
import { copyServer } from "../stand/server-copy.ts";
import { withFuzzFigures } from "./document.ts";
import { describeFinding } from "./findings.ts";
import { FUZZ_BUGS } from "./planted.ts";
import { progressLine, summary } from "./report.ts";
import { summarizeFuzz, type FuzzResults } from "./results.ts";
import { runFuzz } from "./run.ts";

const USAGE = `npm run fuzz -- [options]
  --inputs N      requests, frames and handshakes in all (default 100000)
  --seed N        what is chosen at random; printed, so that it can be chosen again (default: another one each time)
  --only K        http or socket (default: both)
  --minutes M     not longer than this
  --plant BUG     with a bug that must be found: ${Object.keys(FUZZ_BUGS).join(", ")}`;

/** From so many inputs on, to everything, the figures go into the documentation. */
const WHOLE_RUN = 1_000_000;

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "100000" },
    seed: { type: "string" },
    only: { type: "string" },
    minutes: { type: "string" },
    plant: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const leftovers = createLeftovers((error) => void process.stderr.write(`${String(error)}\n`));

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(line: string): never {
  process.stderr.write(`${line}\n\n${USAGE}\n`);
  process.exit(2);
}

function numberOf(name: "inputs" | "seed" | "minutes"): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const number = Number(text);
  return Number.isFinite(number) && number >= 0 ? number : fail(`--${name} takes a number`);
}

async function main(): Promise<number> {
  if (values.help) {
    say(USAGE);
    return 0;
  }
  const inputs = Math.floor(numberOf("inputs") ?? 0);
  if (inputs < 1) fail("--inputs takes a number from 1 on");
  const seed = numberOf("seed") ?? Math.floor(Math.random() * 1_000_000);
  const { only } = values;
  if (only !== undefined && only !== "http" && only !== "socket") fail("--only takes http or socket");
  const bug =
    values.plant === undefined
      ? undefined
      : (FUZZ_BUGS[values.plant] ?? fail(`there is no bug ${values.plant} to plant`));
  // A copy in any case: the server may be built anew while this runs.
  using copy = copyServer(bug?.edits);
  leftovers.add(() => copy[Symbol.dispose]());
  say(`seed ${seed}, ${inputs} inputs${only ? `, ${only} alone` : ""}${bug ? `, planted: ${bug.title}` : ""}`);
  const result = await runFuzz({
    inputs,
    seed,
    only,
    minutes: numberOf("minutes"),
    main: copy.main,
    leftovers,
    stopsEarly: bug !== undefined,
    onProgress: (progress) => say(progressLine(progress, inputs)),
    onFinding: (finding, url) => say(`\n${describeFinding(finding, url)}\n  seed ${seed}\n`),
  });
  say(`\n${summary(result)}`);
  if (bug) {
    const isFound = result.findings.kinds.some(({ text }) => bug.foundAs.test(text));
    say(isFound ? "the planted bug was found" : "the planted bug was NOT found");
    return isFound ? 0 : 1;
  }
  write(summarizeFuzz(result, only, new Date()));
  return result.findings.total > 0 ? 1 : 0;
}

/** A part of it is for who has asked for it; a whole run is for everybody. */
function write(results: FuzzResults): void {
  if (results.inputs < WHOLE_RUN || results.only !== "both") return;
  const folder = fileURLToPath(new URL("../../results/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}fuzz.json`, `${JSON.stringify(results, null, 2)}\n`);
  const page = fileURLToPath(new URL("../../../docs/reliability.md", import.meta.url));
  writeFileSync(page, withFuzzFigures(readFileSync(page, "utf8"), results));
  say("faults/results/fuzz.json and docs/reliability.md are written.");
}

// Nothing outlives it, however it ends.
process.on("exit", leftovers.clear);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));
process.exit(await main());
