import { spawnSync } from "node:child_process";
import process from "node:process";
import { prepare } from "./prepare.mjs";

// `npm run fuzz -- --inputs 1000000 --seed 1`: sends Parley what it must not break on. See docs/reliability.md.
await prepare();
const compiler = "node_modules/typescript-native/bin/tsc";
for (const args of [
  [compiler, "-b", "faults"],
  ["--enable-source-maps", "faults/dist/fuzz/main.js", ...process.argv.slice(2)],
]) {
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
