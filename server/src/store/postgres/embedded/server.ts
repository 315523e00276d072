import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { platform } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { isAlive, isServerOf, signal } from "./processes.ts";
import { SETTINGS } from "./settings.ts";

/** Recovering a long log may take minutes, and would begin anew if it were cut short. */
const START_LIMIT_MS = 600_000;
const FAST_STOP_LIMIT_MS = 8_000;
const MEMORY_LIMIT_MS = 15_000;
const POLL_MS = 15;
const SOCKET_PORT = 5432;
const SOCKET = `.s.PGSQL.${SOCKET_PORT}`;
/** No process has this pid: Linux' highest is one less, others' are lower. */
const NOBODY = 4_194_304;

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface RunningServer {
  readonly pid: number;
  readonly endpoint: Endpoint;
  /** Resolves when the server is gone, whoever ended it. */
  readonly exited: Promise<void>;
  /** Ends it; resolves when it is gone. */
  end(): Promise<void>;
}

export interface ServerOptions {
  readonly directory: string;
  readonly endpoint: Endpoint;
  readonly binaries: Binaries;
  readonly account: Account | undefined;
  /** Only tests that are not about durability turn it off. */
  readonly fsync: boolean;
}

/** Starts the server and waits until it accepts connections (after a crash: until it has recovered). */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  forgetStranger(options.directory);
  const deadline = performance.now() + MEMORY_LIMIT_MS;
  for (;;) {
    const child = launch(options);
    const failure = await whenReady(child, options.directory);
    if (failure === undefined) return running(child, options.endpoint);
    // The backends of a server that was killed alone hold its memory until they notice, a moment later.
    if (!failure.includes("shared memory block") || performance.now() > deadline) throw new Error(failure);
    await sleep(200);
  }
}

/** Where the cluster's server listens, as its status file says; undefined when none runs. */
export function runningEndpoint(directory: string): Endpoint | undefined {
  const [pid, , , port, socketDirectory, address] = statusLines(directory);
  if (!isServerOf(Number(pid), directory)) return undefined;
  return { host: socketDirectory?.trim() || address?.trim() || "127.0.0.1", port: Number(port) };
}

/** Ends a server that outlived its Parley. Transactions in flight are rolled back, which is what their end means. */
export async function stopOrphan(directory: string, log: (line: string) => void): Promise<void> {
  const pid = serverPid(directory);
  if (pid === undefined || !isServerOf(pid, directory)) return;
  log(`stopping the PostgreSQL (process ${pid}) that an earlier Parley left running`);
  await stopServer(pid);
}

/** Fast shutdown; when that takes too long, immediate shutdown, from which the next start recovers. */
async function stopServer(pid: number): Promise<void> {
  signal(pid, "SIGINT");
  if (await isGoneWithin(pid, FAST_STOP_LIMIT_MS)) return;
  signal(pid, "SIGQUIT");
  if (await isGoneWithin(pid, FAST_STOP_LIMIT_MS)) return;
  throw new Error(`PostgreSQL (process ${pid}) does not stop`);
}

function serverPid(directory: string): number | undefined {
  const pid = Number(statusLines(directory)[0]);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

function launch({ directory, endpoint: { host, port }, binaries, account, fsync }: ServerOptions): ChildProcess {
  const overSocket = host.startsWith("/");
  const settings: Record<string, string> = {
    ...SETTINGS,
    listen_addresses: overSocket ? "" : host,
    unix_socket_directories: overSocket ? host : "",
    unix_socket_permissions: "0700",
    ...(fsync ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const output = openSync(startLog(directory), "w", 0o600);
  // Its own session: Ctrl-C in a terminal reaches Node alone, which lets sends in flight commit before it stops this.
  const child = spawn(binaries.postgres, ["-D", directory, "-p", String(port), ...flags], {
    ...account,
    env: { TZ: "UTC" },
    detached: true,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  child.unref();
  return child;
}

/** undefined when it is ready, else why it is not. */
async function whenReady(child: ChildProcess, directory: string): Promise<string | undefined> {
  let ended: string | undefined;
  child.once("exit", (code, by) => (ended = `PostgreSQL ended while starting (${by ?? `code ${code}`})`));
  child.once("error", (error) => (ended = `PostgreSQL could not be started: ${error.message}`));
  const deadline = performance.now() + START_LIMIT_MS;
  while (performance.now() < deadline) {
    if (ended !== undefined) return `${ended}: ${lastWords(directory)}`;
    const lines = statusLines(directory);
    // The last line of postmaster.pid; this is how pg_ctl waits, too.
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === "ready") return undefined;
    await sleep(POLL_MS);
  }
  return `PostgreSQL was not ready after ${START_LIMIT_MS / 1000} s: ${lastWords(directory)}`;
}

function running(child: ChildProcess, endpoint: Endpoint): RunningServer {
  const { pid } = child;
  if (pid === undefined) throw new Error("PostgreSQL runs, but has no pid");
  const exited = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once("exit", () => resolve());
  });
  const end = async (): Promise<void> => {
    // Otherwise Node, having nothing else to do, would end before it hears of the exit.
    child.ref();
    await stopServer(pid);
    await exited;
  };
  return { pid, endpoint, exited, end };
}

/**
 * PostgreSQL refuses to start while a process has the pid of the server before. After a reboot or in a new container
 * that may be anybody's, and in a container whose first process reaps no children it is the killed server's zombie.
 * Only the pid is blotted out: the rest of the file still lets PostgreSQL find memory in use.
 */
function forgetStranger(directory: string): void {
  const pid = serverPid(directory);
  if (pid !== undefined && isServerOf(pid, directory)) return;
  const [, ...rest] = statusLines(directory);
  if (pid !== undefined) writeFileSync(join(directory, "postmaster.pid"), [String(NOBODY), ...rest].join("\n"));
  for (const name of [SOCKET, `${SOCKET}.lock`]) rmSync(join(directory, name), { force: true });
}

function statusLines(directory: string): string[] {
  try {
    return readFileSync(join(directory, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return [];
  }
}

function startLog(directory: string): string {
  return `${directory}-start.log`;
}

function lastWords(directory: string): string {
  const path = startLog(directory);
  const lines = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
  return lines.find((line) => line.includes("FATAL")) ?? lines.at(-1) ?? "it said nothing";
}

/** Socket paths end at 107 bytes (103 on macOS); below a longer one the server listens on a loopback port. */
export async function chooseEndpoint(directory: string): Promise<Endpoint> {
  if (platform() !== "win32" && Buffer.byteLength(join(directory, SOCKET)) <= 103) {
    return { host: directory, port: SOCKET_PORT };
  }
  return { host: "127.0.0.1", port: await freePort() };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

async function isGoneWithin(pid: number, limit: number): Promise<boolean> {
  const deadline = performance.now() + limit;
  while (isAlive(pid)) {
    if (performance.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}
