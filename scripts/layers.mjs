import { readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { cruise } from "dependency-cruiser";
import config from "../.dependency-cruiser.mjs";
import { ROOT } from "./prepare.mjs";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";

// `npm run layers`: holds the rules of .dependency-cruiser.mjs. A tool that looked at nothing finds nothing, so the
// files it saw are compared with those on the disk.
process.chdir(ROOT);
const FOLDERS = ["protocol/src", "server/src", "client/src", "web/src", "web/widget"];
const { options, ...rules } = config;
const { output } = await cruise(
  FOLDERS,
  { ...options, ruleSet: { ...rules, options }, validate: true },
  options.enhancedResolveOptions,
  { tsConfig: extractTSConfig(options.tsConfig.fileName) },
);

const seen = new Set(output.modules.map((module) => module.source));
const missed = FOLDERS.flatMap(sourcesIn).filter((path) => !seen.has(path));
const edges = output.modules.reduce((sum, module) => sum + module.dependencies.length, 0);
if (seen.size === 0 || edges === 0 || missed.length > 0) {
  console.error(
    `the layer check did not look at everything: ${seen.size} files, ${edges} imports, missed ${missed.join(", ") || "none"}`,
  );
  process.exit(1);
}
for (const { rule, from, to } of output.summary.violations) console.error(`${rule.name}: ${from} → ${to}`);
console.log(`${seen.size} files, ${edges} imports, ${output.summary.violations.length} violations`);
process.exit(output.summary.error > 0 ? 1 : 0);

function sourcesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => /\.(ts|vue)$/.test(path))
    .map((path) => join(folder, path).replaceAll("\\", "/"));
}
