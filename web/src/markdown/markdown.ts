import DOMPurify from "dompurify";
import MarkdownIt from "markdown-it";

/**
 * What people write becomes HTML here and nowhere else. It is guarded twice: markdown-it lets no HTML of the writer's
 * through, and DOMPurify takes out whatever is not on the lists below. The page's policy is the third guard.
 */
const ALLOWED_TAGS = [
  ..."a b blockquote br button code del div em h1 h2 h3 h4 h5 h6 hr li ol p pre s span strong table tbody td th thead tr ul".split(
    " ",
  ),
];
const ALLOWED_ATTR = ["class", "href", "target", "rel", "type", "start", "dir", "data-user", "data-copy"];
/** Of the attributes, href alone is an address: what the others say is not held against this. */
const ALLOWED_URI_REGEXP = /^(?:https?:|mailto:)/i;
const NO_ADDRESSES = ALLOWED_ATTR.filter((name) => name !== "href");

export interface MarkdownOptions {
  /** What the button on a block of code says. */
  readonly copyLabel: string;
  /** By username, in lower case: who is mentioned. `isMe` stands out. */
  readonly mentions?: ReadonlyMap<string, { readonly id: string; readonly name: string; readonly isMe: boolean }>;
}

/** What a rendering carries along. */
function optionsOf(environment: object | undefined): MarkdownOptions {
  return (environment as { readonly options: MarkdownOptions }).options;
}

const markdown = new MarkdownIt({ html: false, linkify: true, breaks: true, typographer: false });
// Pictures come as attachments: one by address would tell its host who reads.
markdown.disable("image");
markdown.linkify.set({ fuzzyEmail: false, fuzzyIP: false });

const { rules } = markdown.renderer;
rules.link_open = (tokens, index, options, _environment, self) => {
  const token = tokens[index];
  token?.attrSet("target", "_blank");
  token?.attrSet("rel", "noopener noreferrer nofollow");
  return self.renderToken(tokens, index, options);
};
const renderBlock: NonNullable<typeof rules.fence> = (tokens, index, _options, environment) => {
  const { escapeHtml } = markdown.utils;
  const code = escapeHtml(tokens[index]?.content ?? "");
  const label = escapeHtml(optionsOf(environment).copyLabel);
  return `<div class="code-block" dir="ltr"><pre><code>${code}</code></pre><button type="button" class="code-copy" data-copy="">${label}</button></div>`;
};
rules.fence = renderBlock;
rules.code_block = renderBlock;
rules.text = (tokens, index, _options, environment) =>
  withMentions(tokens[index]?.content ?? "", optionsOf(environment).mentions);

const MENTION = /(?<![\p{L}\p{N}_@/.])@([\p{L}\p{N}][\p{L}\p{N}._-]*)/gu;

function withMentions(text: string, mentions: MarkdownOptions["mentions"]): string {
  const { escapeHtml } = markdown.utils;
  if (!mentions || mentions.size === 0 || !text.includes("@")) return escapeHtml(text);
  return escapeHtml(text).replaceAll(MENTION, (whole, username: string) => {
    // A full stop after a name ends the sentence.
    const bare = username.replace(/[._-]+$/, "");
    const person = mentions.get(bare.toLowerCase());
    if (!person) return whole;
    const rest = username.slice(bare.length);
    const kind = person.isMe ? "mention mention-me" : "mention";
    return `<span class="${kind}" data-user="${escapeHtml(person.id)}">@${escapeHtml(person.name)}</span>${rest}`;
  });
}

/** Answers HTML that is safe to show. */
export function renderMarkdown(text: string, options: MarkdownOptions): string {
  const html = markdown.render(text, { options });
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS,
    ALLOWED_ATTR,
    ALLOWED_URI_REGEXP,
    ADD_URI_SAFE_ATTR: NO_ADDRESSES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  });
}
