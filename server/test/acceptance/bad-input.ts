import { endpoints, problem, type Endpoint } from "@parley/protocol";
import * as z from "zod";
import { expect } from "vitest";
import { cursorOf, POSITIONS } from "../../../faults/src/fuzz/values/positions.ts";
import type { Answered, Who } from "../harness/node.ts";
import type { World } from "./happy-paths.ts";

/** What would tell a stranger how the service is made, or what is in its database. */
const LEAKS =
  /\bat .{1,200}:\d+:\d+|node_modules|\.ts\b|\bSELECT\b|\bINSERT\b|\bUPDATE\b.*\bSET\b|syntax error|violates|\bpg_|ECONN|TypeError|RangeError|ZodError/;

/** A refusal that says what is wrong, and nothing else. */
export function expectClear({ status, headers, body, text }: Answered<unknown>, what: string): void {
  expect(status, `${what}: ${text.slice(0, 300)}`).toBeGreaterThanOrEqual(400);
  expect(status, `${what}: ${text.slice(0, 300)}`).toBeLessThan(500);
  const read = problem.safeParse(body);
  expect(read.error?.message ?? "", `${what} is answered with a problem document: ${text.slice(0, 300)}`).toBe("");
  expect(read.data?.status, what).toBe(status);
  expect(read.data?.request_id, what).toBe(headers["x-request-id"]);
  expect(read.data?.detail.length, what).toBeGreaterThan(5);
  expect(LEAKS.exec(text)?.[0], `${what}: ${text.slice(0, 300)}`).toBeUndefined();
}

/** Whatever it is, it is no fault of the service, and where it is a refusal, a clear one. */
export function expectHarmless(answer: Answered<unknown>, what: string): void {
  if (answer.status >= 400) expectClear(answer, what);
  else expect(answer.status, what).toBeGreaterThanOrEqual(200);
}

/** The things of the reference's examples, as they are in this world: the more is real, the further a request comes. */
export function realIds(world: World): (text: string) => string {
  const { params: ofMessage } = endpoints.getMessage.example;
  const ids = new Map<string, string>([
    [ofMessage.conversation_id, world.group],
    [ofMessage.message_id, world.message.id],
    [endpoints.getUser.example.params.user_id, world.grace.id],
    [endpoints.getSpace.example.params.space_id, world.space],
    [endpoints.postAsAgent.example.params.agent_id, world.bot.id],
  ]);
  return (text) => [...ids].reduce((changed, [example, real]) => changed.replaceAll(example, real), text);
}

export interface Example {
  readonly endpoint: Endpoint;
  readonly who: Who;
  readonly path: string;
  readonly body: unknown;
}

/** Each endpoint as its example in the reference asks for it, with ids of this world, by somebody who may call it. */
export function examplesIn(world: World, administrator: Who): Example[] {
  const real = realIds(world);
  return (Object.values(endpoints) as Endpoint[]).map((endpoint) => {
    const { params = {}, query = {}, body } = endpoint.example ?? {};
    const path = endpoint.path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
    const search = new URLSearchParams(query).toString();
    return {
      endpoint,
      who: endpoint.access === "service" ? world.node.host : administrator,
      path: real(search === "" ? path : `${path}?${search}`),
      body: body === undefined ? undefined : (JSON.parse(real(JSON.stringify(body))) as unknown),
    };
  });
}

type Path = readonly (string | number)[];
type JsonSchema = z.core.JSONSchema.JSONSchema;
type JsonType = "null" | "number" | "string" | "boolean" | "array" | "object";

interface Field {
  readonly path: Path;
  /** What JSON has there, if it is right. undefined: anything. */
  readonly types: ReadonlySet<JsonType> | undefined;
}

/** Every place in a body that its schema knows of, at any depth. */
export function fieldsOf(schema: z.ZodType): Field[] {
  const fields: Field[] = [];
  walk(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }), []);
  return fields;

  function walk(node: JsonSchema, path: Path): void {
    fields.push({ path, types: typesOf(node) });
    for (const part of [node, ...(node.anyOf ?? [])] as JsonSchema[]) {
      for (const [name, inner] of Object.entries(part.properties ?? {})) walk(inner as JsonSchema, [...path, name]);
      if (typeof part.items === "object" && !Array.isArray(part.items)) walk(part.items, [...path, 0]);
    }
  }
}

function typesOf(node: JsonSchema): Set<JsonType> | undefined {
  const parts = node.anyOf ?? [node];
  const types = parts.map(({ type }) => (type === "integer" ? "number" : type));
  return types.includes(undefined) ? undefined : new Set(types as JsonType[]);
}

export function typeOf(value: unknown): JsonType {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : (typeof value as JsonType);
}

/** A copy of the body with another value in one place, and whatever it takes to be there. */
export function withValue(body: unknown, path: Path, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (typeof step === "number") return [withValue(Array.isArray(body) ? body[step] : undefined, rest, value)];
  const holder =
    typeof body === "object" && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : {};
  return { ...holder, [step]: withValue(holder[step], rest, value) };
}

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let i = 0; i < depth; i += 1) value = i % 2 === 0 ? { a: value } : [value];
  return value;
}

/** What clients send who have it wrong, or mean it. */
export const NASTY_VALUES: readonly unknown[] = [
  null,
  0,
  -1,
  1.5,
  9_007_199_254_740_992,
  1e300,
  true,
  "",
  " ",
  "x",
  "\0",
  "a\uD800b",
  "\u202E\uFEFF\u200B",
  "👨‍👩‍👧‍👦".repeat(50),
  "' OR 1=1; --",
  "${7*7}{{7*7}}<script>alert(1)</script>",
  "../../etc/passwd",
  "9999-99-99T99:99:99Z",
  "+275760-09-13T00:00:00.000Z",
  "00000000-0000-0000-0000-000000000000",
  "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
  "x".repeat(100_000),
  [],
  [null],
  [[], {}],
  ["00000000-0000-7000-8000-000000000009", "00000000-0000-7000-8000-000000000009"],
  Array.from({ length: 20_000 }, (_, index) => index),
  {},
  { a: null },
  { type: "x", toString: 1, length: -1, valueOf: "x" },
  nested(20),
  nested(40),
  nested(500),
];

/** The same for a parameter in a path or a query, as it is written there. */
export const NASTY_TEXTS: readonly string[] = [
  "x",
  "null",
  "undefined",
  "-1",
  "1e3",
  "0x10",
  "1.5",
  "%20",
  "%00",
  "a%00b",
  "%F0%9F%98%80",
  "%ED%A0%80",
  "%FF",
  "%",
  "%zz",
  "%u0041",
  "%252e%252e%252f",
  "%2e%2e%2f%2e%2e%2f",
  "..%2f",
  "99999999999999999999",
  "9007199254740993",
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
  "x".repeat(300),
  "x".repeat(4_000),
];

/** Cursors that no list has answered. */
export const NASTY_CURSORS: readonly string[] = POSITIONS.map(cursorOf);
