/** `@username` not preceded by a word character (so that mail addresses do not mention), ending in a word character. */
const MENTION = /(?<![\p{L}\p{N}_@/])@([a-z0-9_](?:[a-z0-9_.-]{0,62}[a-z0-9_])?)/giu;

/** Names that mention everyone in the conversation, or everyone in it who is online. */
const MASS_MENTIONS = new Set(["all", "here"]);

/** More names than this in one message are not looked up. */
export const MAX_MENTIONS = 50;

export interface Mentions {
  /** Lower-case usernames, each once, in the order of appearance. */
  readonly usernames: string[];
  /** The strongest mass mention in it: `all` before `here`. */
  readonly mass: "all" | "here" | null;
}

const NONE: Mentions = { usernames: [], mass: null };

/** Who a content mentions by `@username`, `@all` and `@here`. Text inside code (backticks) mentions nobody. */
export function findMentions(content: string): Mentions {
  if (!content.includes("@")) return NONE;
  const prose = withoutCode(content);
  const usernames = new Set<string>();
  let mass: Mentions["mass"] = null;
  for (const [, name = ""] of prose.matchAll(MENTION)) {
    const lower = name.toLowerCase();
    if (MASS_MENTIONS.has(lower)) mass = mass === "all" ? "all" : (lower as "all" | "here");
    else if (usernames.size < MAX_MENTIONS) usernames.add(lower);
  }
  return { usernames: [...usernames], mass };
}

function withoutCode(content: string): string {
  if (!content.includes("`")) return content;
  return content.replaceAll(/```[\s\S]*?(?:```|$)/g, " ").replaceAll(/`[^`\n]*`/g, " ");
}
