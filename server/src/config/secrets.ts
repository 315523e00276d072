import { hkdfSync, randomBytes, randomUUID } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "./env.ts";
import { ValueError } from "./values.ts";

/** What must never be logged. */
export interface Secrets {
  /** DATABASE_URL; undefined with the embedded database. */
  readonly databaseUrl: string | undefined;
  /** Of the embedded database's superuser. */
  readonly databasePassword: string;
  /** PARLEY_JWT_SECRET, at least 32 bytes: signs and verifies HS256 tokens. */
  readonly jwtSecret: string;
  /** Keys the hashes that recognise a repeated send. */
  readonly fingerprintKey: Uint8Array;
}

/** The secrets the environment gives; the others are made at the first start. */
export interface GivenSecrets {
  readonly databaseUrl: string | undefined;
  readonly jwtSecret: string | undefined;
  /** PARLEY_MASTER_KEY: all keys but the JWT secret derive from it. Nodes that share a database share it. */
  readonly masterKey: string | undefined;
}

const SHORTEST_SECRET = 32;
const KEY_BYTES = 32;

export function readSecrets(env: Environment): GivenSecrets {
  return Object.freeze({
    databaseUrl: env.secret("DATABASE_URL", databaseAddress),
    jwtSecret: env.secret("PARLEY_JWT_SECRET", longEnough),
    masterKey: env.secret("PARLEY_MASTER_KEY", longEnough),
  });
}

/** Node's URL knows no address without a host, which is how one with a socket (`?host=/directory`) looks. */
function databaseAddress(text: string): string {
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text.replace("@/", "@socket/"))) return text;
  throw new ValueError("must look like postgresql://user:password@host:5432/database");
}

function longEnough(text: string): string {
  if (Buffer.byteLength(text) < SHORTEST_SECRET) {
    throw new ValueError(`must be at least ${SHORTEST_SECRET} bytes long (openssl rand -base64 48 makes one)`);
  }
  return text;
}

export function secretsDirectory(dataDirectory: string): string {
  return join(dataDirectory, "secrets");
}

/**
 * Completes the given secrets with those in the data directory, making what is missing: files of mode 0600 in a
 * directory of mode 0700. What was made once is read ever after, or nobody could log in after a restart.
 */
export function loadSecrets(given: GivenSecrets, dataDirectory: string): Secrets {
  makeDataDirectory(dataDirectory);
  const directory = secretsDirectory(dataDirectory);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  const masterKey = given.masterKey ?? keep(join(directory, "master-key"));
  return Object.freeze({
    databaseUrl: given.databaseUrl,
    databasePassword: keep(join(directory, "database-password")),
    jwtSecret: given.jwtSecret ?? keep(join(directory, "jwt-secret")),
    fingerprintKey: derive(masterKey, "fingerprint"),
  });
}

/**
 * Others may pass through it (under root PostgreSQL runs as somebody else and must reach its cluster) but not look
 * around; everything in it has a mode of its own.
 */
function makeDataDirectory(path: string): void {
  if (mkdirSync(path, { recursive: true }) !== undefined) chmodSync(path, 0o711);
}

/** Reads the secret, or makes it. `link` never replaces a file, so of two starting processes one wins and both agree. */
function keep(path: string): string {
  const found = readIfThere(path);
  if (found !== undefined) return found;
  const fresh = `${path}.${randomUUID()}`;
  writeFileSync(fresh, `${randomBytes(KEY_BYTES).toString("base64url")}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(fresh, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(fresh);
  }
  return readFileSync(path, "utf8").trim();
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim() || undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Each purpose has a key of its own (HKDF, RFC 5869), so that one never helps against another. */
function derive(masterKey: string, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", masterKey, "", `parley ${purpose}`, KEY_BYTES));
}
