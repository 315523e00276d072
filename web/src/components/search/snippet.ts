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
  for (const piece of plain(snippet).split(/(<\/?mark>)/)) {
    if (piece === "<mark>") isHit = true;
    else if (piece === "</mark>") isHit = false;
    else if (piece !== "") parts.push({ text: unescape(piece), isHit });
  }
  return parts;
}

/** Without what makes it a link or code, as previews are; an address stays where something was found in it alone. */
function plain(snippet: string): string {
  return snippet
    .replaceAll(/\[([^[\]]*)\]\(((?:https?:|mailto:)[^)\s]*)\)?/g, (whole, text: string, address: string) =>
      address.includes("<mark>") && !text.includes("<mark>") ? whole : text,
    )
    .replaceAll(/`([^`\n]+)`/g, "$1")
    .replaceAll(/\n{2,}/g, "\n");
}

function unescape(html: string): string {
  return html.replaceAll(/&(#?\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}
