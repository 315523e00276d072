import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../config/config.ts";
import type { Secrets } from "../../config/secrets.ts";
import { runningServer, startEmbeddedPostgres } from "../../store/postgres/embedded.ts";
import { inspectDatabase } from "../../store/postgres/inspect.ts";
import type { Inspection } from "../../store/postgres/inspect.ts";
import { migrationsToRun } from "../../store/postgres/migrate.ts";
import { failure, messageOf, ok, warning } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { isRunning } from "./machine.ts";

const OLDEST_SERVER = 150_000;
const CLOCK_TOLERANCE_MS = 1_000;

/** Looks at the database; an embedded one that does not run is started for the look and stopped again. */
export async function database(config: Config, readSecrets: () => Secrets): Promise<Finding[]> {
  const { dataDirectory, embeddedDatabase } = config;
  if (embeddedDatabase && !existsSync(join(dataDirectory, "postgres"))) {
    return [ok("the embedded database will be made at the first start")];
  }
  const secrets = readSecrets();
  if (!embeddedDatabase) return examine(secrets.databaseUrl ?? "", "check DATABASE_URL");
  const running = isRunning(config) ? runningServer(dataDirectory, secrets.databasePassword) : undefined;
  if (running !== undefined) return examine(running, `see the log in ${join(dataDirectory, "postgres", "log")}`);
  try {
    await using server = await startEmbeddedPostgres({ directory: dataDirectory, password: secrets.databasePassword });
    return await examine(server.connectionString, `see the log in ${join(dataDirectory, "postgres", "log")}`);
  } catch (error) {
    return [failure(`the embedded database does not start: ${messageOf(error)}`)];
  }
}

async function examine(connectionString: string, advice: string): Promise<Finding[]> {
  try {
    const found = await inspectDatabase(connectionString);
    return [...judge(found), await migrations(connectionString)];
  } catch (error) {
    return [failure(`the database cannot be reached (${messageOf(error)}): ${advice}`)];
  }
}

function judge(found: Inspection): Finding[] {
  const { version, encoding, missingExtensions, trigramsInAnyScript, fsync, clockAheadMs } = found;
  const name = `PostgreSQL ${Math.floor(version / 10_000)}.${version % 10_000}`;
  const findings = [
    version < OLDEST_SERVER ? failure(`${name} is too old: 15 or newer is needed`) : ok(`${name} answers`),
  ];
  if (encoding !== "UTF8") findings.push(failure(`the database's encoding is ${encoding}: create it with UTF8`));
  for (const extension of missingExtensions) {
    findings.push(failure(`the server does not offer ${extension}: install PostgreSQL's contrib package`));
  }
  if (trigramsInAnyScript === false) {
    findings.push(warning("the database's LC_CTYPE is C: parts of Chinese or accented words are not found by search"));
  }
  if (!fsync) findings.push(failure("fsync is off: a crash of the machine loses acknowledged messages"));
  const seconds = (Math.abs(clockAheadMs) / 1000).toFixed(1);
  const isOff = Math.abs(clockAheadMs) > CLOCK_TOLERANCE_MS;
  findings.push(isOff ? warning(`the database's clock differs by ${seconds} s: run NTP on both`) : ok("clocks agree"));
  return findings;
}

async function migrations(connectionString: string): Promise<Finding> {
  try {
    const names = await migrationsToRun({ connectionString });
    if (names.length === 0) return ok("the database is up to date");
    return warning(
      `${names.length} migrations to run, at the next start or by \`parley migrate\`: ${names.join(", ")}`,
    );
  } catch (error) {
    return failure(messageOf(error));
  }
}
