import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readMarkdown, ROOT } from "./markdown.ts";

/** A block of commands, and what is shown as their output (undefined: nothing is shown). */
export interface TourStep {
  readonly line: number;
  readonly commands: string;
  readonly shown: { readonly language: string; readonly text: string } | undefined;
  /** The commands only look, and what they look at may take a moment to be there. */
  readonly eventually: boolean;
}

/** The steps of a file: blocks marked `sh tour`, each with the block marked `json tour` or `text tour` behind it. */
export function readTour(path: string): TourStep[] {
  const blocks = readMarkdown(path).blocks.filter(({ info }) => /^tour( eventually)?$/.test(info));
  return blocks.flatMap((block, index) => {
    if (block.language !== "sh") return [];
    const next = blocks[index + 1];
    const shown = next && next.language !== "sh" ? { language: next.language, text: next.code } : undefined;
    return [{ line: block.line, commands: block.code, shown, eventually: block.info.endsWith("eventually") }];
  });
}

export interface Shell extends AsyncDisposable {
  /** Runs commands in this shell, whose variables stay, and answers what they wrote. Throws when the last of them failed. */
  run(commands: string): Promise<string>;
}

/** One POSIX shell at the root of the repository, as the reader has it. */
export function openShell(variables: Readonly<Record<string, string>>): Shell {
  const directory = mkdtempSync(join(tmpdir(), "parley-tour-"));
  const script = join(directory, "step.sh");
  const child = spawn("sh", [], { cwd: ROOT, env: { ...process.env, ...variables }, stdio: ["pipe", "pipe", "pipe"] });
  let complaints = "";
  child.stderr.on("data", (chunk: Buffer) => (complaints += chunk.toString()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));

  async function run(commands: string): Promise<string> {
    complaints = "";
    writeFileSync(script, `${commands}\n`);
    child.stdin.write(`. '${script}' </dev/null; printf '\\n@@ %s\\n' $?\n`);
    const output: string[] = [];
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`the shell ended:\n${complaints}`);
      const [, code] = /^@@ (\d+)$/.exec(value) ?? [];
      if (code === undefined) output.push(value);
      else if (code === "0") return output.join("\n").trimEnd();
      else throw new Error(`ended with ${code}:\n${commands}\n${output.join("\n")}\n${complaints}`);
    }
  }

  return {
    run,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const ANYTHING = "…";

/**
 * Where an output is another than the one shown; empty where it is as shown. Ids and times stand for any, `…` for anything, and
 * `"…": "…"` in an object for the fields that are left out.
 */
export function differences(step: TourStep, output: string): string[] {
  if (!step.shown) return [];
  const { language, text } = step.shown;
  if (language !== "json") return text === output ? [] : [`shown:\n${text}\n\nwritten:\n${output}`];
  let written: unknown;
  try {
    written = JSON.parse(output);
  } catch {
    return [`no JSON: ${output}`];
  }
  const found = compare(JSON.parse(text), written, "$");
  return found.length > 0 ? [...found, output] : [];
}

function compare(shown: unknown, written: unknown, path: string): string[] {
  if (shown === ANYTHING) return [];
  if (Array.isArray(shown)) {
    if (!Array.isArray(written) || written.length !== shown.length) return [`${path}: not a list of ${shown.length}`];
    return shown.flatMap((item, index) => compare(item, written[index], `${path}[${index}]`));
  }
  if (typeof shown === "object" && shown !== null) return compareObjects(shown, written, path);
  return isAlike(shown, written)
    ? []
    : [`${path}: ${JSON.stringify(shown)} is shown, ${JSON.stringify(written)} was written`];
}

function compareObjects(shown: object, written: unknown, path: string): string[] {
  if (typeof written !== "object" || written === null) return [`${path}: not an object`];
  const fields = written as Record<string, unknown>;
  const isPartial = ANYTHING in shown;
  const missing = isPartial
    ? []
    : Object.keys(fields)
        .filter((key) => !(key in shown))
        .map((key) => `${path}.${key}: is not shown`);
  const differing = Object.entries(shown).flatMap(([key, value]) =>
    key === ANYTHING ? [] : compare(value, fields[key], `${path}.${key}`),
  );
  return [...missing, ...differing];
}

function isAlike(shown: unknown, written: unknown): boolean {
  if (typeof shown !== "string" || typeof written !== "string") return shown === written;
  return [UUID, TIME].some((kind) => kind.test(shown) && kind.test(written)) || shown === written;
}
