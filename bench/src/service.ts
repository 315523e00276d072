import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runningServer } from "@parley/server/store/postgres/embedded.js";
import { SignJWT } from "jose";
import pg from "pg";
import { atEnd, folderAt } from "./machine/ending.ts";
import { collectGarbage, hangUp, heapAfterGarbage, INSPECT, inspectorOf } from "./machine/inspector.ts";
import type { Watched } from "./machine/usage.ts";

const MAIN = fileURLToPath(import.meta.resolve("@parley/server/main.js"));

const HANG_UP_EVERY_MS = 100;

/** Parley as users run it, in a process of its own on an embedded PostgreSQL with fsync on; limits are off. */
export interface Service extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** Of its database, for setting the stage and for rivals. */
  readonly connectionString: string;
  /** Service, database and this process, to be watched apart. */
  readonly processes: Watched;
  /** Where it was started inspectable. */
  collectGarbage(): Promise<void>;
  /** Bytes of its heap that are no garbage; where it was started inspectable. */
  heap(): Promise<number>;
  /** A token of the user with this id, for a stage that was set by SQL. */
  tokenOf(userId: string): Promise<string>;
}

export interface ServiceOptions {
  /** Writes a CPU profile of the service into this directory when it ends. */
  readonly profileInto?: string | undefined;
  /** Its garbage can be collected from outside, so that its memory can be compared. */
  readonly isInspectable?: boolean;
  /** Its data directory, which is left where it is; by default one of its own, which ends with it. */
  readonly directory?: string;
}

export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const { profileInto, isInspectable } = options;
  const folder = folderAt(options.directory, "parley-bench-");
  const directory = folder.path;
  const profile = profileInto === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileInto}`];
  const child = spawn(process.execPath, [...profile, ...(isInspectable ? [INSPECT] : []), MAIN, "start"], {
    env: {
      PATH: process.env["PATH"],
      PORT: "0",
      PARLEY_DATA_DIR: directory,
      PARLEY_DEV: "0",
      PARLEY_RATE_LIMITS: "off",
      PARLEY_LOG_LEVEL: "info",
    },
    stdio: ["ignore", "pipe", isInspectable ? "pipe" : "inherit"],
  });
  const inspector = isInspectable ? inspectorOf(child) : undefined;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = atEnd(async () => {
    child.kill("SIGTERM");
    // Again and again: whoever looks at its heap may ask once more while it ends, and then it would wait for them.
    const hangingUp = setInterval(hangUp, HANG_UP_EVERY_MS);
    await ended;
    clearInterval(hangingUp);
    await folder[Symbol.asyncDispose]();
  });
  const url = await addressOf(child);
  const connectionString = runningServer(directory, secretOf(directory, "database-password"));
  if (connectionString === undefined) throw new Error("the service has no database");
  const key = new TextEncoder().encode(secretOf(directory, "jwt-secret"));
  const pid = child.pid ?? 0;
  return {
    url,
    pid,
    connectionString,
    processes: { service: pid, database: await serverOf(connectionString), generator: process.pid },
    tokenOf: (userId) =>
      new SignJWT({})
        .setProtectedHeader({ alg: "HS256" })
        .setSubject(`bench:${userId}`)
        .setIssuedAt()
        .setExpirationTime("6h")
        .sign(key),
    collectGarbage: async () => await collectGarbage(await inspector),
    heap: async () => await heapAfterGarbage(await inspector),
    [Symbol.asyncDispose]: stop,
  };
}

/** A secret that the service made for itself in its data directory. */
export function secretOf(directory: string, name: string): string {
  return readFileSync(join(directory, "secrets", name), "utf8").trim();
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.stdout?.on("data", (chunk) => {
      if (output === "ready") return;
      output += String(chunk);
      const line = output
        .split("\n")
        .find((candidate) => candidate.includes('"Parley is ready"') && candidate.endsWith("}"));
      if (!line) return;
      output = "ready";
      resolve((JSON.parse(line) as { url: string }).url);
    });
    child.once("exit", (code) => reject(new Error(`Parley ended with ${code} before it was ready:\n${output}`)));
  });
}

/** The process of the database server: the parent of any connection's. */
async function serverOf(connectionString: string): Promise<number> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const stat = readStat(rows[0]?.pid ?? 0);
  await client.end();
  return stat;
}

function readStat(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0;
  }
}
