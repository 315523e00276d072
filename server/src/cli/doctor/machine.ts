import { accessSync, constants, existsSync, readdirSync, statSync, statfsSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import process from "node:process";
import type { Config } from "../../config/config.ts";
import { secretsDirectory } from "../../config/secrets.ts";
import { barrierTo, serverAccount } from "../../store/postgres/embedded/account.ts";
import { holderOf } from "../../store/postgres/embedded/lock.ts";
import { isSameProcess } from "../../store/postgres/embedded/processes.ts";
import { failure, messageOf, ok, warning } from "./finding.ts";
import type { Finding } from "./finding.ts";

const OLDEST_NODE = [20, 19] as const;
const GIB = 1024 ** 3;

export function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isOld = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
  return isOld
    ? failure(`Node ${process.versions.node} is too old: 20.19 or newer is needed`)
    : ok(`Node ${process.versions.node}`);
}

export function dataDirectory(config: Config): Finding[] {
  const directory = config.dataDirectory;
  const existing = nearestExisting(directory);
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch {
    return [failure(`${existing} is not writable for the user that runs Parley: change its owner or PARLEY_DATA_DIR`)];
  }
  const state = existing === directory ? "is writable" : "will be made at the first start";
  return [ok(`data directory ${directory} ${state}`), ...passage(config), space(existing)];
}

/** Under root PostgreSQL runs as `postgres`, which may not get through to the data directory. */
function passage(config: Config): Finding[] {
  if (!config.embeddedDatabase) return [];
  try {
    const account = serverAccount();
    const existing = nearestExisting(config.dataDirectory);
    const barrier = account === undefined ? undefined : barrierTo(join(existing, "postgres"), account);
    if (barrier === undefined) return [];
    return [
      warning(`only root may enter ${barrier}: the database is kept in /var/lib/parley, and backups must include it`),
    ];
  } catch (error) {
    return [failure(messageOf(error))];
  }
}

function space(directory: string): Finding {
  const { bavail, bsize } = statfsSync(directory);
  const free = (bavail * bsize) / GIB;
  const line = `${free.toFixed(1)} GiB free for ${directory}`;
  if (free < 0.5) return failure(`${line}: PostgreSQL stops when the disk is full`);
  return free < 2 ? warning(`${line}: that is little`) : ok(line);
}

export function secretModes(config: Config): Finding[] {
  const directory = secretsDirectory(config.dataDirectory);
  if (!existsSync(directory)) return [ok("secrets will be made at the first start")];
  const open = [directory, ...readdirSync(directory).map((name) => join(directory, name))].filter(
    (path) => (statSync(path).mode & 0o077) !== 0,
  );
  if (open.length === 0) return [ok("secrets are readable by their owner alone")];
  return open.map((path) => failure(`others may read ${path}: chmod go= ${path}`));
}

/** Whether a Parley runs on this data directory right now. */
export function isRunning(config: Config): boolean {
  const holder = holderOf(config.dataDirectory);
  return holder !== undefined && isSameProcess(holder);
}

export async function port(config: Config): Promise<Finding> {
  const { host, port: number } = config;
  const error = await tryToListen(host, number);
  if (error === undefined) return ok(`port ${number} on ${host} is free`);
  const code = "code" in error ? error.code : undefined;
  if (code !== "EADDRINUSE") return failure(`cannot listen on ${host}:${number}: ${error.message}`);
  return isRunning(config)
    ? ok(`port ${number} is in use, by the Parley that runs on this data directory, it seems`)
    : failure(`port ${number} on ${host} is in use by another program: set PORT`);
}

function tryToListen(host: string, number: number): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen(number, host, () => server.close(() => resolve(undefined)));
  });
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}
