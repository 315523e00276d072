import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { atExit, isSameProcess, ownIdentity } from "./processes.ts";
import type { ProcessIdentity } from "./processes.ts";

const FILE = "parley.lock";
const ATTEMPTS = 5;

export class DirectoryInUseError extends Error {
  constructor(directory: string, pid: number) {
    super(
      `another Parley (process ${pid}) already uses ${directory}: stop it first, or set PARLEY_DATA_DIR to another directory`,
    );
  }
}

/**
 * Takes the directory for this process, or throws DirectoryInUseError. The lock names its holder by pid and start
 * time, so one that was left behind by a killed process is recognised and taken over. Answers how to let go.
 */
export function lockDirectory(directory: string): () => void {
  const path = join(directory, FILE);
  const mine = join(directory, `${FILE}.${randomUUID()}`);
  const content = JSON.stringify(ownIdentity());
  writeFileSync(mine, content, { mode: 0o644 });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      if (tryLink(mine, path)) return releaser(path, content);
      const holder = holderOf(directory);
      if (holder !== undefined && isSameProcess(holder)) throw new DirectoryInUseError(directory, holder.pid);
      removeStale(path, holder);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  throw new Error(`could not lock ${directory}: several processes try to at once`);
}

/** Who holds the directory, dead or alive; undefined when nobody does or the file cannot be read. */
export function holderOf(directory: string): ProcessIdentity | undefined {
  return read(join(directory, FILE));
}

/** `link` fails when the name exists: creating a lock with its content is one atomic step. */
function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Moves the lock aside and looks again before deleting it: between reading and moving, another starting process may
 * have replaced the stale lock by its own, which is then put back.
 */
function removeStale(path: string, expected: ProcessIdentity | undefined): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const found = read(aside);
  const isStale = found?.pid === expected?.pid && found?.started === expected?.started;
  if (!isStale) tryLink(aside, path);
  unlinkSync(aside);
}

function releaser(path: string, content: string): () => void {
  const release = (): void => {
    forget();
    try {
      if (readFileSync(path, "utf8") === content) unlinkSync(path);
    } catch {
      // Gone with its directory: nothing is left to release.
    }
  };
  const forget = atExit(release);
  return release;
}

function read(path: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof value !== "object" || value === null || !("pid" in value) || !("started" in value)) return undefined;
    const { pid, started } = value;
    return typeof pid === "number" && typeof started === "string" ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
}
