/**
 * Stands in for the package `mdurl` in markdown-it (see vite.config.ts), which takes addresses apart to encode each
 * part by its own rules. Here there are two: up to the host, which browsers know how to write, and what comes after it,
 * which is encoded. agreement.test.ts holds the two packages against each other.
 */
interface Parts {
  readonly origin: string;
  pathname: string;
}

export function parse(url: string): Parts {
  const origin = /^\s*(?:[a-z][\w+.-]*:\/\/[^\s/?#]*)?/i.exec(url)?.[0] ?? "";
  return { origin: origin.trim(), pathname: url.slice(origin.length).trim() };
}

export const format = ({ origin, pathname }: Parts): string => origin + pathname;

/** As it can stand in an attribute. What is encoded already stays so. */
export function encode(url: string): string {
  return encodeURI(url.toWellFormed()).replaceAll(/%25([\da-f]{2})/gi, "%$1");
}

/** As people read it, but for what is not text: that stays as it is. */
export function decode(url: string): string {
  return url.replaceAll(/(?:%[\da-f]{2})+/gi, (encoded) => {
    try {
      return decodeURI(encoded.replaceAll("%25", "%2525"));
    } catch {
      return encoded;
    }
  });
}
decode.defaultChars = "";
