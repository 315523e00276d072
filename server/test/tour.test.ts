import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeDataDirectory } from "./harness/data-directory.ts";
import { startProcess, type ParleyProcess } from "./harness/process.ts";
import { differences, openShell, readTour, type Shell, type TourStep } from "./harness/tour.ts";

const steps = readTour("README.md");
const missing = ["curl", "sh"].filter((program) => spawnSync(program, ["--help"]).error !== undefined);
// oxlint-disable-next-line no-console -- whoever runs the tests shall know what was left out, and why
if (missing.length > 0) console.warn(`The tour is not run: ${missing.join(" and ")} is not installed.`);

/** What only looks may take as long as a follower. */
const EVENTUALLY_MS = 10_000;

describe.skipIf(missing.length > 0)("the tour of README.md", () => {
  let directory: string;
  let parley: ParleyProcess;
  let shell: Shell;
  let address: string;

  beforeAll(async () => {
    directory = makeDataDirectory("parley-test-");
    parley = startProcess(directory);
    address = new URL(await parley.ready).host;
    shell = openShell({ PARLEY_DATA_DIR: directory });
  });
  afterAll(async () => {
    await shell?.[Symbol.asyncDispose]();
    await parley[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  test("has steps", () => expect(steps.length).toBeGreaterThan(8));

  // One after the other, since each goes on from the last. Only the port is another than in the text.
  test.each(steps.map((step) => [step.line, step] as const))("line %i does what is shown", async (_, step) => {
    const commands = step.commands.replaceAll("127.0.0.1:8080", address);
    const deadline = performance.now() + (step.eventually ? EVENTUALLY_MS : 0);
    let found = await tryStep(step, commands);
    while (found.length > 0 && performance.now() < deadline) found = await tryStep(step, commands);
    expect(found.join("\n")).toBe("");
  });

  async function tryStep(step: TourStep, commands: string): Promise<string[]> {
    try {
      return differences(step, await shell.run(commands));
    } catch (error) {
      return [String(error)];
    }
  }
});
