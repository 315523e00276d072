import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { ROOT, prepare } from "./prepare.mjs";

// `npm run screenshots`: takes the pictures of docs/images anew, with the server and the browser of the tests
// (web/test/pictures). It takes Chromium, and fonts with emoji. `npm run screenshots -- -t search` takes some of them.
await prepare();
const child = spawn(
  process.execPath,
  [
    join(ROOT, "node_modules", "vitest", "vitest.mjs"),
    "run",
    "--root",
    ROOT,
    "--config",
    join("web", "test", "pictures", "vitest.config.ts"),
    ...process.argv.slice(2),
  ],
  { cwd: ROOT, stdio: "inherit" },
);
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
process.on("SIGINT", () => undefined);
child.once("exit", (code, signal) => process.exit(signal === null ? code : 1));
