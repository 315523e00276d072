import { editMessage, endpoints, updateConversation, type Endpoint } from "@parley/protocol";
import { expect, test } from "vitest";
import { encodeRequest } from "../src/fuzz/http/input.ts";
import { judgeHttp } from "../src/fuzz/http/judge.ts";
import type { Answer } from "../src/fuzz/http/line.ts";
import { leaksIn, type Sample } from "../src/fuzz/memory.ts";
import { encodeText } from "../src/fuzz/socket/frames.ts";
import { generatorOf } from "../src/fuzz/values/generate.ts";
import { Pairs, Verbatim, writeJson } from "../src/fuzz/values/json.ts";
import { mutateValue } from "../src/fuzz/values/mutate.ts";
import { createRandom } from "../src/random.ts";

const random = createRandom(1);

test("what is generated from a schema is mostly what it takes", () => {
  for (const schema of [editMessage, updateConversation]) {
    const generate = generatorOf(schema);
    const made = Array.from({ length: 200 }, () => generate(random, () => undefined));
    const taken = made.filter((value) => schema.safeParse(value).success);
    expect(taken.length).toBeGreaterThan(100);
  }
});

test("what is spoilt is something else, and the original stays", () => {
  const body = { content: "hello", attachments: [{ kind: "file" }] };
  const before = JSON.stringify(body);
  const spoilt = Array.from({ length: 200 }, () => writeJson(mutateValue(body, random)));
  expect(JSON.stringify(body)).toBe(before);
  expect(new Set(spoilt).size).toBeGreaterThan(100);
});

test("JSON can say what JavaScript cannot", () => {
  const value = {
    a: new Pairs([
      ["__proto__", 1],
      ["x", new Verbatim("NaN")],
      ["x", [null]],
    ]),
  };
  expect(writeJson(value)).toBe('{"a":{"__proto__":1,"x":NaN,"x":[null]}}');
});

/** Takes frames apart as a service does: what their texts are together, without the control frames between them. */
function readTexts(bytes: Buffer): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const [first = 0, second = 0] = bytes.subarray(at);
    const start = at + 6;
    const mask = bytes.subarray(at + 2, start);
    at = start + (second & 0x7f);
    if ((first & 0x0f) < 3)
      pieces.push(Buffer.from(bytes.subarray(start, at).map((byte, i) => byte ^ (mask[i % 4] ?? 0))));
  }
  return Buffer.concat(pieces).toString();
}

test("a text in parts, masked, with control frames between, is the same text", () => {
  const text = "we launch on friday 👍";
  const frames = Array.from({ length: 300 }, () => encodeText(text, random));
  for (const bytes of frames) expect(readTexts(bytes)).toBe(text);
  expect(new Set(frames.map(({ length }) => length)).size).toBeGreaterThan(3);
});

const endpoint = endpoints.getDraft as Endpoint;
const parts = { method: "GET", target: "/x", headers: [], body: undefined };
const input = {
  kind: "http",
  how: "as it should be",
  endpoint,
  isStrict: true,
  actor: undefined,
  parts,
  bytes: encodeRequest(parts),
  ending: "whole",
} as const;

function answer(status: number, body: unknown, type = "application/problem+json; charset=utf-8"): Answer {
  const headers = new Map([
    ["content-type", type],
    ["x-request-id", "r-1"],
  ]);
  return { status, headers, body: Buffer.from(JSON.stringify(body)), ms: 1 };
}

function refusal(status: number, code: string, more: object = {}) {
  return {
    type: `urn:parley:error:${code}`,
    title: "No",
    status,
    detail: "There is nothing.",
    code,
    request_id: "r-1",
    ...more,
  };
}

test("an answer is judged by what its endpoint documents", () => {
  const faultOf = (given: Answer): string | undefined => judgeHttp(input, given, true).fault;
  expect(faultOf(answer(404, refusal(404, "not_found")))).toBeUndefined();
  expect(judgeHttp(input, answer(503, refusal(503, "overloaded")), true)).toMatchObject({ isOverload: true });
  expect(faultOf(answer(500, refusal(500, "internal")))).toContain("500");
  expect(faultOf(answer(409, refusal(409, "transfer_required")))).toContain("not documented");
  expect(faultOf(answer(404, refusal(403, "not_found")))).toBeDefined();
  expect(faultOf(answer(404, refusal(404, "not_found", { request_id: "r-2" })))).toContain("another request");
  expect(faultOf(answer(404, refusal(404, "not_found", { detail: "TypeError: x" })))).toContain("how it is made");
  expect(faultOf(answer(404, { error: "no" }))).toContain("no problem document");
  expect(faultOf(answer(418, {}))).toBeDefined();
  expect(faultOf(answer(200, { content: 1 }, "application/json; charset=utf-8"))).toContain("something else");
  expect(faultOf(answer(201, endpoint.example?.response, "application/json"))).toContain("201");
  expect(faultOf(answer(200, endpoint.example?.response, "application/json; charset=utf-8"))).toBeUndefined();
});

function samples(heaps: readonly number[], last: Partial<Sample> = {}): Sample[] {
  const made = heaps.map((heap, index) => ({
    inputs: index * 1_000,
    heap: heap * 1_048_576,
    external: 0,
    resident: 0,
    files: 60,
    databaseConnections: 20,
  }));
  return made.map((sample, index) => (index === made.length - 1 ? { ...sample, ...last } : sample));
}

test("growth is told from noise and from caches that fill in the beginning", () => {
  expect(leaksIn(samples([20, 38, 40, 41, 40, 42, 41, 40]))).toEqual([]);
  expect(leaksIn(samples([40, 44, 48, 52, 56, 60, 64, 68]))).toEqual([expect.stringContaining("heap has grown")]);
  expect(leaksIn(samples([40, 40, 40, 40], { files: 90 }))).toEqual([expect.stringContaining("90 files")]);
  expect(leaksIn(samples([40, 40, 40, 40], { databaseConnections: 31 }))).toEqual([
    expect.stringContaining("31 database"),
  ]);
});
