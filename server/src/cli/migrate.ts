import type { Command } from "commander";
import { loadSettings } from "../config/load.ts";
import { loadSecrets } from "../config/secrets.ts";
import { startEmbeddedPostgres } from "../store/postgres/embedded.ts";
import { migrate, migrationsToRun } from "../store/postgres/migrate.ts";
import type { Outcome, Terminal } from "./terminal.ts";

interface MigrateFlags {
  readonly dryRun?: boolean;
}

export function migrateCommand(program: Command, terminal: Terminal, finish: (code: number) => void): void {
  program
    .command("migrate")
    .description("bring the database to this version (start does so, too)")
    .option("--dry-run", "only say what would run")
    .action(async (flags: MigrateFlags) => finish(await runMigrations(terminal, flags)));
}

async function runMigrations(terminal: Terminal, flags: MigrateFlags): Outcome {
  const { config, given } = loadSettings(terminal.variables);
  const secrets = loadSecrets(given, config.dataDirectory);
  const log = (line: string): void => terminal.complain(line);
  const embedded =
    secrets.databaseUrl === undefined
      ? await startEmbeddedPostgres({ directory: config.dataDirectory, password: secrets.databasePassword, log })
      : undefined;
  try {
    const connectionString = embedded?.connectionString ?? secrets.databaseUrl ?? "";
    const names =
      flags.dryRun === true ? await migrationsToRun({ connectionString }) : await migrate({ connectionString, log });
    const verb = flags.dryRun === true ? "to run" : "ran";
    terminal.write(names.length === 0 ? "the database is up to date" : `${verb}: ${names.join(", ")}`);
    return 0;
  } finally {
    await embedded?.stop();
  }
}
