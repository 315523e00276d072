import { LRUCache } from "lru-cache";
import type { Caller } from "../domain/caller.ts";
import type { ConversationId } from "../domain/ids.ts";
import { findConversationKind } from "../store/conversation-kinds.ts";
import type { Reader } from "../store/database.ts";
import type { RateLimits } from "./rate-limits.ts";

/** A kind never changes, so it may be remembered for as long as there is room. */
const CAPACITY = 50_000;

/**
 * The limits on sending, for a sender who does not say what kind of conversation it is. Waits only where the kind is not in memory.
 * Throws `rate_limited`.
 */
export function createSendLimit(deps: {
  db: Reader;
  limits: Pick<RateLimits, "admitSend">;
  /** Whether it is a support conversation, where that is known here already. */
  isSupport?: (id: ConversationId) => boolean | undefined;
}): (caller: Caller, conversationId: ConversationId) => Promise<void> | void {
  const { db, limits, isSupport } = deps;
  const kinds = new LRUCache<ConversationId, string>({ max: CAPACITY });

  async function askAndAdmit(caller: Caller, id: ConversationId): Promise<void> {
    const kind = await findConversationKind(db, id);
    if (kind !== undefined) kinds.set(id, kind);
    limits.admitSend(caller, id, kind === "support");
  }

  return (caller, id) => {
    if (caller.isService || caller.isStaff) return limits.admitSend(caller, id, false);
    const known = isSupport?.(id);
    if (known !== undefined) return limits.admitSend(caller, id, known);
    const kind = kinds.get(id);
    return kind === undefined ? askAndAdmit(caller, id) : limits.admitSend(caller, id, kind === "support");
  };
}
