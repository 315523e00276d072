import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Environment } from "./env.ts";
import { address, duration, flag, integer, isPublicHost, list, oneOf, origin, proxies, rate } from "./values.ts";
import type { Rate } from "./values.ts";

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What the settings mean. Frozen, and free of secrets: it may be logged. */
export interface Config {
  /** HOST, default 127.0.0.1. */
  readonly host: string;
  /** PORT, default 8080; 0 takes any free one. */
  readonly port: number;
  /** PARLEY_PUBLIC_URL: how users reach this instance. Default: the address it listens on. */
  readonly publicUrl: string | undefined;
  /** PARLEY_DATA_DIR as an absolute path, default ./data. */
  readonly dataDirectory: string;
  /** No DATABASE_URL: Parley runs a PostgreSQL of its own in the data directory. */
  readonly embeddedDatabase: boolean;
  /** PARLEY_DEV: demo users and login links. Default on when nothing is configured. */
  readonly dev: boolean;
  readonly auth: AuthConfig;
  /** undefined when PARLEY_WEB is off: then the web app is not served. Default on. */
  readonly web: WebConfig | undefined;
  /** PARLEY_CORS_ORIGINS: which web origins may call, default none but its own; `*` for all. */
  readonly corsOrigins: readonly string[];
  readonly tls: TlsConfig | undefined;
  /** PARLEY_TRUST_PROXY: proxies whose X-Forwarded-For is believed, by number or by address. */
  readonly trustProxy: number | readonly string[] | undefined;
  readonly messages: MessageConfig;
  /** undefined when PARLEY_RATE_LIMITS is off. */
  readonly rates: RateConfig | undefined;
  /** PARLEY_LOG_LEVEL, default info. */
  readonly logLevel: LogLevel;
}

export interface AuthConfig {
  /** PARLEY_JWKS_URL: public keys of the OpenID provider. */
  readonly jwksUrl: string | undefined;
  /** PARLEY_JWT_ISSUER and PARLEY_JWT_AUDIENCE: checked when set. */
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
}

/** How people of the host application are signed in to the web app. */
export interface WebConfig {
  /** PARLEY_WEB_TOKEN_URL: where the host application answers the token of whoever is signed in there. */
  readonly tokenUrl: string | undefined;
  /** PARLEY_WEB_SIGN_IN_URL: where one signs in there. */
  readonly signInUrl: string | undefined;
  /** PARLEY_WEB_FRAME_ORIGINS: whose pages may show the web app in a frame and hand it a token, default none. */
  readonly frameOrigins: readonly string[];
}

