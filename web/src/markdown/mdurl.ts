/**
 * Stands in for the package `mdurl` in markdown-it (see vite.config.ts), which takes addresses apart to encode each
 * part by its own rules. Here an address stays in one piece: the browser knows those rules.
 */
interface Whole {
  readonly href: string;
}

export const parse = (url: string): Whole => ({ href: url });
export const format = ({ href }: Whole): string => href;

/** As it can stand in an attribute. What is encoded already stays so; what cannot be is left out. */
export function encode(url: string): string {
  try {
    return encodeURI(url).replaceAll(/%25([\da-f]{2})/gi, "%$1");
  } catch {
    return "";
  }
}

/** As people read it; where it cannot be decoded, as it is. */
export function decode(url: string): string {
  try {
    return decodeURI(url);
  } catch {
    return url;
  }
}
decode.defaultChars = "";
