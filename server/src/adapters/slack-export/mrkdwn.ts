/** Names of what a Slack text refers to; undefined where the export does not know it. */
export interface SlackNames {
  user(id: string): string | undefined;
  channel(id: string): string | undefined;
}

const CODE = /(```[\s\S]*?```|`[^`\n]+`)/;
const REFERENCE = /<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>/g;
const MASS: Record<string, string> = { here: "@here", channel: "@all", everyone: "@all", group: "@all" };

/**
 * Slack's mrkdwn as Markdown with Parley's mentions (https://api.slack.com/reference/surfaces/formatting). Code stays as it is
 * but for Slack's three escapes.
 */
export function toMarkdown(text: string, names: SlackNames): string {
  return text
    .split(CODE)
    .map((part, index) =>
      index % 2 === 1 ? unescape(plainReferences(part, names)) : unescape(styles(references(part, names))),
    )
    .join("");
}

function references(text: string, names: SlackNames): string {
  return text.replaceAll(REFERENCE, (whole, sign: string, target: string, label: string | undefined) => {
    if (sign === "@") return `@${names.user(target) ?? label ?? target}`;
    if (sign === "#") return `#${names.channel(target) ?? label ?? target}`;
    if (sign === "!") return special(target, label);
    return target === "" ? whole : link(target, label);
  });
}

/** `<!here>`, `<!subteam^S1|@team>`, `<!date^1392734382^{date}|Feb 18>`. */
function special(target: string, label: string | undefined): string {
  const name = target.split("^")[0] ?? target;
  return MASS[name] ?? label ?? `@${name}`;
}

function link(target: string, label: string | undefined): string {
  const address = target.startsWith("mailto:") ? target.slice("mailto:".length) : target;
  if (label === undefined || label === target || label === address) return address;
  return `[${label.replaceAll(/[[\]]/g, "\\$&")}](${target.replaceAll(")", "%29")})`;
}

/** Inside code a link is what it points to. */
function plainReferences(text: string, names: SlackNames): string {
  return text.replaceAll(REFERENCE, (whole, sign: string, target: string, label: string | undefined) =>
    sign === ""
      ? /^(https?|mailto):/.test(target)
        ? (label ?? target.replace(/^mailto:/, ""))
        : whole
      : references(whole, names),
  );
}

/** `*bold*` and `~strike~` around words; `_italic_` is the same in both. */
function styles(text: string): string {
  return text
    .replaceAll(/(?<![\w*])\*(?=\S)([^*\n]*[^*\s])\*(?![\w*])/g, "**$1**")
    .replaceAll(/(?<![\w~])~(?=\S)([^~\n]*[^~\s])~(?![\w~])/g, "~~$1~~");
}

function unescape(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** Ids of the users whom a text mentions, each once. */
export function mentionedUsers(text: string): string[] {
  return [...new Set([...text.matchAll(/<@([A-Z0-9]+)(?:\|[^<>]*)?>/g)].map(([, id]) => id as string))];
}
