import type { Attachment, Message, MessageReaction, Sender } from "@parley/protocol";
import type { UserId } from "../../domain/ids.ts";
import type { Reader } from "../../store/database.ts";
import type { MessageRow } from "../../store/messages.ts";
import { summariseReactions } from "../../store/reactions.ts";

export interface SenderSummaries {
  /** What is shown of each user; unknown ids are left out. */
  many(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, Sender>>;
  /** The same from memory alone. */
  peek(id: UserId): Sender | undefined;
}

export interface MessagePresenter {
  /**
   * The messages as they go over the wire, in the same order. With a `viewer`, reactions say whether they are theirs; events,
   * which are encoded once for everyone, have no viewer.
   */
  present(rows: readonly MessageRow[], viewer: UserId | null): Promise<Message[]>;
  presentOne(row: MessageRow, viewer: UserId | null): Promise<Message>;
  /** A message nobody reacted to yet, whose sender is in memory: no waiting. Undefined where it takes asking. */
  presentNow(row: MessageRow): Message | undefined;
}

export function createMessagePresenter(deps: { db: Reader; summaries: SenderSummaries }): MessagePresenter {
  const { db, summaries } = deps;

  async function present(rows: readonly MessageRow[], viewer: UserId | null): Promise<Message[]> {
    if (rows.length === 0) return [];
    const reacted = rows.filter((row) => row.reactionCount > 0).map((row) => row.id);
    const [senders, reactions] = await Promise.all([
      summaries.many([...new Set(rows.map((row) => row.senderId))]),
      reacted.length > 0 ? summariseReactions(db, reacted, viewer) : undefined,
    ]);
    return rows.map((row) => toMessage(row, senders.get(row.senderId), reactions?.get(row.id) ?? []));
  }

  return {
    present,
    async presentOne(row, viewer) {
      const [message] = await present([row], viewer);
      return message as Message;
    },
    presentNow(row) {
      if (row.reactionCount > 0) return undefined;
      const sender = summaries.peek(row.senderId);
      return sender && toMessage(row, sender, []);
    },
  };
}

function toMessage(row: MessageRow, sender: Sender | undefined, reactions: MessageReaction[]): Message {
  return {
    id: row.id,
    conversation_id: row.conversationId,
    seq: row.seq,
    ordinal: row.ordinal,
    version: row.version,
    sender_id: row.senderId,
    sender: sender ?? unknownSender(row.senderId),
    content_type: row.contentType as Message["content_type"],
    content: row.content,
    metadata: row.metadata,
    parent_id: row.parentId,
    thread_root_id: row.threadRootId,
    depth: row.depth,
    reply_count: row.replyCount,
    reactions,
    attachments: (row.attachments ?? []) as Attachment[],
    mentions: row.mentions ?? [],
    pinned_at: row.pinnedAt?.toISOString() ?? null,
    pinned_by: row.pinnedBy,
    created_at: row.createdAt.toISOString(),
    edited_at: row.editedAt?.toISOString() ?? null,
    deleted_at: row.deletedAt?.toISOString() ?? null,
  };
}

/** Users are never deleted, so this is for a row that was written around the services. A page of messages must not fail for it. */
function unknownSender(id: UserId): Sender {
  return { id, username: "unknown", display_name: "Unknown", kind: "system", is_admin: false };
}
