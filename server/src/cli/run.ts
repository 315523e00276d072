import { Command, CommanderError } from "commander";
import { ConfigurationError } from "../config/env.ts";
import { DirectoryInUseError } from "../store/postgres/embedded/lock.ts";
import { MigrationError } from "../store/postgres/migrations.ts";
import { doctorCommand } from "./doctor.ts";
import { importCommand } from "./import.ts";
import { migrateCommand } from "./migrate.ts";
import { startCommand } from "./start.ts";
import { CommandError } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";
import { tokenCommand } from "./token.ts";

/** Each adds itself to the program; `finish` receives its exit code. */
const COMMANDS = [startCommand, migrateCommand, tokenCommand, importCommand, doctorCommand];

/** Runs the command that the arguments name (none: start); answers the exit code, 2 for wrong arguments. */
export async function run(terminal: Terminal): Promise<number> {
  let code = 0;
  const program = new Command("parley")
    .description("Parley, a messaging service. Settings come from the environment: see docs/reference/configuration.md")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.write(text.trimEnd()),
      writeErr: (text) => terminal.complain(text.trimEnd()),
    })
    .showHelpAfterError("(add --help for how to use it)");
  for (const command of COMMANDS) command(program, terminal, (outcome) => (code = outcome));
  try {
    const given = terminal.arguments.length === 0 ? ["start"] : [...terminal.arguments];
    await program.parseAsync(given, { from: "user" });
    return code;
  } catch (error) {
    return report(error, terminal);
  }
}

function report(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ConfigurationError) {
    terminal.complain("Parley cannot start with these settings:");
    for (const mistake of error.mistakes) terminal.complain(`  ${mistake}`);
    return 1;
  }
  terminal.complain(`parley: ${explain(error)}`);
  return 1;
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isExpected =
    error instanceof CommandError || error instanceof DirectoryInUseError || error instanceof MigrationError;
  if (isExpected) return error.message;
  if ("code" in error) return explainSystemError(error, error.code);
  return error.stack ?? error.message;
}

function explainSystemError(error: Error, code: unknown): string {
  switch (code) {
    case "EADDRINUSE":
      return `${error.message}: something else listens there, set PORT to another number`;
    case "ECONNREFUSED":
    case "ENOTFOUND":
    case "ETIMEDOUT":
      return `the database cannot be reached (${error.message}): check DATABASE_URL`;
    case "28P01":
    case "28000":
    case "3D000":
      return `the database refuses the connection (${error.message}): check DATABASE_URL`;
    case "EACCES":
    case "EROFS":
    case "ENOSPC":
      return `${error.message}: check PARLEY_DATA_DIR, its owner and the space on its disk`;
    default:
      return error.stack ?? error.message;
  }
}
