import { openLine } from "./http/line.ts";
import { encodeRequest, type HttpInput, type Parts } from "./http/input.ts";
import { judgeHttp } from "./http/judge.ts";

const MOST_TRIES = 150;
const LIMIT_MS = 5_000;

/** The smallest request found that is still answered as it must not be; undefined where it is not any more, since something else has changed. */
export async function shrink(input: HttpInput, port: number): Promise<HttpInput | undefined> {
  if (!input.parts) return undefined;
  const fault = await faultOf(input, port);
  if (fault === undefined) return undefined;
  let tries = 0;
  let best: Parts = input.parts;
  for (;;) {
    const found = await firstThat(candidates(best), async (parts) => {
      tries += 1;
      return tries <= MOST_TRIES && (await faultOf({ ...input, parts, bytes: encodeRequest(parts) }, port)) === fault;
    });
    if (!found) break;
    best = found;
  }
  return { ...input, parts: best, bytes: encodeRequest(best) };
}

async function faultOf(input: HttpInput, port: number): Promise<string | undefined> {
  const line = openLine(port);
  const [outcome] = await line.exchange([input], LIMIT_MS);
  await line.end();
  const fault = outcome?.answer ? judgeHttp(input, outcome.answer, true).fault : outcome?.lost;
  return fault?.replaceAll(/\(request [^)]+\)/g, "");
}

async function firstThat<T>(items: Iterable<T>, isSo: (item: T) => Promise<boolean>): Promise<T | undefined> {
  for (const item of items) if (await isSo(item)) return item;
  return undefined;
}

/** Each with something less. */
function* candidates(parts: Parts): Generator<Parts> {
  const { headers, target, body } = parts;
  for (const index of headers.keys()) yield { ...parts, headers: headers.toSpliced(index, 1) };
  const [path = "", search] = target.split("?");
  const pairs = search?.split("&") ?? [];
  for (const index of pairs.keys()) {
    const left = pairs.toSpliced(index, 1);
    yield { ...parts, target: left.length === 0 ? path : `${path}?${left.join("&")}` };
  }
  if (body === undefined) return;
  const value = parse(body);
  for (const smaller of value === undefined ? cutBytes(body) : smallerValues(value)) {
    const bytes = Buffer.isBuffer(smaller) ? smaller : Buffer.from(JSON.stringify(smaller));
    if (bytes.length < body.length) yield { ...parts, body: bytes };
  }
}

function* cutBytes(bytes: Buffer): Generator<Buffer> {
  for (let size = bytes.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < bytes.length; at += size)
      yield Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
  }
}

function* smallerValues(value: unknown): Generator {
  if (typeof value === "string") {
    if (value.length > 1) yield* [value.slice(0, value.length >> 1), value.slice(value.length >> 1)];
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const index of value.keys()) yield value.toSpliced(index, 1);
    for (const [index, inner] of value.entries())
      for (const smaller of smallerValues(inner)) yield value.with(index, smaller);
    return;
  }
  const entries = Object.entries(value);
  for (const index of entries.keys()) yield Object.fromEntries(entries.toSpliced(index, 1));
  for (const [index, [key, inner]] of entries.entries())
    for (const smaller of smallerValues(inner)) yield Object.fromEntries(entries.with(index, [key, smaller]));
}

function parse(body: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(body.toString());
    return Buffer.from(JSON.stringify(value)).equals(body) ? value : undefined;
  } catch {
    return undefined;
  }
}
