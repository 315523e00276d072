/**
 * What somebody searches for, taken apart as web searches are: words, "phrases", -without, and `or` between alternatives. The words
 * of one alternative must all be found.
 */
export interface SearchTerm {
  readonly text: string;
  readonly isPhrase: boolean;
  /** Messages with it are left out. */
  readonly isNegated: boolean;
}

/** Any of these; each is a list of terms that belong together. */
export type SearchTerms = readonly (readonly SearchTerm[])[];

/** More are left out: a search is at most 256 characters anyway, and each term is a condition of the statement. */
export const MAX_TERMS = 24;

const TERM = /(-?)"([^"]*)(?:"|$)|(\S+)/gu;
const OR = /^or$/iu;

/** Takes a search apart. One that only says what should not be there is looked for as it is written. */
export function parseSearch(q: string): SearchTerms {
  const alternatives: SearchTerm[][] = [[]];
  let count = 0;
  for (const [, minus, phrase, word] of q.matchAll(TERM)) {
    const term = toTerm(minus, phrase, word);
    if (!term || (count += 1) > MAX_TERMS) continue;
    if (word !== undefined && OR.test(word)) alternatives.push([]);
    else alternatives.at(-1)?.push(term);
  }
  const useful = alternatives.filter((terms) => terms.some((term) => !term.isNegated));
  // An `or` with nothing on one side is a word like others.
  if (alternatives.length > 1 && useful.length < alternatives.length)
    return parseSearch(q.replaceAll(/(?<!\S)or(?!\S)/giu, '"$&"'));
  return useful.length > 0 ? useful : [[{ text: q.trim(), isPhrase: true, isNegated: false }]];
}

function toTerm(
  minus: string | undefined,
  phrase: string | undefined,
  word: string | undefined,
): SearchTerm | undefined {
  if (phrase !== undefined) {
    const text = phrase.trim();
    return text === "" ? undefined : { text, isPhrase: true, isNegated: minus === "-" };
  }
  if (word === undefined) return undefined;
  const isNegated = word.length > 1 && word.startsWith("-") && /[^-]/u.test(word);
  return { text: isNegated ? word.slice(1) : word, isPhrase: false, isNegated };
}

/**
 * Characters that are indexed singly and in pairs: of scripts that write no spaces, emoji and other symbols. `search_grams` in the
 * migrations has the same list.
 */
const GRAM_RUN =
  /[\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u2190-\u2BFF\u3005-\u3007\u3040-\u30FF\u3100-\u312F\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7AF\uF900-\uFAFF\u{1F000}-\u{1FAFF}\u{20000}-\u{3FFFF}]+/gu;

/**
 * What must be in the index for this folded text to be in a message, as a text search query: pairs of neighbours, or single
 * characters; undefined where it has none of these.
 */
export function gramQuery(folded: string): string | undefined {
  const grams = new Set<string>();
  for (const [run] of folded.matchAll(GRAM_RUN)) {
    const characters = [...run];
    if (characters.length === 1) grams.add(run);
    for (let n = 1; n < characters.length; n += 1) grams.add(`${characters[n - 1]}${characters[n]}`);
  }
  return grams.size === 0 ? undefined : [...grams].map((gram) => `'${gram}'`).join(" & ");
}

/** Whether the trigram index can look for this folded text anywhere in a word: it takes three letters or digits in a row. */
export function hasTrigram(folded: string): boolean {
  return /[\p{L}\p{N}]{3}/u.test(folded);
}

/** Words of a folded text, each once. */
export function wordsOf(folded: string): string[] {
  return [...new Set(folded.match(WORD) ?? [])];
}

export const WORD = /[\p{L}\p{N}\p{M}_]+/gu;
