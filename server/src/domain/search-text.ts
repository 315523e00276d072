/**
 * The twin of `fold_text` in the migrations: how texts are compared in search. There it decides what is found; here it only finds
 * the place again in the original text, so a character that the two treat differently costs a mark, not a hit.
 */

/** Soft hyphens, joiners, variation selectors: nobody sees them, so nobody searches for them. */
const INVISIBLE = /\u00AD|\u200B|\u200C|\u200D|\u2060|\uFE0E|\uFE0F|\uFEFF/gu;

/** Letters that are not a plain one with an accent on it. */
const SPECIAL: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  þ: "th",
  ł: "l",
  ħ: "h",
  ŧ: "t",
  ı: "i",
  ŋ: "n",
};
const SPECIALS = /[ßæœøđðþłħŧıŋ]/gu;

/** What belongs together when characters are composed: Korean letters that make a syllable, a character with its marks. */
const UNIT =
  /[\u1100-\u115F][\u1160-\u11A7]+[\u11A8-\u11FF]*|[\uFF61-\uFF9F][\uFF9E\uFF9F]?\p{M}*|\P{M}\p{M}*|\p{M}+/gsu;

const IS_ASCII = /^[\0-\x7F]*$/u;

/** Compatibility forms made one, without accents and invisible characters, lower case. */
export function foldText(text: string): string {
  if (IS_ASCII.test(text)) return text.toLowerCase();
  return (
    text
      .replaceAll(INVISIBLE, "")
      .normalize("NFKC")
      .normalize("NFD")
      // Accents of Latin, Greek and Cyrillic alone; marks of other scripts are letters to those who write them.
      .replaceAll(/(?<=\p{Script=Latin}|\p{Script=Greek}|\p{Script=Cyrillic})[\u0300-\u036F]+/gu, "")
      .normalize("NFC")
      .toLowerCase()
      .replaceAll(SPECIALS, (letter) => SPECIAL[letter] ?? letter)
  );
}

export interface FoldedText {
  readonly folded: string;
  /** Where in the original text the character at this place of the folded one begins. */
  readonly startOf: (index: number) => number;
  /** Where in the original text the character before this place of the folded one ends. */
  readonly endOf: (index: number) => number;
}

/** Folds a text and remembers where everything was. */
export function foldWithPlaces(text: string): FoldedText {
  if (IS_ASCII.test(text)) return { folded: text.toLowerCase(), startOf: (index) => index, endOf: (index) => index };
  const starts: number[] = [];
  const ends: number[] = [];
  let folded = "";
  for (const match of text.matchAll(UNIT)) {
    const [unit] = match;
    const part = foldText(unit);
    for (let n = 0; n < part.length; n += 1) {
      starts.push(match.index);
      ends.push(match.index + unit.length);
    }
    folded += part;
  }
  return {
    folded,
    startOf: (index) => starts[index] ?? text.length,
    endOf: (index) => ends[index - 1] ?? 0,
  };
}
