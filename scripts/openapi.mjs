import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { ROOT, prepare } from "./prepare.mjs";

// `npm run openapi` writes docs/reference/openapi.json from the endpoints' definitions; with --check it only compares.
await prepare();
const { endpoints } = await import("@parley/protocol");
const { describeApi } = await import("../server/dist/adapters/http/openapi.js");

const file = join(ROOT, "docs", "reference", "openapi.json");
const { version } = JSON.parse(readFileSync(join(ROOT, "server", "package.json"), "utf8"));
const document = `${JSON.stringify(describeApi(Object.values(endpoints), version), null, 2)}\n`;
if (!process.argv.includes("--check")) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, document);
  console.log(`wrote ${Object.keys(endpoints).length} endpoints to docs/reference/openapi.json`);
} else if (!existsSync(file) || readFileSync(file, "utf8") !== document) {
  console.error("docs/reference/openapi.json is not what the endpoints say: run `npm run openapi`");
  process.exitCode = 1;
}
