import type { Command } from "commander";
import { ConfigurationError } from "../config/env.ts";
import { loadSettings } from "../config/load.ts";
import type { Settings } from "../config/load.ts";
import { loadSecrets } from "../config/secrets.ts";
import { database } from "./doctor/database.ts";
import { failure, messageOf, ok, warning } from "./doctor/finding.ts";
import type { Finding } from "./doctor/finding.ts";
import { dataDirectory, nodeVersion, port, secretModes } from "./doctor/machine.ts";
import type { Outcome, Terminal } from "./terminal.ts";

const SIGNS = { ok: "ok  ", warning: "warn", failure: "FAIL" } as const;

export function doctorCommand(program: Command, terminal: Terminal, finish: (code: number) => void): void {
  program
    .command("doctor")
    .description("say what is wrong with this set-up; exit code 1 when something is")
    .action(async () => finish(await examine(terminal)));
}

async function examine(terminal: Terminal): Outcome {
  const findings: Finding[] = [];
  const note = (...found: Finding[]): void => {
    findings.push(...found);
    for (const { state, line } of found) terminal.write(`${SIGNS[state]}  ${line}`);
  };
  note(nodeVersion());
  const settings = readSettings(terminal, note);
  if (settings !== undefined) await examineInstallation(settings, note);
  const failures = findings.filter(({ state }) => state === "failure").length;
  terminal.write(failures === 0 ? "nothing is wrong" : `${failures} to repair`);
  return failures === 0 ? 0 : 1;
}

function readSettings(terminal: Terminal, note: (...found: Finding[]) => void): Settings | undefined {
  try {
    const settings = loadSettings(terminal.variables);
    note(ok("settings are readable"), ...settings.warnings.map(warning));
    return settings;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    note(...error.mistakes.map(failure));
    return undefined;
  }
}

async function examineInstallation({ config, given }: Settings, note: (...found: Finding[]) => void): Promise<void> {
  const directory = dataDirectory(config);
  note(...directory, await port(config));
  // Without a place for the secrets there is no way to look at the database either.
  if (directory.some(({ state }) => state === "failure")) return;
  note(...secretModes(config));
  try {
    note(...(await database(config, () => loadSecrets(given, config.dataDirectory))));
  } catch (error) {
    note(failure(messageOf(error)));
  }
}
