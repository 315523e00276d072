import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { ROOT, prepare } from "./prepare.mjs";

// `npm test`: installs and builds what is needed, then runs vitest with the given arguments
// (`npm test -- server/test/database.test.ts`).
await prepare();
const inCi = Boolean(process.env.CI);
const child = spawn(
  process.execPath,
  [join(ROOT, "node_modules", "vitest", "vitest.mjs"), "run", ...process.argv.slice(2)],
  { cwd: ROOT, stdio: "inherit", env: { ...process.env, ...(inCi ? { NO_COLOR: "1" } : {}) } },
);
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
// Ctrl-C reaches vitest from the terminal; staying until it has cleaned up is all there is to do.
process.on("SIGINT", () => undefined);
child.once("exit", (code, signal) => process.exit(signal === null ? code : 1));
