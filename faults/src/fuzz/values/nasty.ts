import { randomUUID } from "node:crypto";
import type { Random } from "../../random.ts";
import { Pairs, Verbatim } from "./json.ts";
import { cursorOf, POSITIONS } from "./positions.ts";

/** What clients send who have it wrong, or mean it. */

const NUMBERS: readonly unknown[] = [
  0,
  -1,
  -0,
  0.5,
  1.5,
  255,
  256,
  2_147_483_647,
  2_147_483_648,
  -2_147_483_649,
  4_294_967_296,
  9_007_199_254_740_991,
  9_007_199_254_740_992,
  -9_007_199_254_740_992,
  1e21,
  1e300,
  5e-324,
  ...[
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "1e400",
    "-1e400",
    "NaN",
    "Infinity",
    "-Infinity",
    "01",
    "+1",
    ".5",
    "1.",
    "0x10",
    "1_000",
    "9".repeat(400),
    `0.${"0".repeat(400)}1`,
  ].map((text) => new Verbatim(text)),
];

const TEXTS: readonly string[] = [
  "",
  " ",
  "\n",
  "\t\r\n",
  "x",
  "0",
  "null",
  "undefined",
  "true",
  "NaN",
  "\0",
  "a\0b",
  "\u0001\u001F\u007F",
  "\uD800",
  "a\uDC00b",
  "\uDC00\uD800",
  "\uFEFF",
  "\uFFFE\uFFFF",
  "\u202E\u2066\u200B\u200D\u00AD",
  "مرحبا بالعالم",
  "שלום",
  "e\u0301\u0327\u0323".repeat(20),
  "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L",
  "ﷺ".repeat(30),
  "ẞßİıſ",
  "👨‍👩‍👧‍👦",
  "👨‍👩‍👧‍👦".repeat(40),
  "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
  "\u{10FFFF}",
  "\u2028\u2029",
  "' OR 1=1; --",
  String.raw`\'; DROP TABLE messages; --`,
  "%s%n%x",
  "${7*7}{{7*7}}",
  "<script>alert(1)</script>",
  "</mark><img src=x onerror=alert(1)>",
  "../../../../etc/passwd",
  "javascript:alert(1)",
  "http://[::1",
  "http://\u0000",
  "https://xn--/",
  "a & b | !c:* <-> (d",
  "((((((((((",
  ":*:*:*",
  "\\",
  '"',
  "'",
  "@ada @grace @everyone @".repeat(50),
  "@".repeat(2_000),
  ":thumbsup:",
  ":" + "a".repeat(64) + ":",
  "00000000-0000-0000-0000-000000000000",
  "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
  "{00000000-0000-7000-8000-000000000000}",
  "00000000-0000-7000-8000-00000000000g",
  "0195c9a000007000800000000000000a",
  "9999-12-31T23:59:59.999Z",
  "9999-12-31T23:59:59.999-14:00",
  "1969-12-31T23:59:59Z",
  "0000-01-01T00:00:00Z",
  "+275760-09-13T00:00:00.000Z",
  "2026-02-30T00:00:00Z",
  "2026-13-45",
  "2026-03-01T24:00:00Z",
  "2026-03-01T23:59:60Z",
  "2026-03-01",
  "infinity",
  "-infinity",
  "epoch",
  "now",
  "2026-03-01T09:30:00.123456789123456789Z",
  "constructor",
  "__proto__",
  "toString",
  "hasOwnProperty",
  "x".repeat(255),
  "x".repeat(256),
  "é".repeat(256),
  "x".repeat(2_001),
  "x".repeat(10_000),
  "x".repeat(10_001),
  "🦆".repeat(5_001),
  "word ".repeat(2_000),
];

/** Costly to send: seldom. */
const HUGE: readonly (() => unknown)[] = [
  () => "x".repeat(100_000),
  () => "\u0000".repeat(10_000),
  () => "🦆".repeat(60_000),
  () => Array.from({ length: 20_000 }, (_, index) => index),
  () => Array.from({ length: 2_000 }, () => randomUUID()),
  () => nested(500),
  () => new Verbatim(`${"[".repeat(50_000)}${"]".repeat(50_000)}`),
  () => new Verbatim(`${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`),
  () => Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`k${index}`, index])),
];

