/** Names that mean something else: mass mentions, and words of the API. */
const RESERVED = new Set(["all", "here", "everyone", "me", "system"]);

const LONGEST = 64;
const LONGEST_SLUG = 80;

export function isReservedUsername(username: string): boolean {
  return RESERVED.has(username);
}

/**
 * A username made from what the identity provider calls somebody: a preferred name, a mail address (its local part), or an id.
 * Always one that the protocol takes; whether it is free is for the store to say.
 */
export function usernameFrom(text: string): string {
  const name = text.includes("@") ? text.slice(0, text.lastIndexOf("@")) : text;
  const plain = name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9_.-]+/g, "-");
  const trimmed = trimmedName(plain.slice(0, LONGEST));
  if (trimmed === "") return "user";
  return isReservedUsername(trimmed) ? `${trimmed}_` : trimmed;
}

/** The name with a suffix, still within the bound: `ada`, `ada-2`. */
export function suffixedUsername(username: string, suffix: string): string {
  return `${trimmedName(username.slice(0, LONGEST - suffix.length - 1))}-${suffix}`;
}

/** What stands for the user in addresses of web pages. */
export function slugFrom(username: string): string {
  const slug = username
    .replaceAll(".", "-")
    .replace(/^[_-]+/, "")
    .slice(0, LONGEST_SLUG);
  return slug === "" ? "user" : slug;
}

/** Dots and dashes are no part of a name at its ends. */
function trimmedName(name: string): string {
  return name.replaceAll(/^[.-]+|[.-]+$/g, "");
}
