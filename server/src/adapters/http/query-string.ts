/** What stands for a query string whose percent-encoding is broken: routing must not fail over it, validation says so. */
export const UNREADABLE_QUERY: Readonly<Record<string, never>> = Object.freeze({});

/** The parameters of a query string; one that comes twice is an array. Strict, since a guess would hide what was meant. */
export function parseQueryString(text: string): Record<string, unknown> {
  const query: Record<string, string | string[]> = Object.create(null);
  if (text === "") return query;
  try {
    for (const pair of text.split("&")) {
      if (pair === "") continue;
      const end = pair.indexOf("=");
      const key = decode(end === -1 ? pair : pair.slice(0, end));
      const value = end === -1 ? "" : decode(pair.slice(end + 1));
      const known = query[key];
      query[key] = known === undefined ? value : Array.isArray(known) ? [...known, value] : [known, value];
    }
  } catch {
    return UNREADABLE_QUERY;
  }
  return query;
}

function decode(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  return spaced.includes("%") ? decodeURIComponent(spaced) : spaced;
}
