/** Where a link in a message may lead: the web, mail, and conversations of this app. */
const TARGET = /^(?:https?:\/\/|mailto:)/i;
/** A conversation, a message in it, or a thread. */
const INSIDE = /^\/c\/[\da-f-]{36}(?:\/[mt]\/[\da-f-]{1,36})?$/i;

export function isLinkTarget(href: string): boolean {
  const trimmed = href.trim();
  return TARGET.test(trimmed) || INSIDE.test(trimmed);
}

/** Whether it is a path of this app. */
export function isInside(path: string): boolean {
  return INSIDE.test(path);
}
