import type { Command } from "commander";
import { compose } from "../compose.ts";
import { loadSettings } from "../config/load.ts";
import { loadSecrets } from "../config/secrets.ts";
import { createLogger } from "../telemetry/logger.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Outcome, Terminal } from "./terminal.ts";

const DRAIN_LIMIT_MS = 10_000;

export function startCommand(program: Command, terminal: Terminal, finish: (code: number) => void): void {
  program
    .command("start")
    .description("run the server until it is asked to stop (SIGTERM or Ctrl-C); what `parley` alone does")
    .action(async () => finish(await start(terminal)));
}

async function start(terminal: Terminal): Outcome {
  // First of all, so that a stop during the start is not lost.
  const stopped = terminal.stopSignal();
  const { config, given, warnings } = loadSettings(terminal.variables);
  const logger = createLogger({ level: config.logLevel, pretty: terminal.isInteractive });
  for (const warning of warnings) logger.warn(warning);
  const secrets = loadSecrets(given, config.dataDirectory);

  const parley = await compose(config, secrets, { logger });
  const fault = new Promise<"fault">((resolve) => {
    terminal.onFault((error) => {
      logger.fatal({ err: error }, "an error nobody caught: stopping");
      resolve("fault");
    });
  });
  logger.info({ url: parley.url, dev: config.dev }, "Parley is ready");
  for (const line of parley.greeting) terminal.write(line);

  const reason = await Promise.race([stopped, fault]);
  if (reason !== "fault") logger.info(`${reason}: draining`);
  const isDrained = await drain(parley, logger);
  return reason === "fault" || !isDrained ? 1 : 0;
}

/** A part that does not stop must not keep the process: whoever runs it would have to kill it. */
async function drain(parley: AsyncDisposable, logger: Logger): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => {
      logger.error(`not stopped after ${DRAIN_LIMIT_MS / 1000} s: leaving anyway`);
      resolve(false);
    }, DRAIN_LIMIT_MS);
  });
  try {
    return await Promise.race([parley[Symbol.asyncDispose]().then(() => true), late]);
  } catch (error) {
    logger.error({ err: error }, "stopping failed");
    return false;
  } finally {
    clearTimeout(timer);
    logger.info("stopped");
  }
}
