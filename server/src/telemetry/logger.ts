import { pino } from "pino";
import type { DestinationStream, Logger as PinoLogger, LoggerOptions } from "pino";
import pretty from "pino-pretty";
import type { LogLevel } from "../config/config.ts";

export type Logger = PinoLogger;

export interface LoggerDeps {
  readonly level: LogLevel;
  /** For people: colours and one short line each. Otherwise JSON. */
  readonly pretty: boolean;
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

const MASK = "[redacted]";

/** Wherever these appear in a logged object, down to the depth anything of ours has, their values stay out. */
const SECRET_KEYS = ["token", "authorization", "cookie", "password", "secret", "connectionString"];
const SECRET_HEADERS = ["authorization", "cookie", "set-cookie", "sec-websocket-protocol", "proxy-authorization"];
/** PostgreSQL's errors quote the row they are about, and rows are what people wrote to each other. */
const ERROR_PARTS = ["detail", "where", "internalQuery"];

/** A logger whose lines hold no secrets: tokens in headers, in `?token=` and under the usual names are masked. */
export function createLogger({ level, pretty: isPretty, destination }: LoggerDeps): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: redactedPaths(), censor: MASK },
    serializers: { req: requestLine, err: pino.stdSerializers.err },
  };
  if (!isPretty) return destination === undefined ? pino(options) : pino(options, destination);
  const stream = pretty({
    sync: true,
    ignore: "pid,hostname",
    translateTime: "HH:MM:ss",
    ...(destination === undefined ? {} : { destination }),
  });
  return pino(options, stream);
}

/** The path as it may be logged: what `token` and `access_token` carry is masked. */
export function redactUrl(url: string): string {
  return url.replaceAll(/([?&](?:access_)?token=)[^&#]*/gi, `$1${MASK}`);
}

function redactedPaths(): string[] {
  const keys = SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);
  const headers = SECRET_HEADERS.flatMap((name) => [`headers["${name}"]`, `*.headers["${name}"]`]);
  const parts = ERROR_PARTS.flatMap((part) => [`err.${part}`, `error.${part}`, `err.cause.${part}`]);
  return [...keys, ...headers, ...parts];
}

interface LoggedRequest {
  readonly id?: unknown;
  readonly method?: string;
  readonly url?: string;
  readonly ip?: string;
}

/** Headers and body are left out altogether. */
function requestLine(request: LoggedRequest): Record<string, unknown> {
  const { id, method, url, ip } = request;
  return { id, method, url: url === undefined ? undefined : redactUrl(url), address: ip };
}
