import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "./prepare.mjs";

// `<any node> scripts/smoke.mjs`: starts Parley on a fresh data directory with the Node that runs this, waits until
// it says that it is ready, asks it to stop, and expects a clean end.
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 15_000;

const directory = mkdtempSync(join(tmpdir(), "parley-smoke-"));
// Under root the database runs as another user, who has to get through.
chmodSync(directory, 0o711);
const began = Date.now();
const child = spawn(process.execPath, [join(ROOT, "scripts", "start.mjs")], {
  env: { ...process.env, PORT: "0", PARLEY_DATA_DIR: directory },
  stdio: ["ignore", "pipe", "pipe"],
});
let output = "";
const exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? code)));
const ready = new Promise((resolve) => {
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
      if (output.includes("Parley is ready")) resolve(true);
    });
  }
});

try {
  if ((await first([ready, exited], START_LIMIT_MS)) !== true) fail("did not become ready");
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  child.kill("SIGTERM");
  if ((await first([exited], STOP_LIMIT_MS)) !== 0) fail("did not stop cleanly");
  console.log(`Node ${process.versions.node}: ready after ${seconds} s, stopped cleanly`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function first(promises, limit) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(() => resolve("late"), limit)));
  return Promise.race([...promises, late]).finally(() => clearTimeout(timer));
}

function fail(what) {
  console.error(`Node ${process.versions.node}: Parley ${what}:\n${output}`);
  child.kill("SIGKILL");
  process.exitCode = 1;
  throw new Error(what);
}
