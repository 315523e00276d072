import type { DemoLogin } from "./adapters/http/demo-login.ts";
import { startBackground } from "./composition/background.ts";
import { createCore, type Foundation } from "./composition/core.ts";
import { seedDemo } from "./composition/dev.ts";
import { openFront } from "./composition/front.ts";
import { createServices } from "./composition/services.ts";
import type { Config } from "./config/config.ts";
import type { Secrets } from "./config/secrets.ts";
import type { Database } from "./store/database.ts";
import { startDatabase } from "./store/postgres/start.ts";
import { createLogger, type Logger } from "./telemetry/logger.ts";
import { createMetrics, type Metrics } from "./telemetry/metrics.ts";

/** The test seam: what is given here is used instead of what would be made. */
export interface Overrides {
  readonly database?: Database;
  readonly logger?: Logger;
  readonly metrics?: Metrics;
  /** Compares every answer with its definition; for tests, since it costs more than answering. */
  readonly checkResponses?: boolean;
}

export interface Parley extends AsyncDisposable {
  /** Where it listens. */
  readonly url: string;
  /** For the operator's eyes at the start: addresses and, in dev mode, login links. */
  readonly greeting: readonly string[];
  /** Drains and stops: nothing new is taken, what is in flight is committed and answered. */
  close(): Promise<void>;
}

/** Builds one node from its settings and starts it. What was started is stopped again when a later part fails. */
export async function compose(config: Config, secrets: Secrets, overrides: Overrides = {}): Promise<Parley> {
  const logger = overrides.logger ?? createLogger({ level: config.logLevel, pretty: false });
  const started: AsyncDisposable[] = [];
  const own = <T extends AsyncDisposable>(lifetime: T): T => {
    started.push(lifetime);
    return lifetime;
  };
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= stopAll(started));
  try {
    const database = overrides.database ?? own(await openStore(config, secrets, logger));
    const metrics = overrides.metrics ?? createMetrics();
    const foundation: Foundation = { config, secrets, database, logger, metrics, own };
    const { url, logins } = await startNode(foundation, overrides.checkResponses ?? false);
    return { url, greeting: greetingOf(url, logins), close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startNode(
  foundation: Foundation,
  checkResponses: boolean,
): Promise<{ url: string; logins: readonly DemoLogin[] }> {
  const core = createCore(foundation);
  const services = createServices(foundation, core);
  const logins = foundation.config.dev ? await seedDemo(services, foundation.secrets.jwtSecret) : [];
  await startBackground(foundation, core, services);
  const url = await openFront(foundation, core, services, { logins, checkResponses });
  return { url, logins };
}

function openStore(config: Config, secrets: Secrets, logger: Logger): Promise<Database> {
  return startDatabase({
    databaseUrl: secrets.databaseUrl,
    dataDirectory: config.dataDirectory,
    databasePassword: secrets.databasePassword,
    log: (line) => logger.info(line),
  });
}

function greetingOf(url: string, logins: readonly DemoLogin[]): string[] {
  const lines = [`Parley is at ${url}  (API reference: ${url}/docs)`];
  if (logins.length > 0) {
    lines.push(`Open it and choose who to be: ${logins.map(({ name }) => name).join(", ")}`);
    lines.push(`Tokens for trying the API: ${logins.map(({ id }) => `${url}/demo/${id}`).join(" ")}`);
  }
  return lines;
}

/** Last started, first stopped; one that fails does not keep the others running. */
async function stopAll(started: AsyncDisposable[]): Promise<void> {
  const failures: unknown[] = [];
  for (const lifetime of started.toReversed()) {
    try {
      await lifetime[Symbol.asyncDispose]();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, "not everything could be stopped");
}
