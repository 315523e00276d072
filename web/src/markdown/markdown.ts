import DOMPurify from "dompurify";
import MarkdownIt from "markdown-it";
import { linkReferences, type References } from "./references.ts";
import { isInside, isLinkTarget } from "./targets.ts";

/**
 * What people write becomes HTML here and nowhere else. It is guarded twice: markdown-it lets no HTML of the writer's
 * through, and DOMPurify takes out whatever is not on the lists below. The page's policy is the third guard.
 */
const ALLOWED_TAGS = [
  ..."a b blockquote br button code del div em hr li ol p pre s span strong table tbody td th thead tr ul".split(" "),
];
const ALLOWED_ATTR = [
  "aria-label",
  "class",
  "data-copy",
  "data-user",
  "dir",
  "href",
  "rel",
  "start",
  "tabindex",
  "target",
  "title",
  "type",
];
const PURIFYING = {
  ALLOWED_TAGS,
  ALLOWED_ATTR,
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|\/c\/)/i,
  // Of the attributes, href alone is an address: what the others say is not held against this.
  ADD_URI_SAFE_ATTR: ALLOWED_ATTR.filter((name) => name !== "href"),
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
};

export interface MarkdownOptions extends References {
  /** What the button on a block of code says. */
  readonly copyLabel: string;
}

/** What a rendering carries along. */
function optionsOf(environment: object | undefined): MarkdownOptions {
  return (environment as { readonly options: MarkdownOptions }).options;
}

const markdown = new MarkdownIt({ html: false, linkify: true, breaks: true, typographer: false });
// Pictures come as attachments: one by address would tell its host who reads.
markdown.disable("image");
markdown.validateLink = isLinkTarget;

const { rules } = markdown.renderer;
const { escapeHtml } = markdown.utils;
rules.link_open = (tokens, index, options, _environment, self) => {
  const token = tokens[index];
  if (!isInside(String(token?.attrGet("href") ?? ""))) {
    token?.attrSet("target", "_blank");
    token?.attrSet("rel", "noopener noreferrer nofollow");
  }
  return self.renderToken(tokens, index, options);
};
const renderBlock: NonNullable<typeof rules.fence> = (tokens, index, _options, environment) => {
  const { content = "", info = "" } = tokens[index] ?? {};
  const label = escapeHtml(optionsOf(environment).copyLabel);
  const language = /^[\w+#.-]{1,20}/.exec(info)?.[0] ?? "";
  const name = language === "" ? "" : `<span class="code-language">${escapeHtml(language)}</span>`;
  // For the colours, which come later (code-colours.ts).
  const mark = language === "" ? "" : ` class="language-${escapeHtml(language)}"`;
  // It scrolls sideways, so it takes the focus.
  return `<div class="code-block" dir="ltr"><div class="code-head">${name}<button type="button" class="code-copy" data-copy="">${label}</button></div><pre tabindex="0"><code${mark}>${escapeHtml(content)}</code></pre></div>`;
};
rules.fence = renderBlock;
rules.code_block = renderBlock;
// The headings of the page are the page's.
rules.heading_open = (tokens, index) => `<p class="heading ${tokens[index]?.tag === "h1" ? "heading-1" : ""}">`;
rules.heading_close = () => "</p>\n";
// As wide as it has to be; what is around it scrolls.
rules.table_open = () => `<div class="table" tabindex="0"><table>`;
rules.table_close = () => "</table></div>\n";
rules.text = (tokens, index, _options, environment) => {
  const text = escapeHtml(tokens[index]?.content ?? "");
  return isInLink(tokens, index) ? text : linkReferences(text, optionsOf(environment), escapeHtml);
};

/** A name in the text of a link is not another link. */
function isInLink(tokens: readonly { readonly type: string }[], index: number): boolean {
  for (let before = index - 1; before >= 0; before -= 1) {
    if (tokens[before]?.type === "link_open") return true;
    if (tokens[before]?.type === "link_close") return false;
  }
  return false;
}

/** The HTML of a library as what may be put into the page, guarded like everything else. */
export function purified(html: string): DocumentFragment {
  return DOMPurify.sanitize(html, { ...PURIFYING, RETURN_DOM_FRAGMENT: true });
}

/** Answers HTML that is safe to show. */
export function renderMarkdown(text: string, options: MarkdownOptions): string {
  const html = DOMPurify.sanitize(markdown.render(text, { options }), PURIFYING);
  return isFewEmoji(text) ? html.replace("<p>", '<p class="jumbo">') : html;
}

const FEW_EMOJI = new RegExp("^(?:\\p{RGI_Emoji}\\s*){1,3}$", "v");
const LONGEST_FEW = 60;

/** Up to three of them alone are shown large. */
function isFewEmoji(text: string): boolean {
  return text.length <= LONGEST_FEW && FEW_EMOJI.test(text.trim());
}
