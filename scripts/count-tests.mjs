import { readFileSync } from "node:fs";
import process from "node:process";

// Says how many tests vitest's JSON report counts; the last line of a CI run.
const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed`);
process.exit(report.numPassedTests > 0 && report.numFailedTests === 0 ? 0 : 1);