/** PARLEY_TLS_CERT and PARLEY_TLS_KEY: paths of PEM files. */
export interface TlsConfig {
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface MessageConfig {
  /** PARLEY_EDIT_WINDOW in milliseconds, default 15m; 0 is no limit. */
  readonly editWindowMs: number;
  /** PARLEY_RESTORE_WINDOW in milliseconds, default 30d: how long deleted messages can be restored; then they are forgotten. */
  readonly restoreWindowMs: number;
  /** PARLEY_MAX_CONTENT in characters, default 10,000. */
  readonly maxContent: number;
}

export interface RateConfig {
  /** PARLEY_RATE_SENDS: messages per user, default 10/s with burst 60. */
  readonly sends: Rate;
  /** PARLEY_RATE_SUPPORT: messages of a customer in support, default 10/min, 100/h and 500/day. */
  readonly support: readonly Rate[];
  /** PARLEY_RATE_CONVERSATION: messages in one conversation, default 50/s. */
  readonly conversation: Rate;
  /** PARLEY_RATE_AUTH_FAILURES: failed authentications per address, default 30/min. */
  readonly authFailures: Rate;
  /** PARLEY_RATE_REQUESTS: requests and socket commands of a user, default 50/s with burst 500. */
  readonly requests: Rate;
  /** PARLEY_RATE_ADDRESSES: the same of an address, whoever they come from, default 200/s with burst 2,000. */
  readonly addresses: Rate;
}

/** Settings that make it an installation rather than a try-out. HOST and PORT alone do not. */
const CONFIGURED_BY = [
  "DATABASE_URL",
  "NATS_URL",
  "PARLEY_JWT_SECRET",
  "PARLEY_JWKS_URL",
  "PARLEY_JWT_ISSUER",
  "PARLEY_JWT_AUDIENCE",
  "PARLEY_MASTER_KEY",
  "PARLEY_PUBLIC_URL",
  "PARLEY_CORS_ORIGINS",
  "PARLEY_TLS_CERT",
  "PARLEY_TLS_KEY",
  "PARLEY_TRUST_PROXY",
] as const;

/** Reads all settings but the secrets; mistakes are noted in the environment, so that all are reported together. */
export function readConfig(env: Environment): Config {
  const host = env.read("HOST", String, "127.0.0.1");
  const config: Config = {
    host,
    port: env.read("PORT", integer(0, 65_535), 8080),
    publicUrl: env.read("PARLEY_PUBLIC_URL", address("https", "http"), undefined),
    dataDirectory: resolve(env.read("PARLEY_DATA_DIR", String, "./data")),
    embeddedDatabase: !env.has("DATABASE_URL"),
    dev: readDev(env, host),
    auth: Object.freeze({
      jwksUrl: env.read("PARLEY_JWKS_URL", address("https", "http"), undefined),
      issuer: env.read("PARLEY_JWT_ISSUER", String, undefined),
      audience: env.read("PARLEY_JWT_AUDIENCE", String, undefined),
    }),
    web: readWeb(env),
    corsOrigins: env.read("PARLEY_CORS_ORIGINS", list(origin), Object.freeze([])),
    tls: readTls(env),
    trustProxy: env.read("PARLEY_TRUST_PROXY", proxies, undefined),
    messages: Object.freeze({
      editWindowMs: env.read("PARLEY_EDIT_WINDOW", duration, 15 * 60_000),
      restoreWindowMs: env.read("PARLEY_RESTORE_WINDOW", duration, 30 * 86_400_000),
      maxContent: env.read("PARLEY_MAX_CONTENT", integer(1, 100_000), 10_000),
    }),
    rates: readRates(env),
    logLevel: env.read("PARLEY_LOG_LEVEL", oneOf(LOG_LEVELS), "info"),
  };
  if (env.has("NATS_URL")) {
    env.mistake("NATS_URL is set, but this version has only the in-process bus: unset it");
  }
  return Object.freeze(config);
}

function readDev(env: Environment, host: string): boolean {
  const configured = CONFIGURED_BY.some((name) => env.has(name));
  const dev = env.read("PARLEY_DEV", flag, !configured && !isPublicHost(host));
  if (dev && isPublicHost(host)) {
    env.mistake(
      `PARLEY_DEV lets everyone log in as anyone, so it does not run on ${host}: set HOST=127.0.0.1 or PARLEY_DEV=0`,
    );
  }
  return dev;
}

function readWeb(env: Environment): WebConfig | undefined {
  const frameOrigins = env.read<readonly string[], readonly string[]>(
    "PARLEY_WEB_FRAME_ORIGINS",
    list(origin),
    Object.freeze([]),
  );
  if (frameOrigins.includes("*"))
    env.mistake("PARLEY_WEB_FRAME_ORIGINS names who may hand over tokens, so * is not taken: name each origin");
  const web = Object.freeze({
    tokenUrl: env.read("PARLEY_WEB_TOKEN_URL", address("https", "http"), undefined),
    signInUrl: env.read("PARLEY_WEB_SIGN_IN_URL", address("https", "http"), undefined),
    frameOrigins,
  });
  return env.read("PARLEY_WEB", flag, true) ? web : undefined;
}

function readTls(env: Environment): TlsConfig | undefined {
  const certificateFile = env.read("PARLEY_TLS_CERT", String, undefined);
  const keyFile = env.read("PARLEY_TLS_KEY", String, undefined);
  if (certificateFile === undefined && keyFile === undefined) return undefined;
  if (certificateFile === undefined || keyFile === undefined) {
    env.mistake("PARLEY_TLS_CERT and PARLEY_TLS_KEY belong together: set both or none");
    return undefined;
  }
  for (const [name, file] of [
    ["PARLEY_TLS_CERT", certificateFile],
    ["PARLEY_TLS_KEY", keyFile],
  ] as const) {
    if (!existsSync(file)) env.mistake(`${name} names a file that does not exist: ${file}`);
  }
  return Object.freeze({ certificateFile: resolve(certificateFile), keyFile: resolve(keyFile) });
}

function readRates(env: Environment): RateConfig | undefined {
  // All are read even when they are switched off, so that a mistake in one is still reported.
  const rates = Object.freeze({
    sends: env.read("PARLEY_RATE_SENDS", rate, rate("10/s:60")),
    support: env.read("PARLEY_RATE_SUPPORT", list(rate), list(rate)("10/min,100/h,500/day")),
    conversation: env.read("PARLEY_RATE_CONVERSATION", rate, rate("50/s")),
    authFailures: env.read("PARLEY_RATE_AUTH_FAILURES", rate, rate("30/min")),
    requests: env.read("PARLEY_RATE_REQUESTS", rate, rate("50/s:500")),
    addresses: env.read("PARLEY_RATE_ADDRESSES", rate, rate("200/s:2000")),
  });
  return env.read("PARLEY_RATE_LIMITS", flag, true) ? rates : undefined;
}
