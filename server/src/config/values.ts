import { isIP } from "node:net";

/** Readers of single values: each answers the value, or throws a ValueError that says what was expected. */

export class ValueError extends Error {}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const WINDOWS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3_600, day: 86_400 };

export interface Rate {
  readonly count: number;
  readonly seconds: number;
  /** How many may come at once after a pause; at least `count`. */
  readonly burst: number;
}

/** `90s`, `15m`, `2h`, `30d`, `250ms`, or `0`; in milliseconds. */
export function duration(text: string): number {
  if (text === "0") return 0;
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  const unit = UNITS[match?.[2] ?? ""];
  if (match === null || unit === undefined) throw new ValueError("must be a duration like 90s, 15m, 2h, 30d or 0");
  return Math.round(Number(match[1]) * unit);
}

export function integer(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) throw new ValueError(`must be a whole number from ${least} to ${most}`);
    return value;
  };
}

export function flag(text: string): boolean {
  const value = text.toLowerCase();
  if (["1", "on", "true", "yes"].includes(value)) return true;
  if (["0", "off", "false", "no"].includes(value)) return false;
  throw new ValueError("must be on or off");
}

export function oneOf<const T extends string>(values: readonly T[]): (text: string) => T {
  return (text) => {
    const value = values.find((candidate) => candidate === text.toLowerCase());
    if (value === undefined) throw new ValueError(`must be one of ${values.join(", ")}`);
    return value;
  };
}

/** An address of one of the protocols, without a trailing slash. */
export function address(...protocols: readonly string[]): (text: string) => string {
  return (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !protocols.includes(url.protocol.slice(0, -1))) {
      throw new ValueError(`must be an address that begins with ${protocols.map((name) => `${name}://`).join(" or ")}`);
    }
    return text.replace(/\/+$/, "");
  };
}

export function list<T>(parse: (item: string) => T): (text: string) => readonly T[] {
  return (text) =>
    Object.freeze(
      text
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== "")
        .map(parse),
    );
}

/** `https://app.example.com`, or `*` for every origin. */
export function origin(text: string): string {
  if (text === "*") return text;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.origin === "null" || url.origin !== text.replace(/\/$/, "")) {
    throw new ValueError(`must list origins like https://app.example.com (${text} is none)`);
  }
  return url.origin;
}

/** How many proxies stand in front, or which addresses and networks they have. */
export function proxies(text: string): number | readonly string[] {
  if (/^\d$/.test(text)) return Number(text);
  return list((item) => {
    const [host = "", bits] = item.split("/");
    const version = isIP(host);
    const widest = version === 4 ? 32 : 128;
    if (version === 0 || (bits !== undefined && !(/^\d+$/.test(bits) && Number(bits) <= widest))) {
      throw new ValueError("must be the number of proxies in front (1), or their addresses (10.0.0.1, 10.0.0.0/8)");
    }
    return item;
  })(text);
}

/** `10/s`, `30/min`, `100/h`, `500/day`; with a burst `10/s:60`. */
export function rate(text: string): Rate {
  const match = /^(\d+)\/(s|min|h|day)(?::(\d+))?$/.exec(text);
  const seconds = WINDOWS[match?.[2] ?? ""];
  const count = Number(match?.[1]);
  if (match === null || seconds === undefined || count < 1) {
    throw new ValueError("must be a rate like 10/s, 30/min, 100/h or 500/day, with a burst 10/s:60");
  }
  const burst = match[3] === undefined ? count : Number(match[3]);
  if (burst < count) throw new ValueError("must have a burst that is at least its rate");
  return Object.freeze({ count, seconds, burst });
}

/** Whether others than this machine can reach a server that listens there. */
export function isPublicHost(host: string): boolean {
  return !(host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host));
}