const OTHERS: readonly (() => unknown)[] = [
  () => null,
  () => true,
  () => false,
  () => [],
  () => [null],
  () => [[], {}],
  () => [[[[[]]]]],
  () => ({}),
  () => ({ a: null }),
  () => ({ type: "x", toString: 1, length: -1, valueOf: "x" }),
  () => new Pairs([["__proto__", { admin: true }]]),
  () => new Pairs([["constructor", { prototype: { admin: true } }]]),
  () => new Pairs([["\0", 1]]),
  () => new Pairs([["\uD800", 1]]),
  () => new Pairs([["", ""]]),
  () =>
    new Pairs([
      ["a", 1],
      ["a", 2],
    ]),
  () => nested(31),
  () => nested(32),
  () => nested(33),
  () => nested(40),
  () => new Verbatim(""),
  () => new Verbatim("undefined"),
  () => new Verbatim("'x'"),
  () => new Verbatim(String.raw`"\ud800"`),
  () => new Verbatim(String.raw`"\u0000"`),
  () => new Verbatim(String.raw`"\x41"`),
  () => new Verbatim('"\u0000"'),
  () => new Verbatim('"\n"'),
  () => new Verbatim("/* x */ 1"),
];

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let i = 0; i < depth; i += 1) value = i % 2 === 0 ? { a: value } : [value];
  return value;
}

export function nastyText(random: Random): string {
  return random.chance(0.15) ? noise(random, random.between(1, 40)) : random.pick(TEXTS);
}

export function nastyValue(random: Random): unknown {
  const which = random.next();
  if (which < 0.45) return nastyText(random);
  if (which < 0.7) return random.pick(NUMBERS);
  if (which < 0.995) return random.pick(OTHERS)();
  return random.pick(HUGE)();
}

/** Code units of every kind, lone surrogates with them. */
function noise(random: Random, length: number): string {
  const bounds = random.pick([0x7f, 0xff, 0x7_ff, 0xff_ff]);
  return String.fromCharCode(...Array.from({ length }, () => random.between(0, bounds)));
}

/** A cursor: one of the wrong kind, or one that was right and is not quite any more. */
export function nastyCursor(random: Random, known: string | undefined): string {
  if (known === undefined || random.chance(0.4)) return cursorOf(random.pick(POSITIONS));
  const bytes = Buffer.from(known, "base64url");
  if (bytes.length === 0) return known.slice(1);
  if (random.chance(0.5)) {
    const digits = bytes.toString().replace(/\d+/, () => String(random.pick([0, -1, 1e15, 9e15, 1e300])));
    return Buffer.from(digits).toString("base64url");
  }
  bytes[random.between(0, bytes.length - 1)] = random.between(0, 255);
  return bytes.toString("base64url");
}

/** For a place in a path or a query, as it is written there. */
const WRITTEN: readonly string[] = [
  "",
  "x",
  "null",
  "undefined",
  "-1",
  "-0",
  "1e3",
  "0x10",
  "1.5",
  "+1",
  "%20",
  "%00",
  "a%00b",
  "%0d%0aX-A:%201",
  "%F0%9F%98%80",
  "%ED%A0%80",
  "%C0%80",
  "%FF",
  "%",
  "%1",
  "%zz",
  "%u0041",
  "%252e%252e%252f",
  "%2e%2e%2f%2e%2e%2f",
  "..",
  ".",
  "..%2f",
  "%2F",
  "%5C",
  ";",
  ":",
  "*",
  "@",
  "99999999999999999999",
  "9007199254740993",
  "9223372036854775807",
  "0000000000000000000001",
  "true,false",
  "[]",
  "%7B%22a%22%3A1%7D",
  "'%20OR%201=1;--",
  "2026-13-45",
  "0000-00-00T00:00:00Z",
  "%2B275760-09-13T00:00:00Z",
  "1969-12-31T23:59:59Z",
  "9999-12-31T23:59:59%2B14:00",
  "00000000-0000-0000-0000-000000000000",
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
  "0195c9a0-0000-7000-8000-0000000000zz",
  "__proto__",
  "constructor",
  "me",
  "x".repeat(300),
  "x".repeat(3_073),
  "%F0%9F%98%80".repeat(300),
];

/** A text that may stand in a request line: it ends neither the address nor the line. */
export function nastyWritten(random: Random): string {
  if (random.chance(0.7)) return random.pick(WRITTEN);
  return encodeLoosely(nastyText(random)).slice(0, 4_000);
}

/** Percent-encoded; half of a surrogate pair becomes what UTF-8 would make of it, which is invalid. */
export function encodeLoosely(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return `${encodeURIComponent(Buffer.from(text).toString())}%ED%A0%80`;
  }
}
