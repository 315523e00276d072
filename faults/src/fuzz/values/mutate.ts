import type { Random } from "../../random.ts";
import { Pairs } from "./json.ts";
import { nastyValue } from "./nasty.ts";

/** The value with something wrong in one place, at any depth; the body itself, seldom. */
export function mutateValue(value: unknown, random: Random): unknown {
  if (random.chance(0.06)) return nastyValue(random);
  const places = placesIn(value);
  if (places.length === 0) return nastyValue(random);
  return changedAt(value, random.pick(places), random);
}

type Path = readonly (string | number)[];

const MOST_PLACES = 60;

function placesIn(value: unknown, path: Path = [], found: Path[] = []): Path[] {
  if (typeof value !== "object" || value === null || value instanceof Pairs || found.length > MOST_PLACES) return found;
  for (const [key, inner] of Object.entries(value)) {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    found.push(here);
    placesIn(inner, here, found);
  }
  return found;
}

function changedAt(value: unknown, [step, ...rest]: Path, random: Random): unknown {
  if (step === undefined) return nastyValue(random);
  if (Array.isArray(value)) {
    const copy = [...(value as unknown[])];
    if (rest.length > 0) copy[Number(step)] = changedAt(copy[Number(step)], rest, random);
    else changeItem(copy, Number(step), random);
    return copy;
  }
  const entries = Object.entries(value as Record<string, unknown>);
  const index = entries.findIndex(([key]) => key === step);
  const entry = entries[index];
  if (!entry) return nastyValue(random);
  if (rest.length > 0) {
    entries[index] = [entry[0], changedAt(entry[1], rest, random)];
    return new Pairs(entries);
  }
  return new Pairs(changedEntries(entries, index, random));
}

function changeItem(items: unknown[], index: number, random: Random): void {
  const which = random.next();
  if (which < 0.5) items[index] = nastyValue(random);
  else if (which < 0.65) items.splice(index, 1);
  else if (which < 0.8) items.push(items[index]);
  else items.push(...Array.from({ length: random.pick([3, 30, 31, 100, 101, 1_001]) }, () => items[index]));
}

function changedEntries(
  entries: readonly [string, unknown][],
  index: number,
  random: Random,
): readonly (readonly [string, unknown])[] {
  const [key, value] = entries[index] as [string, unknown];
  const others = entries.filter((_, at) => at !== index);
  const which = random.next();
  if (which < 0.6) return entries.map((entry, at) => (at === index ? [key, nastyValue(random)] : entry));
  if (which < 0.7) return others;
  if (which < 0.78) return [...entries, [key, nastyValue(random)]];
  if (which < 0.86)
    return [
      ...entries,
      [random.pick(["no_such_field", "__proto__", "constructor", "id", "", "type"]), nastyValue(random)],
    ];
  if (which < 0.92) return [...others, [random.chance(0.5) ? key.toUpperCase() : `${key} `, value]];
  if (which < 0.96) return [...others, [key, [value]]];
  return [...others, [key, { [key]: value }]];
}

const SPLICES: readonly Buffer[] = [
  ...['"', "{", "}", "[", "]", ",", ":", "\\", "\\u", "\\ud800", "null", "\0", "\n", "//", "\u2028", "\uFEFF"].map(
    (text) => Buffer.from(text),
  ),
  Buffer.from([0xff]),
  Buffer.from([0xfe, 0xff]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xc0, 0x80]),
  Buffer.from([0xf0, 0x9f]),
  Buffer.from([0xf4, 0x90, 0x80, 0x80]),
];

/** Bytes that are nearly the same: cut off, flipped, doubled, with something between. */
export function mutateBytes(bytes: Buffer, random: Random): Buffer {
  let changed = bytes;
  for (let count = random.pick([1, 1, 1, 2, 4]); count > 0; count -= 1) changed = mutatedOnce(changed, random);
  return changed;
}

function mutatedOnce(bytes: Buffer, random: Random): Buffer {
  if (bytes.length === 0) return random.pick(SPLICES);
  const at = random.between(0, bytes.length - 1);
  const end = Math.min(bytes.length, at + random.pick([1, 1, 2, 8, 40]));
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
  const which = random.next();
  if (which < 0.2) return Buffer.from(head);
  if (which < 0.45) {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ (1 << random.between(0, 7));
    return copy;
  }
  if (which < 0.6) return Buffer.concat([head, random.pick(SPLICES), tail]);
  if (which < 0.7) return Buffer.concat([head, bytes.subarray(end)]);
  if (which < 0.8) return Buffer.concat([bytes.subarray(0, end), tail]);
  if (which < 0.9) return Buffer.concat([head, randomBytes(random, random.between(1, 16)), tail]);
  if (which < 0.95) return Buffer.from(bytes.toString("latin1"), random.chance(0.5) ? "utf16le" : "utf8");
  return Buffer.concat([bytes, bytes]);
}

export function randomBytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.between(0, 255)));
}
