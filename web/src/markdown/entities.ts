/**
 * Stands in for the package `entities` in markdown-it (see vite.config.ts): the five characters that people do write
 * as names, and any by number. Others stay as they were typed, which is what their writer sees too.
 */
const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00A0" };

export function decodeHTMLStrict(text: string): string {
  return text.replaceAll(/&(?:#x([\da-f]{1,6})|#(\d{1,7})|([a-z]+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return NAMED[name as string] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex as string, 16);
    return isCharacter(code) ? String.fromCodePoint(code) : "\u{FFFD}";
  });
}

/** Neither NUL, nor half of a pair, nor beyond Unicode. */
function isCharacter(code: number): boolean {
  return code > 0 && code <= 0x10_ff_ff && !(code >= 0xd8_00 && code <= 0xdf_ff);
}
