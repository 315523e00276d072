import type { Caller } from "../domain/caller.ts";
import type { ConversationId, UserId } from "../domain/ids.ts";
import type { Reader } from "../store/database.ts";
import { accessTo, requirePermission } from "./access.ts";
import { requireOpenContact } from "./messages/message-access.ts";

/** Who types where; knows nothing of who may. */
export interface Typists {
  /** They still type; false where they were not known to. */
  renew(conversationId: ConversationId, userId: UserId): boolean;
  start(conversationId: ConversationId, userId: UserId): void;
  /** False where they were not known to type. */
  stop(conversationId: ConversationId, userId: UserId): boolean;
}

export interface TypingDeps {
  readonly db: Reader;
  readonly typists: Typists;
}

export type Typing = ReturnType<typeof createTyping>;

/** "Ada is typing": told to the others in the conversation, gone by itself some seconds later. */
export function createTyping({ db, typists }: TypingDeps) {
  async function requireMayWrite(caller: Caller, conversationId: ConversationId): Promise<void> {
    const access = await accessTo(db, caller, conversationId);
    requirePermission(access, "send_messages");
    // Typing would tell somebody who is blocked what a message is kept from telling.
    await requireOpenContact(db, access);
  }

  return {
    /**
     * Says that the caller is typing, or no longer. Said again and again while somebody types: whether they may write there is
     * looked at only when they begin. Where enough people are shown as typing, or the caller types in too many conversations at
     * once, nobody is told.
     *
     * Throws `not_found`, `not_a_member`, `permission_denied`, and `contact_refused` where one of the two of a direct conversation
     * has blocked the other.
     */
    async setTyping(caller: Caller, conversationId: ConversationId, isTyping: boolean): Promise<void> {
      if (isTyping) {
        if (typists.renew(conversationId, caller.userId)) return;
        await requireMayWrite(caller, conversationId);
        typists.start(conversationId, caller.userId);
      } else if (!typists.stop(conversationId, caller.userId)) {
        await requireMayWrite(caller, conversationId);
      }
    },
  };
}
