import { gemoji } from "gemoji";

/** Everything about emoji: some 100 kB, so only `import()` this (use-emoji.ts does). */
export interface Emoji {
  readonly emoji: string;
  /** What stands between colons. */
  readonly names: readonly string[];
  readonly description: string;
  /** The same in another language, where that was asked for. */
  readonly label?: string;
  readonly category: string;
  /** What one may look for it by, in lower case and without accents. */
  readonly terms: string;
}

export const EMOJI: readonly Emoji[] = gemoji.map(({ emoji, names, tags, description, category }) => ({
  emoji,
  names,
  description,
  category,
  terms: [...names, ...tags, description].join("_").toLowerCase(),
}));

export const EMOJI_BY_NAME: ReadonlyMap<string, string> = new Map(
  EMOJI.flatMap(({ emoji, names }) => names.map((name) => [name, emoji] as const)),
);

/** All of them, to be found by words of another language too: for each what it is called, and other words, parted by bars. */
export function emojiIn(words: readonly string[]): readonly Emoji[] {
  return EMOJI.map((entry, index) => {
    const [label = "", ...tags] = (words[index] ?? "").split("|");
    const terms = fold([...tags, label].join("_"));
    return label === "" ? entry : { ...entry, label, terms: `${entry.terms}_${terms}` };
  });
}

/** Not everybody has an ä on their keys. */
function fold(text: string): string {
  return text
    .toLowerCase()
    .replaceAll("ß", "ss")
    .normalize("NFD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^\p{L}\p{N}+-]+/gu, "_");
}

/** Those of a list that `text` finds, best first: what is called so, a name that begins with it, what it is called, any word that has it. */
export function findEmoji(text: string, limit: number, among: readonly Emoji[] = EMOJI): readonly Emoji[] {
  const wanted = fold(text.trim());
  const words = wanted.split("_").filter(Boolean);
  const exact = among.filter(({ label }) => label !== undefined && fold(label) === wanted);
  const named = among.filter(({ names }) => names.some((name) => name.startsWith(wanted)));
  const called = among.filter(({ label }) => label !== undefined && `_${fold(label)}`.includes(`_${wanted}`));
  const has = among.filter(({ terms }) => words.every((word) => terms.includes(word)));
  return [...new Set([...exact, ...named.toSorted(byLength), ...called.toSorted(byLabel), ...has])].slice(0, limit);
}

function byLength(one: Emoji, other: Emoji): number {
  return (one.names[0]?.length ?? 0) - (other.names[0]?.length ?? 0);
}

function byLabel(one: Emoji, other: Emoji): number {
  return (one.label?.length ?? 0) - (other.label?.length ?? 0);
}
