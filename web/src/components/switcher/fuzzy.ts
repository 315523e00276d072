export interface Match {
  /** The more, the better. */
  readonly score: number;
  /** Which characters of the text were meant. */
  readonly at: readonly number[];
}

const START = 12;
const NEXT = 8;
const EACH = 1;
/** For each character in between. */
const GAP = 0.2;
const WHOLE_WORD = 12;

/**
 * Whether a text has the letters of a query in their order, and how well: beginnings of words and letters that follow
 * each other count most. Case and accents make no difference. An empty query matches everything alike.
 */
export function fuzzyMatch(query: string, text: string): Match | undefined {
  const wanted = [...folded(query.trim())].filter((letter) => letter.trim() !== "");
  const letters = [...text].map(folded);
  if (wanted.length === 0) return { score: 0, at: [] };
  const whole = letters.join("").indexOf(wanted.join(""));
  let best: Match | undefined;
  // From each place where it may begin: the first is not always the best.
  for (let start = 0; start < letters.length; start += 1) {
    if (letters[start] !== wanted[0]) continue;
    const match = matchFrom(start, wanted, letters);
    if (!match) break;
    if (!best || match.score > best.score) best = match;
  }
  if (best && whole >= 0) return { ...best, score: best.score + WHOLE_WORD - Math.min(whole, WHOLE_WORD - 1) };
  return best;
}

function matchFrom(start: number, wanted: readonly string[], letters: readonly string[]): Match | undefined {
  const at: number[] = [];
  let score = 0;
  let place = start;
  for (const letter of wanted) {
    const found = nextPlace(letter, place, letters);
    if (found < 0) return undefined;
    const before = at.at(-1);
    score += EACH;
    if (isStart(found, letters)) score += START;
    else if (before === found - 1) score += NEXT;
    score -= GAP * (before === undefined ? found : found - before - 1);
    at.push(found);
    place = found + 1;
  }
  return { score, at };
}

/** Right here, else where a word begins with it, else anywhere further on. */
function nextPlace(letter: string, from: number, letters: readonly string[]): number {
  if (letters[from] === letter) return from;
  for (let place = from; place < letters.length; place += 1)
    if (letters[place] === letter && isStart(place, letters)) return place;
  return letters.indexOf(letter, from);
}

function isStart(place: number, letters: readonly string[]): boolean {
  return place === 0 || !/[\p{L}\p{N}]/u.test(letters[place - 1] ?? "");
}

function folded(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}

/** The best of them, those of the same score in the order they came. */
export function rank<T>(query: string, items: readonly T[], textOf: (item: T) => string): readonly T[] {
  return items
    .flatMap((item) => {
      const match = fuzzyMatch(query, textOf(item));
      return match ? [{ item, score: match.score }] : [];
    })
    .sort((a, b) => b.score - a.score)
    .map(({ item }) => item);
}
