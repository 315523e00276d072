import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync, realpathSync } from "node:fs";
import process from "node:process";

/**
 * Processes of the operating system: whether one lives, and whether it is still the one we mean. The one place in
 * the store that touches `process`, because an embedded server is a child that has to be found again after a crash.
 */

export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the system's own terms. Pids are used again; a pid with its start time is not. */
  readonly started: string;
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, started: startOf(process.pid) ?? "unknown" };
}

export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists and belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  return !isZombie(pid);
}

export function isSameProcess(identity: ProcessIdentity): boolean {
  return isAlive(identity.pid) && startOf(identity.pid) === identity.started;
}

/** Sends a signal; false when nobody is there to receive it. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** A PostgreSQL server changes into its data directory, so that is how to tell it from a stranger with its old pid. */
export function isServerOf(pid: number, dataDirectory: string): boolean {
  if (!isAlive(pid)) return false;
  try {
    return realpathSync(readlinkSync(`/proc/${pid}/cwd`)) === realpathSync(dataDirectory);
  } catch {
    return commandOf(pid).includes(dataDirectory);
  }
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Calls `handler` when Node exits by itself (an uncaught error, process.exit); answers how to take that back. */
export function atExit(handler: () => void): () => void {
  process.once("exit", handler);
  return () => process.off("exit", handler);
}

/** Fields of /proc/<pid>/stat from the third on; the second may hold spaces and parentheses. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

function isZombie(pid: number): boolean {
  return statOf(pid)?.[0] === "Z";
}

/** Clock ticks since boot, with the boot's id; where there is no /proc, what `ps` says. */
function startOf(pid: number): string | undefined {
  const ticks = statOf(pid)?.[19];
  if (ticks !== undefined) return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}:${ticks}`;
  return run("ps", ["-o", "lstart=", "-p", String(pid)]) || undefined;
}

function commandOf(pid: number): string {
  return run("ps", ["-o", "command=", "-p", String(pid)]);
}

function run(command: string, args: string[]): string {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "";
  }
}
