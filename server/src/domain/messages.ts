import type { UserId } from "./ids.ts";

/** What of a message decides what may be done with it. */
export interface MessageFacts {
  readonly senderId: UserId;
  readonly createdAt: Date;
  readonly deletedAt: Date | null;
  readonly deletedBy: UserId | null;
}

export type EditVerdict = "allowed" | "not_the_author" | "deleted" | "window_over";

/** Whether a message may be edited now: by its author alone, `editWindowMs` after it was sent (0: for ever), and not when deleted. */
export function judgeEdit(message: MessageFacts, userId: UserId, now: Date, editWindowMs: number): EditVerdict {
  if (message.senderId !== userId) return "not_the_author";
  if (message.deletedAt) return "deleted";
  const isOver = editWindowMs > 0 && now.getTime() - message.createdAt.getTime() > editWindowMs;
  return isOver ? "window_over" : "allowed";
}

/** One's own messages, and as a moderator (who may delete messages) everyone's. */
export function mayDelete(message: MessageFacts, userId: UserId, isModerator: boolean): boolean {
  return isModerator || message.senderId === userId;
}

export type RestoreVerdict = "allowed" | "not_deleted" | "not_allowed" | "too_late";

/**
 * Whether a deleted message may be brought back: by a moderator, or by its author unless somebody else deleted it; and while what was
 * in it is kept.
 */
export function judgeRestore(
  message: MessageFacts,
  userId: UserId,
  isModerator: boolean,
  now: Date,
  keptMs: number,
): RestoreVerdict {
  if (!message.deletedAt) return "not_deleted";
  const wasOwnDoing = message.senderId === userId && message.deletedBy === userId;
  if (!isModerator && !wasOwnDoing) return "not_allowed";
  return now.getTime() - message.deletedAt.getTime() > keptMs ? "too_late" : "allowed";
}

/** In direct and group conversations everyone is a peer; elsewhere pinning and mentioning all takes `moderate_content`. */
export function isAmongPeers(conversationKind: string): boolean {
  return conversationKind === "direct" || conversationKind === "group";
}

/** Key order means nothing in JSON objects, so it is no difference either. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isSameJson(left[key], right[key]))
  );
}
