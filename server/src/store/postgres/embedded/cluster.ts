import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { barrierTo } from "./account.ts";
import type { Account } from "./account.ts";
import { SHARED_DIRECTORY } from "./binaries.ts";
import type { Binaries } from "./binaries.ts";

const run = promisify(execFile);

export const SUPERUSER = "parley";
const MAJOR = "18";

/**
 * pg_trgm asks the C library what a letter is, so LC_CTYPE must be a UTF-8 one: under plain C it finds no trigrams
 * in Chinese, Japanese or accented text (measured). Sorting and case come from PostgreSQL's builtin C.UTF-8, which
 * does not change with the operating system. Which names exist differs: Linux has the first, macOS the second.
 */
const LOCALES = ["C.UTF-8", "en_US.UTF-8"] as const;

export interface ClusterDeps {
  readonly binaries: Binaries;
  readonly account: Account | undefined;
  readonly password: string;
  readonly log: (line: string) => void;
}

/**
 * Where the cluster of this data directory is: in it, or, where the account `postgres` could not get there, in a
 * shared place with a link to it.
 */
export function placeCluster(dataDirectory: string, account: Account | undefined, log: (line: string) => void): string {
  const inside = join(dataDirectory, "postgres");
  const found = lstatSync(inside, { throwIfNoEntry: false });
  if (found?.isSymbolicLink() === true) return readlinkSync(inside);
  const barrier = account === undefined ? undefined : barrierTo(inside, account);
  if (barrier === undefined) return inside;
  if (found !== undefined) {
    throw new Error(`PostgreSQL may not enter ${barrier}, on the way to its cluster: chmod o+x ${barrier}`);
  }
  const name = createHash("sha256").update(realpathSync(dataDirectory)).digest("hex").slice(0, 12);
  const home = join(SHARED_DIRECTORY, `${name}-${randomUUID().slice(0, 8)}`);
  mkdirSync(home, { recursive: true, mode: 0o755 });
  const outside = join(home, "postgres");
  symlinkSync(outside, inside);
  log(`only root may enter ${barrier}, so the database is kept in ${outside}, and ${inside} links to it`);
  return outside;
}

/** Makes the cluster unless it is there. A half-made one, from a start that was killed, is never mistaken for one. */
export async function ensureCluster(directory: string, deps: ClusterDeps): Promise<void> {
  const versionFile = join(directory, "PG_VERSION");
  if (existsSync(versionFile)) {
    const version = readFileSync(versionFile, "utf8").trim();
    if (version === MAJOR) return;
    throw new Error(`the database in ${directory} is of PostgreSQL ${version}, this Parley brings ${MAJOR}`);
  }
  deps.log("making the database");
  const unfinished = `${directory}.unfinished`;
  const failures: unknown[] = [];
  for (const locale of LOCALES) {
    rmSync(unfinished, { recursive: true, force: true });
    makeOwned(unfinished, 0o700, deps.account);
    try {
      await initialise(unfinished, locale, deps);
      renameSync(unfinished, directory);
      return;
    } catch (error) {
      failures.push(error);
    }
  }
  throw new Error(`the database could not be made in ${directory}: ${reasonOf(failures[0])}`, { cause: failures[0] });
}

async function initialise(
  directory: string,
  locale: string,
  { binaries, account, password }: ClusterDeps,
): Promise<void> {
  const secret = mkdtempSync(join(tmpdir(), "parley-"));
  const passwordFile = join(secret, "password");
  try {
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    own(secret, account);
    own(passwordFile, account);
    const options = [
      `--pgdata=${directory}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
      `--locale=${locale}`,
      "--lc-messages=C",
      "--data-checksums",
    ];
    await run(binaries.initdb, options, { ...account, env: { LC_ALL: locale } });
  } finally {
    rmSync(secret, { recursive: true, force: true });
  }
}

export function makeOwned(directory: string, mode: number, account: Account | undefined): void {
  mkdirSync(directory, { recursive: true, mode });
  chmodSync(directory, mode);
  own(directory, account);
}

function own(path: string, account: Account | undefined): void {
  if (account !== undefined) chownSync(path, account.uid, account.gid);
}

function reasonOf(error: unknown): string {
  if (typeof error === "object" && error !== null && "stderr" in error && typeof error.stderr === "string") {
    return (
      error.stderr
        .trim()
        .split("\n")
        .find((line) => line.includes("error:")) ?? error.stderr.trim()
    );
  }
  return error instanceof Error ? error.message : String(error);
}
