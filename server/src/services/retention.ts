import { SYSTEM_USER, type ConversationId, type MessageId } from "../domain/ids.ts";
import { keptSince } from "../domain/retention.ts";
import type { Committer } from "../store/committer/committer.ts";
import type { ChangeWriter } from "../store/committer/operations.ts";
import type { Reader, Transactor } from "../store/database.ts";
import { findExpiredMessages, forgetExpiredMessages, listRetentions } from "../store/maintenance.ts";
import { countReply, deleteMessage } from "../store/messages-delete.ts";
import { findMessage } from "../store/messages.ts";

export interface RetentionDeps {
  readonly db: Reader & Transactor;
  readonly committer: Pick<Committer, "change">;
}

/** Messages in one change: other writes of the conversation wait for so long. */
const AT_ONCE = 50;

/**
 * Deletes what is older than its conversation keeps messages, as if the service had deleted each: everybody learns of it, places and
 * replies stay. What was in them, and before their edits, is forgotten for good. Goes on until there is nothing more or the signal;
 * doing it again changes nothing. Answers how many were deleted.
 */
export function createRetention({ db, committer }: RetentionDeps): (signal: AbortSignal) => Promise<number> {
  return async (signal) => {
    let count = 0;
    for (const { conversationId, retentionDays, now } of await listRetentions(db)) {
      const time = keptSince(now, retentionDays);
      for (;;) {
        if (signal.aborted) return count;
        const expired = await findExpiredMessages(db, conversationId, time, AT_ONCE);
        if (expired.length > 0) await deleteAll(conversationId, expired);
        count += expired.length;
        const forgotten = await db.transaction((tx) => forgetExpiredMessages(tx, conversationId, time, AT_ONCE));
        if (expired.length < AT_ONCE && forgotten < AT_ONCE) break;
      }
    }
    return count;
  };

  async function deleteAll(conversationId: ConversationId, ids: readonly MessageId[]): Promise<void> {
    await committer.change(conversationId, async (change) => {
      for (const id of ids) await deleteOne(change, id);
    });
  }
}

async function deleteOne(change: ChangeWriter, messageId: MessageId): Promise<void> {
  const found = await findMessage(change, messageId);
  if (!found || found.deletedAt) return;
  const version = change.record("message.deleted", messageId, SYSTEM_USER);
  const message = await deleteMessage(change, { messageId, deletedBy: SYSTEM_USER, at: change.now, version });
  if (!message.threadRootId) return change.describe(version, { message });
  const root = await countReply(change, message.threadRootId, -1, version);
  change.describe(version, {
    message,
    thread: { rootId: root.id, replyCount: root.replyCount, lastReplyAt: root.lastReplyAt },
  });
}
