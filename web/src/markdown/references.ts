/** What names in a text stand for. */
export interface References {
  /** People who are mentioned, by username in lower case. `isMe` stands out. */
  readonly mentions?: ReadonlyMap<string, Mention> | undefined;
  /** Channels, by slug. */
  readonly channels?: ReadonlyMap<string, ChannelReference> | undefined;
  /** Emoji, by short name. */
  readonly emoji?: ReadonlyMap<string, string> | undefined;
}

export interface Mention {
  readonly id: string;
  readonly name: string;
  readonly isMe: boolean;
}

export interface ChannelReference {
  readonly id: string;
  readonly title: string;
}

/** As the service finds them (server/src/domain/mentions.ts), in text that was escaped. */
const NAMES =
  /(?<![\p{L}\p{N}_@/&])(?:@([a-z0-9_](?:[a-z0-9_.-]{0,62}[a-z0-9_])?)|#([a-z0-9][a-z0-9_-]{0,79})|:([a-z0-9_+-]{1,64}):)/giu;

/** Puts marks around the names in an escaped text. What a name does not stand for anything stays as it is. */
export function linkReferences(text: string, references: References, escape: (text: string) => string): string {
  if (!/[@#:]/.test(text)) return text;
  return text.replaceAll(NAMES, (whole, username?: string, slug?: string, emoji?: string) => {
    if (username !== undefined) return mention(username.toLowerCase(), whole, references, escape);
    if (slug !== undefined) return channel(slug.toLowerCase(), whole, references, escape);
    return references.emoji?.get(emoji?.toLowerCase() ?? "") ?? whole;
  });
}

function mention(username: string, whole: string, { mentions }: References, escape: (text: string) => string): string {
  if (username === "all" || username === "here") return `<span class="mention mention-me">${whole}</span>`;
  const person = mentions?.get(username);
  if (!person) return whole;
  const kind = person.isMe ? "mention mention-me" : "mention";
  return `<button type="button" class="${kind}" data-user="${escape(person.id)}">@${escape(person.name)}</button>`;
}

function channel(slug: string, whole: string, { channels }: References, escape: (text: string) => string): string {
  const found = channels?.get(slug);
  if (!found) return whole;
  return `<a class="mention" href="/c/${escape(found.id)}">#${escape(found.title)}</a>`;
}
