import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runningServer } from "@parley/server/store/postgres/embedded.js";
import { SignJWT } from "jose";

const MAIN = fileURLToPath(import.meta.resolve("@parley/server/main.js"));

/** Parley as users run it, in a process of its own on an embedded PostgreSQL with fsync on; limits are off. */
export interface Service extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** Of its database, for setting the stage and for rivals. */
  readonly connectionString: string;
  /** A token of the user with this id, for a stage that was set by SQL. */
  tokenOf(userId: string): Promise<string>;
}

export async function startService(): Promise<Service> {
  const directory = mkdtempSync(join(tmpdir(), "parley-bench-"));
  chmodSync(directory, 0o711);
  const child = spawn(process.execPath, [MAIN, "start"], {
    env: { PATH: process.env["PATH"], PORT: "0", PARLEY_DATA_DIR: directory, PARLEY_DEV: "0", PARLEY_RATE_LIMITS: "off", PARLEY_LOG_LEVEL: "info" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await addressOf(child);
  const secret = (name: string): string => readFileSync(join(directory, "secrets", name), "utf8").trim();
  const connectionString = runningServer(directory, secret("database-password"));
  if (connectionString === undefined) throw new Error("the service has no database");
  const key = new TextEncoder().encode(secret("jwt-secret"));
  return {
    url,
    pid: child.pid ?? 0,
    connectionString,
    tokenOf: (userId) =>
      new SignJWT({}).setProtectedHeader({ alg: "HS256" }).setSubject(`bench:${userId}`).setIssuedAt().setExpirationTime("6h").sign(key),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await new Promise((resolve) => child.once("exit", resolve));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.stdout?.on("data", (chunk) => {
      output += String(chunk);
      const line = output.split("\n").find((candidate) => candidate.includes('"Parley is ready"') && candidate.endsWith("}"));
      if (line) resolve((JSON.parse(line) as { url: string }).url);
    });
    child.once("exit", (code) => reject(new Error(`Parley ended with ${code} before it was ready:\n${output}`)));
  });
}
