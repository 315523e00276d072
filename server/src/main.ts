import { performance } from "node:perf_hooks";
import process from "node:process";
import { run } from "./cli/run.ts";

/** Ctrl-C reaches the process from the terminal and again from npm: within this time it is one and the same. */
const SAME_PRESS_MS = 1_000;

/** The first stop signal drains; a later one ends at once, for whoever does not want to wait. */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    // Until then the process stays, even while nothing is open that would keep it.
    const alive = setInterval(() => undefined, 60_000);
    let first: number | undefined;
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      process.on(signal, () => {
        if (first !== undefined && performance.now() - first > SAME_PRESS_MS) process.exit(130);
        first ??= performance.now();
        clearInterval(alive);
        resolve(signal);
      });
    }
  });
}

const code = await run({
  arguments: process.argv.slice(2),
  variables: process.env,
  isInteractive: process.stdout.isTTY,
  write: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
  stopSignal,
  onFault: (handler) => {
    process.on("uncaughtException", handler);
    process.on("unhandledRejection", handler);
  },
});
// Everything is closed by now; a connection of a client that lingers must not keep the process alive.
process.exit(code);
