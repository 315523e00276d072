import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { CommittedChange } from "../../store/changes.ts";
import type { ChangeHint } from "./bus.ts";

/** A committed change as other nodes are told of it: without the message, which they read. */
export function toHint(change: CommittedChange): ChangeHint {
  const { reaction, thread } = change;
  return {
    kind: "change",
    conversation_id: change.conversationId,
    version: change.version,
    type: change.type,
    subject_id: change.subjectId,
    actor_id: change.actorId,
    at: change.at.toISOString(),
    imported: change.imported,
    ...(reaction ? { reaction } : {}),
    ...(thread
      ? {
          thread: {
            root_id: thread.rootId,
            reply_count: thread.replyCount,
            last_reply_at: thread.lastReplyAt?.toISOString() ?? null,
          },
        }
      : {}),
  };
}

export function fromHint(hint: ChangeHint): CommittedChange {
  const { reaction, thread } = hint;
  return {
    conversationId: hint.conversation_id as ConversationId,
    version: hint.version,
    type: hint.type,
    subjectId: hint.subject_id,
    actorId: hint.actor_id as UserId,
    at: new Date(hint.at),
    imported: hint.imported,
    ...(reaction ? { reaction } : {}),
    ...(thread
      ? {
          thread: {
            rootId: thread.root_id,
            replyCount: thread.reply_count,
            lastReplyAt: thread.last_reply_at === null ? null : new Date(thread.last_reply_at),
          },
        }
      : {}),
  };
}
