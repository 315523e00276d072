/**
 * Stands in for the package `linkify-it` in markdown-it (see vite.config.ts), with its rules in a tenth of its size: what
 * is written as an address with its scheme is a link, and so is the address of a mailbox. Names of hosts alone are none,
 * since readme.md is a file and not a host in Moldova. agreement.test.ts holds the two against each other.
 */
interface Found {
  readonly schema: string;
  readonly index: number;
  readonly lastIndex: number;
  readonly url: string;
  readonly text: string;
}

const GAP = String.raw`\p{Z}\p{Cc}`;
const BREAK = String.raw`[${GAP}\p{P}]`;
const LETTER = String.raw`[^${GAP}\p{P}<>｜]`;
const LABEL = `${LETTER}(?:(?:-|${LETTER}){0,61}${LETTER})?`;
/** Where the name of a host may end: neither within a word nor before what would be more of a name. */
const HOST_END = String.raw`(?!${LETTER}|[-_]|:\d|\.-|\.(?!$|${BREAK}))`;
const PORT = String.raw`(?::(?:[1-5]?\d{1,4}|6(?:[0-4]\d{3}|5(?:[0-4]\d\d|5(?:[0-2]\d|3[0-5])))))?`;
const HOST = String.raw`(?:\[[\da-f:]+[\da-f.:]*\]|(?:${LABEL}\.){0,10}${LABEL})`;

/** Brackets that an address opened belong to it: https://en.wikipedia.org/wiki/Ada_(programming_language). */
function paired(open: string, close: string): string {
  const plain = `[^${GAP}${open}${close}]`;
  let pair = `${open}${plain}{0,1000}${close}`;
  for (let depth = 1; depth < 4; depth += 1) pair = `${open}(?:${plain}|${pair}){0,1000}${close}`;
  return pair;
}

/** Signs that may also end a sentence are a part of it if it goes on behind them. */
const ON = `(?!$|[${GAP}])`;
const PATH = String.raw`(?:[/?#](?:${paired(String.raw`\[`, String.raw`\]`)}|${paired(String.raw`\(`, String.raw`\)`)}|${paired(String.raw`\{`, String.raw`\}`)}|"[^${GAP}"]{1,100}"|'[^${GAP}']{1,100}'|'(?=${LETTER}|-)|\.{2,20}:?[\da-z%/&]|\.(?!\.)${ON}|-|[,;]${ON}|!{1,20}(?!!)${ON}|\?(?!\?)${ON}|[\\/:%@#&=_~*]|${LETTER}){1,9999}|/)?`;

const NAME_SIGN = "[-!#$%&'*+/=?^_`{|}~a-z0-9]";
const NAME = String.raw`${NAME_SIGN}(?:${NAME_SIGN}|\.(?=${NAME_SIGN})){0,63}`;

const ADDRESS = new RegExp(
  String.raw`(?<=^|(?!_)[<>｜${GAP}\p{P}])(?:https?://${HOST}${PORT}${HOST_END}${PATH}|mailto:${NAME}@(?:${LABEL}\.){0,4}${LABEL}${HOST_END})|(?<=^|[<>｜"(${GAP}])${NAME}@(?:${LABEL}\.){1,4}${LABEL}${HOST_END}`,
  "giu",
);
/** What closes emphasis, and what ends a sentence in it: **see https://example.com/a.** */
const CLOSING = /[.,:;!?]*[*_~]+$/;
const SCHEME = /^(?:https?|mailto):/i;

export class LinkifyIt {
  test(text: string): boolean {
    return this.match(text) !== null;
  }

  match(text: string): Found[] | null {
    if (!/[:@]/.test(text)) return null;
    const all = [...text.matchAll(ADDRESS)].map(({ 0: whole, index }) => {
      const found = whole.replace(CLOSING, "");
      const schema = SCHEME.exec(found)?.[0];
      const url = schema ? found : `mailto:${found}`;
      return { schema: schema?.toLowerCase() ?? "mailto:", index, lastIndex: index + found.length, url, text: found };
    });
    return all.length > 0 ? all : null;
  }

  matchAtStart(text: string): Found | null {
    const first = SCHEME.test(text) ? this.match(text)?.[0] : undefined;
    return first?.index === 0 ? first : null;
  }
}
