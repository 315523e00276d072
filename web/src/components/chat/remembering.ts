const MOST = 2_000;
const made = new Map<string, string>();

/** What was made from a text, without making it again while it is scrolled in and out. Keeps the latest. */
export function remembering(text: string, make: () => string): string {
  const known = made.get(text);
  if (known !== undefined) return known;
  const html = make();
  const [oldest] = made.keys();
  if (made.size >= MOST && oldest !== undefined) made.delete(oldest);
  made.set(text, html);
  return html;
}
