import { spawn, spawnSync } from "node:child_process";
import process from "node:process";
import { prepare } from "./prepare.mjs";

// `npm run faults -- --rounds 100 --seed 1`: breaks Parley in every way, and checks what it promises. See docs/reliability.md.
await prepare();
const { status } = spawnSync(process.execPath, ["node_modules/typescript-native/bin/tsc", "-b", "faults"], {
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);
const child = spawn(process.execPath, ["--enable-source-maps", "faults/dist/main.js", ...process.argv.slice(2)], {
  stdio: "inherit",
});
process.on("SIGTERM", () => child.kill("SIGTERM"));
// Ctrl-C reaches it from the terminal; staying until it has cleaned up is all there is to do.
process.on("SIGINT", () => undefined);
child.once("exit", (code, signal) => process.exit(signal === null ? code : 1));
