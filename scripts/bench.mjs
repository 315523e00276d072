import { spawnSync } from "node:child_process";
import process from "node:process";
import { prepare } from "./prepare.mjs";

// `npm run bench`: measures Parley against what one would write instead. See docs/performance.md.
await prepare();
// Ctrl-C is for the bench, which ends what it has started; this waits for it.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
const compiler = "node_modules/typescript-native/bin/tsc";
for (const args of [
  [compiler, "-b", "bench"],
  ["--enable-source-maps", "bench/dist/main.js", ...process.argv.slice(2)],
]) {
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
