import type { Person } from "../../stores/people.ts";

export interface Token {
  readonly sign: "@" | "#" | ":";
  /** What stands behind the sign so far. */
  readonly wanted: string;
  /** Where the sign is. */
  readonly start: number;
  readonly end: number;
}

const TOKEN = /(?:^|[\s("'])(?:(@)([\p{L}\p{N}_.-]{0,64})|(#)([a-z0-9_-]{0,80})|(:)([\p{L}\p{N}_+-]{2,40}))$/iu;
/** Nothing that is completed is longer. */
const REACH = 100;

/** The name that is being written just before the caret. */
export function findToken(text: string, caret: number): Token | undefined {
  const match = TOKEN.exec(text.slice(Math.max(0, caret - REACH), caret));
  if (!match) return undefined;
  const [, at, person, hash, channel, colon, emoji] = match;
  const sign = (at ?? hash ?? colon) as Token["sign"];
  const wanted = person ?? channel ?? emoji ?? "";
  return { sign, wanted, start: caret - wanted.length - 1, end: caret };
}

/** Those whose username or name has it, first those where a word begins with it. Each once. */
export function rankPeople(people: readonly Person[], wanted: string): readonly Person[] {
  const lower = wanted.toLowerCase();
  const begins = ({ username, display_name: name }: Person): boolean =>
    username.startsWith(lower) ||
    name
      .toLowerCase()
      .split(/\s+/)
      .some((word) => word.startsWith(lower));
  const has = ({ username, display_name: name }: Person): boolean =>
    username.includes(lower) || name.toLowerCase().includes(lower);
  const unique = [...new Map(people.map((person) => [person.id, person])).values()];
  return [...unique.filter(begins), ...unique.filter((person) => !begins(person) && has(person))];
}

/** Closes `:tada:` where the closing colon was just written: answers the whole text and the caret after it. */
export function replaceShortName(
  text: string,
  caret: number,
  emojiByName: ReadonlyMap<string, string>,
): { readonly text: string; readonly caret: number } | undefined {
  const match = /(?:^|\s):([a-z0-9_+-]{1,64}):$/i.exec(text.slice(Math.max(0, caret - REACH), caret));
  const emoji = emojiByName.get(match?.[1]?.toLowerCase() ?? "");
  if (!match?.[1] || emoji === undefined) return undefined;
  const start = caret - match[1].length - 2;
  return { text: text.slice(0, start) + emoji + text.slice(caret), caret: start + emoji.length };
}

/** Whether it calls everybody; what stands in backticks does not. */
export function callsEverybody(text: string): "all" | "here" | undefined {
  const prose = text.replaceAll(/```[\s\S]*?(?:```|$)/g, " ").replaceAll(/`[^`\n]*`/g, " ");
  const names = new Set(
    [...prose.matchAll(/(?<![\p{L}\p{N}_@/])@(all|here)(?![\p{L}\p{N}_])/giu)].map(([, name]) => name?.toLowerCase()),
  );
  if (names.has("all")) return "all";
  return names.has("here") ? "here" : undefined;
}
