/**
 * Stands in for the package `linkify-it` in markdown-it (see vite.config.ts): what is written as an address with its
 * scheme is a link. Names of hosts alone are none, since readme.md is a file and not a host in Moldova.
 */
interface Found {
  readonly schema: string;
  readonly index: number;
  readonly lastIndex: number;
  readonly url: string;
  readonly text: string;
}

const ADDRESS = /(?<![\p{L}\p{N}])(?:https?:\/\/[^\s<>"`{}|\\^]+|mailto:[^\s<>"`@]+@[^\s<>"`@]+)/giu;
/** What ends a sentence rather than an address. */
const TRAILING = /[.,:;!?'*_~…]+$/u;
const PAIRS = [
  ["(", ")"],
  ["[", "]"],
] as const;

/** A bracket belongs to an address that opened it: https://en.wikipedia.org/wiki/Ada_(programming_language). */
function trimmed(address: string): string {
  const cut = address.replace(TRAILING, "");
  const count = (sign: string): number => cut.split(sign).length - 1;
  const isOpenBefore = PAIRS.some(([open, close]) => cut.endsWith(close) && count(close) > count(open));
  if (isOpenBefore) return trimmed(cut.slice(0, -1));
  return cut;
}

function found(match: RegExpExecArray | RegExpMatchArray): Found[] {
  const [whole] = match;
  const text = trimmed(whole);
  const { index = 0 } = match;
  const schema = text.slice(0, text.indexOf(":") + 1).toLowerCase();
  // A scheme alone leads nowhere.
  if (/^(?:https?:\/\/|mailto:)$/i.test(text)) return [];
  return [{ schema, index, lastIndex: index + text.length, url: text, text }];
}

export class LinkifyIt {
  test(text: string): boolean {
    return text.includes(":") && this.match(text) !== null;
  }

  match(text: string): Found[] | null {
    const all = [...text.matchAll(ADDRESS)].flatMap(found);
    return all.length > 0 ? all : null;
  }

  matchAtStart(text: string): Found | null {
    const first = this.match(text)?.[0];
    return first?.index === 0 ? first : null;
  }
}
