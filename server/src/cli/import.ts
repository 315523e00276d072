import { writeFile } from "node:fs/promises";
import { SingleBar, Presets } from "cli-progress";
import { InvalidArgumentError, type Command } from "commander";
import { openArchive } from "../adapters/slack-export/archive.ts";
import { importSlackExport } from "../adapters/slack-export/import.ts";
import { isReconciled, reportLines, totalsOf, type ImportReport } from "../adapters/slack-export/report.ts";
import { SlackExportError } from "../adapters/slack-export/slack-export-error.ts";
import { loadSettings } from "../config/load.ts";
import { loadSecrets } from "../config/secrets.ts";
import { createHistoryImport } from "../services/imports/import-history.ts";
import { createCommitter } from "../store/committer/committer.ts";
import { reachDatabase } from "../store/postgres/start.ts";
import { CommandError, type Outcome, type Terminal } from "./terminal.ts";

interface SlackFlags {
  readonly source: string;
  readonly space: string;
  readonly report?: string;
}

export function importCommand(program: Command, terminal: Terminal, finish: (code: number) => void): void {
  program
    .command("import")
    .description("bring history from elsewhere; also while the server runs")
    .command("slack <file>")
    .description("import a Slack workspace export (the zip file); doing it again adds only what is new")
    .option("--source <name>", "tells workspaces apart, and is the slug of the space", parseSource, "slack")
    .option("--space <title>", "title of the space that takes the channels", "Slack")
    .option("--report <file>", "write the reconciliation as JSON, too")
    .addHelpText(
      "after",
      "\nUsers come over with the external id <source>:<Slack id>, so `parley token --user slack:U012AB3CD` signs one in.",
    )
    .action(async (file: string, flags: SlackFlags) => finish(await importSlack(terminal, file, flags)));
}

function parseSource(text: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,39}$/.test(text)) return text;
  throw new InvalidArgumentError("Lower-case letters, digits and dashes, at most 40.");
}

async function importSlack(terminal: Terminal, file: string, flags: SlackFlags): Outcome {
  const { config, given } = loadSettings(terminal.variables);
  const secrets = loadSecrets(given, config.dataDirectory);
  await using archive = await openExport(file);
  await using database = await reachDatabase({
    databaseUrl: secrets.databaseUrl,
    dataDirectory: config.dataDirectory,
    databasePassword: secrets.databasePassword,
    log: (line) => terminal.complain(line),
  });
  await using committer = createCommitter({
    database,
    quota: null,
    onCommitted: () => undefined,
    onBatch: () => undefined,
    onTrouble: (error, message) => terminal.complain(`${message}: ${String(error)}`),
  });
  const history = createHistoryImport({ database, committer, fingerprintKey: secrets.fingerprintKey });
  const progress = showProgress(terminal);
  let report: ImportReport;
  try {
    report = await importSlackExport({
      archive,
      history,
      source: flags.source,
      spaceName: flags.space,
      onProgress: progress.update,
    });
  } finally {
    progress.stop();
  }
  for (const line of reportLines(report)) terminal.write(line);
  if (flags.report !== undefined) {
    await writeFile(flags.report, `${JSON.stringify({ totals: totalsOf(report), ...report }, null, 2)}\n`);
  }
  return isReconciled(report) ? 0 : 1;
}

async function openExport(file: string) {
  try {
    return await openArchive(file);
  } catch (error) {
    if (error instanceof SlackExportError) throw new CommandError(error.message, { cause: error });
    throw error;
  }
}

/** A bar for a person, a line each tenth for a log. */
function showProgress(terminal: Terminal): {
  update: (now: { channel: string; done: number; total: number }) => void;
  stop: () => void;
} {
  if (!terminal.isInteractive) {
    let tenth = 0;
    return {
      update: ({ done, total }) => {
        const reached = Math.floor((done * 10) / Math.max(1, total));
        if (reached > tenth) terminal.complain(`${reached * 10} % of ${total} days imported`);
        tenth = reached;
      },
      stop: () => undefined,
    };
  }
  const bar = new SingleBar(
    { format: "importing [{bar}] {percentage} %  {value}/{total} days  {channel}", clearOnComplete: true },
    Presets.shades_classic,
  );
  let isShown = false;
  return {
    update: ({ channel, done, total }) => {
      if (!isShown) bar.start(total, 0, { channel });
      isShown = true;
      bar.update(done, { channel });
    },
    stop: () => bar.stop(),
  };
}
