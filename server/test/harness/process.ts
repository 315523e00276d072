import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

export interface ParleyProcess extends AsyncDisposable {
  readonly pid: number;
  /** Everything it wrote so far, both streams. */
  output(): string;
  /** Resolves with where it listens once it is ready; rejects with what it wrote when it ends before. */
  readonly ready: Promise<string>;
  /** The exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Parley as users run it: the built server in a process of its own, on a free port. `npm test` builds it first; with
 * vitest alone, `npm run build` does.
 */
export function startProcess(
  dataDirectory: string,
  variables: Record<string, string> = {},
  args: string[] = [],
): ParleyProcess {
  const child = spawn(process.execPath, ["--enable-source-maps", MAIN, ...args], {
    env: { PATH: process.env["PATH"], PORT: "0", PARLEY_DATA_DIR: dataDirectory, ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("the process did not start");
  let output = "";
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once("close", (code, signal) => resolve(signal ?? code ?? 1));
  });
  const ready = new Promise<string>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      output += chunk.toString();
      const line = output.split("\n").find((candidate) => candidate.includes('"Parley is ready"'));
      if (line?.endsWith("}") === true) resolve((JSON.parse(line) as { url?: string }).url ?? "");
    };
    child.stdout.on("data", onData);
    child.stderr.on("data", onData);
    void exited.then((code) => reject(new Error(`ended with ${code} before it was ready:\n${output}`)));
  });
  // Nobody has to wait for it.
  ready.catch(() => undefined);
  return {
    pid,
    output: () => output,
    ready,
    exited,
    kill: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** Runs a command to its end. */
export async function runCommand(
  dataDirectory: string,
  args: string[],
  variables: Record<string, string> = {},
): Promise<{ code: number | NodeJS.Signals; output: string }> {
  const command = startProcess(dataDirectory, variables, args);
  return { code: await command.exited, output: command.output() };
}
