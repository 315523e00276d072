export interface SnippetPart {
  readonly text: string;
  readonly isHit: boolean;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#x27": "'" };

/**
 * What the service marked in a snippet, as text: it comes as HTML, escaped, with `<mark>` around what was found. Only
 * that one tag means anything; whatever else looks like HTML stays text.
 */
export function partsOf(snippet: string): readonly SnippetPart[] {
  const parts: SnippetPart[] = [];
  let isHit = false;
  for (const piece of snippet.split(/(<\/?mark>)/)) {
    if (piece === "<mark>") isHit = true;
    else if (piece === "</mark>") isHit = false;
    else if (piece !== "") parts.push({ text: unescape(piece), isHit });
  }
  return parts;
}

function unescape(html: string): string {
  return html.replaceAll(/&(#?\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}
