import { element } from "./dom.ts";

/** Of markdown what people answer customers with: code, bold, italics, links, lists as they were typed. The rest stays as it was written. */
const FENCE = /^```[^\n]*\n([\s\S]*?)(?:\n```|$)/m;
const INLINE =
  /(?<code>`[^`\n]+`)|(?<bold>\*\*[^*\n]+\*\*)|(?<italic>(?<![\w*])\*[^*\s][^*\n]*\*(?![\w*]))|(?<named>\[[^\]\n]+\]\((?:https?:\/\/|mailto:)[^\s)]+\))|(?<bare>https?:\/\/[^\s<>"'`)\]]+[^\s<>"'`)\].,;:!?])/u;

/** A message as nodes. What is written can become none but these: links lead to http, https and mailto alone. */
export function richText(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  let rest = text;
  for (let fence = FENCE.exec(rest); fence; fence = FENCE.exec(rest)) {
    appendParagraph(fragment, rest.slice(0, fence.index));
    fragment.append(element("pre", { tabindex: "0" }, element("code", {}, fence[1] ?? "")));
    rest = rest.slice(fence.index + fence[0].length);
  }
  appendParagraph(fragment, rest);
  return fragment;
}

function appendParagraph(fragment: DocumentFragment, text: string): void {
  const trimmed = text.replace(/^\n+|\s+$/g, "");
  if (trimmed !== "") fragment.append(element("p", { dir: "auto" }, ...inline(trimmed)));
}

function inline(text: string): (Node | string)[] {
  const nodes: (Node | string)[] = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    if (found.index > 0) nodes.push(rest.slice(0, found.index));
    nodes.push(nodeOf(found[0], found.groups ?? {}));
    rest = rest.slice(found.index + found[0].length);
  }
  if (rest !== "") nodes.push(rest);
  return nodes;
}

function nodeOf(text: string, { code, bold, italic, named }: Readonly<Record<string, string | undefined>>): Node {
  if (code !== undefined) return element("code", {}, text.slice(1, -1));
  if (bold !== undefined) return element("strong", {}, ...inline(text.slice(2, -2)));
  if (italic !== undefined) return element("em", {}, ...inline(text.slice(1, -1)));
  if (named === undefined) return link(text, text);
  const middle = text.indexOf("](");
  return link(text.slice(1, middle), text.slice(middle + 2, -1));
}

function link(shown: string, href: string): HTMLAnchorElement {
  return element("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, shown);
}
