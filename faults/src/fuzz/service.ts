import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { runningServer } from "@parley/server/store/postgres/embedded.js";
import { SignJWT, UnsecuredJWT } from "jose";
import pg from "pg";
import WebSocket from "ws";
import { endNow, type Leftovers } from "../stand/leftovers.ts";
import { deferred } from "./deferred.ts";

/** Parley as users run it, on an embedded PostgreSQL: a process of its own, whose memory can be looked at. */
export interface FuzzedService extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly hasExited: boolean;
  /** Lines of its log that tell of a fault, and whatever it wrote that is no line of its log, since the last time. */
  takeComplaints(): string[];
  /** Warnings, by their text. */
  readonly warnings: ReadonlyMap<string, number>;
  mint(claims: Readonly<Record<string, unknown>>): Promise<string>;
  /** Tokens that it must not take. */
  badTokens(): Promise<string[]>;
  /** Its memory after all garbage is collected, and what it holds open. */
  measure(): Promise<Measured>;
}

export interface Measured {
  readonly heap: number;
  readonly external: number;
  readonly resident: number;
  readonly files: number;
  readonly databaseConnections: number;
}

const START_LIMIT_MS = 60_000;
const KEPT_COMPLAINTS = 200;

export async function startFuzzed(main: string, leftovers?: Leftovers): Promise<FuzzedService> {
  const directory = mkdtempSync(join(tmpdir(), "parley-fuzz-"));
  chmodSync(directory, 0o711);
  const child = spawn(process.execPath, ["--inspect=127.0.0.1:0", main, "start"], {
    env: {
      PATH: process.env["PATH"],
      PORT: "0",
      PARLEY_DATA_DIR: directory,
      PARLEY_DEV: "0",
      PARLEY_RATE_LIMITS: "off",
      PARLEY_EDIT_WINDOW: "0",
      PARLEY_LOG_LEVEL: "info",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const goneAlready = leftovers?.add(() => {
    endNow(postmaster(directory), child.pid === undefined ? [] : [child.pid]);
    rmSync(directory, { recursive: true, force: true });
  });
  const complaints: string[] = [];
  const warnings = new Map<string, number>();
  let isStopping = false;
  const exited = deferred<void>();
  child.once("exit", (code, signal) => {
    if (!isStopping) complaints.push(`the process ended by itself: ${code ?? signal}`);
    exited.resolve();
  });
  const complain = (line: string): void => void (complaints.length < KEPT_COMPLAINTS && complaints.push(line));
  const { url, inspector } = await readOutput(child, exited.promise, (line) => sort(line, complain, warnings));
  const secret = (name: string): string => readFileSync(join(directory, "secrets", name), "utf8").trim();
  const databaseUrl = runningServer(directory, secret("database-password"));
  if (databaseUrl === undefined) throw new Error("the service has no database");
  const key = new TextEncoder().encode(secret("jwt-secret"));
  const mint = async (claims: Readonly<Record<string, unknown>>, by = key, lifetime = "6h"): Promise<string> =>
    await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: "HS256" })
      .setIssuedAt()
      .setExpirationTime(lifetime)
      .sign(by);
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    get hasExited() {
      return child.exitCode !== null || child.signalCode !== null;
    },
    takeComplaints: () => complaints.splice(0),
    warnings,
    mint: (claims) => mint(claims),
    badTokens: async () => [
      await mint({ sub: "ada" }, new TextEncoder().encode("another secret of another service, long enough")),
      await mint({ sub: "ada" }, key, "-1h"),
      await mint({}),
      await mint({ sub: "" }),
      await mint({ sub: "a\u0000b", name: "\uD800" }),
      await mint({ sub: "x".repeat(400) }),
      new UnsecuredJWT({ sub: "ada", admin: true }).encode(),
      "x",
      "a.b.c",
      "eyJhbGciOiJIUzI1NiJ9..",
      "parley_agent_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ],
    measure: () => measure(child.pid ?? 0, inspector, databaseUrl),
    async [Symbol.asyncDispose]() {
      isStopping = true;
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        await exited.promise;
      }
      rmSync(directory, { recursive: true, force: true });
      goneAlready?.();
    },
  };
}

/** The process of the embedded database, while there is one. */
function postmaster(directory: string): number[] {
  try {
    return [Number(readFileSync(join(directory, "postgres", "postmaster.pid"), "utf8").split("\n")[0])];
  } catch {
    return [];
  }
}

/** Resolves with its addresses when it is ready; all further lines go to `onLine`. */
async function readOutput(
  child: ChildProcess,
  exited: Promise<void>,
  onLine: (line: string) => void,
): Promise<{ url: string; inspector: string }> {
  let [url, inspector, early] = ["", "", ""];
  const ready = deferred<boolean>();
  const timer = setTimeout(() => ready.resolve(false), START_LIMIT_MS);
  void exited.then(() => ready.resolve(false));
  const read = (line: string): void => {
    if (line.includes('"Parley is ready"')) ({ url } = JSON.parse(line) as { url: string });
    else if (line.startsWith("Debugger listening on ")) inspector = line.slice("Debugger listening on ".length);
    else onLine(line);
    if (url !== "" && inspector !== "") ready.resolve(true);
    else early += `${line}\n`;
  };
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream?.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") read(line);
    });
  }
  const isReady = await ready.promise;
  clearTimeout(timer);
  if (isReady) return { url, inspector };
  child.kill("SIGKILL");
  throw new Error(`the service did not start:\n${early}`);
}

const HARMLESS = /^(?:For help, see|Debugger (?:attached|ending)|Waiting for the debugger|Parley is at )/;

function sort(line: string, complain: (line: string) => void, warnings: Map<string, number>): void {
  if (HARMLESS.test(line)) return;
  let entry: { level?: unknown; msg?: unknown };
  try {
    entry = JSON.parse(line) as typeof entry;
  } catch {
    complain(line);
    return;
  }
  if (entry.level === "error" || entry.level === "fatal") complain(line);
  else if (entry.level === "warn") warnings.set(String(entry.msg), (warnings.get(String(entry.msg)) ?? 0) + 1);
}

async function measure(pid: number, inspector: string, databaseUrl: string): Promise<Measured> {
  const memory = await lookInside(inspector);
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  const { rows } = await database.query<{ count: number }>(
    "SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
  );
  await database.end();
  return {
    heap: memory.heapUsed,
    external: memory.external,
    resident: memory.rss,
    files: openFiles(pid),
    databaseConnections: Number(rows[0]?.count),
  };
}

/** 0 where the system does not show it (anything but Linux). */
function openFiles(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

async function lookInside(inspector: string): Promise<NodeJS.MemoryUsage> {
  const socket = new WebSocket(inspector);
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  let id = 0;
  const ask = async (method: string, params: object = {}): Promise<unknown> => {
    id += 1;
    const answered = new Promise<string>((resolve) =>
      socket.once("message", (data: Buffer) => resolve(data.toString())),
    );
    socket.send(JSON.stringify({ id, method, params }));
    return (JSON.parse(await answered) as { result?: unknown }).result;
  };
  await ask("HeapProfiler.collectGarbage");
  await ask("HeapProfiler.collectGarbage");
  const result = (await ask("Runtime.evaluate", { expression: "JSON.stringify(process.memoryUsage())" })) as {
    result: { value: string };
  };
  socket.close();
  return JSON.parse(result.result.value) as NodeJS.MemoryUsage;
}
