import { spawn } from "node:child_process";
import process from "node:process";
import { install } from "./prepare.mjs";

// `npm run check`: everything about the code but whether it works. Each check may also be run alone.
const CHECKS = [
  "types",
  "lint",
  "format:check",
  "layers",
  "dead-code",
  "schema:check",
  "openapi:check",
  "sdk-reference:check",
];

await install();
const began = Date.now();
const failed = [];
for (const name of CHECKS) {
  const { code, output, seconds } = await run(name);
  console.log(`${code === 0 ? "ok  " : "FAIL"}  ${name} (${seconds} s)`);
  if (code === 0) continue;
  failed.push(name);
  console.log(output.trimEnd().replaceAll(/^/gm, "      "));
}
const total = ((Date.now() - began) / 1000).toFixed(1);
console.log(failed.length === 0 ? `all checks passed in ${total} s` : `failed: ${failed.join(", ")} (${total} s)`);
process.exit(failed.length === 0 ? 0 : 1);

function run(name) {
  const start = Date.now();
  return new Promise((resolve) => {
    const child = spawn("npm", ["run", "--silent", name], {
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
      env: { ...process.env, NO_COLOR: "1" },
    });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.once("close", (code) => resolve({ code, output, seconds: ((Date.now() - start) / 1000).toFixed(1) }));
  });
}
