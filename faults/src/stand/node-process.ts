import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import process from "node:process";

const SHIFTED_CLOCK = fileURLToPath(new URL("../../preload/shifted-clock.mjs", import.meta.url));
const START_LIMIT_MS = 60_000;
const KEPT_OUTPUT = 20_000;

/** Parley as users run it: the built server in a process of its own. */
export interface NodeProcess {
  readonly pid: number;
  readonly url: string;
  /** Whether the harness has ended it: anything else is a crash. */
  readonly isEnded: boolean;
  readonly hasExited: boolean;
  /** The last of what it wrote. */
  output(): string;
  signal(name: NodeJS.Signals): void;
  /** Moves the clock it sees, from the real one. */
  shiftClock(milliseconds: number): void;
  /** Ends it and waits until it is gone. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
}

/** Not the service failed, but what the harness needs around it. */
export class StandError extends Error {}

export interface NodeOptions {
  /** Path of the server's main.js. */
  readonly main: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Starts one; resolves when it is ready, rejects with what it wrote when it ends before. */
export async function startNode({ main, variables }: NodeOptions): Promise<NodeProcess> {
  const child = spawn(process.execPath, ["--enable-source-maps", "--import", SHIFTED_CLOCK, main, "start"], {
    env: {
      PATH: process.env["PATH"],
      PORT: "0",
      PARLEY_DEV: "0",
      PARLEY_RATE_LIMITS: "off",
      PARLEY_EDIT_WINDOW: "0",
      PARLEY_LOG_LEVEL: "info",
      ...variables,
    },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("the service did not start");
  child.on("error", () => undefined);
  let output = "";
  let hasExited = false;
  let isEnded = false;
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => {
      hasExited = true;
      resolve();
    });
  });
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`the service was not ready after ${START_LIMIT_MS / 1_000} s:\n${output}`));
    }, START_LIMIT_MS);
    let isReady = false;
    const onData = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
      if (isReady) return;
      const line = output.split("\n").find((each) => each.includes('"Parley is ready"') && each.endsWith("}"));
      if (!line) return;
      isReady = true;
      clearTimeout(timer);
      resolve((JSON.parse(line) as { url: string }).url);
    };
    child.stdout?.on("data", onData);
    child.stderr?.on("data", onData);
    void exited.then(() => {
      clearTimeout(timer);
      const text = `the service ended before it was ready:\n${output}`;
      // Node says so when a file is not where the service was started from: somebody installs or cleans there.
      reject(output.includes("MODULE_NOT_FOUND") ? new StandError(text) : new Error(text));
    });
  });
  return {
    pid,
    url,
    get isEnded() {
      return isEnded;
    },
    get hasExited() {
      return hasExited;
    },
    output: () => output,
    signal: (name) => void child.kill(name),
    // One that has just been killed does not hear it, which is nobody's error.
    shiftClock: (milliseconds) =>
      void (child.connected && child.send({ clockOffsetMs: milliseconds }, () => undefined)),
    async end(signal) {
      isEnded = true;
      child.kill(signal);
      await exited;
    },
  };
}
