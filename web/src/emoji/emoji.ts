import { gemoji } from "gemoji";

/** Everything about emoji: some 100 kB, so only `import()` this (use-emoji.ts does). */
export interface Emoji {
  readonly emoji: string;
  /** What stands between colons. */
  readonly names: readonly string[];
  readonly description: string;
  readonly category: string;
  /** What one may look for it by, in lower case. */
  readonly terms: string;
}

export const EMOJI: readonly Emoji[] = gemoji.map(({ emoji, names, tags, description, category }) => ({
  emoji,
  names,
  description,
  category,
  terms: [...names, ...tags, description].join(" ").toLowerCase(),
}));

export const EMOJI_BY_NAME: ReadonlyMap<string, string> = new Map(
  EMOJI.flatMap(({ emoji, names }) => names.map((name) => [name, emoji] as const)),
);

/** Those that `text` finds, best first: a name that begins with it, then a name or word that has it. */
export function findEmoji(text: string, limit: number): readonly Emoji[] {
  const wanted = text.toLowerCase().replaceAll(/\s+/g, "_");
  const words = wanted.split("_").filter(Boolean);
  const begins = EMOJI.filter(({ names }) => names.some((name) => name.startsWith(wanted)));
  const has = EMOJI.filter((entry) => !begins.includes(entry) && words.every((word) => entry.terms.includes(word)));
  return [...begins.toSorted(byLength), ...has].slice(0, limit);
}

function byLength(one: Emoji, other: Emoji): number {
  return (one.names[0]?.length ?? 0) - (other.names[0]?.length ?? 0);
}
