import type { ConversationId, MessageId, UserId } from "../domain/ids.ts";
import type { Reader } from "./database.ts";

/** A row of `messages`. */
export interface MessageRow {
  conversationId: ConversationId;
  seq: number;
  ordinal: number;
  version: number;
  id: MessageId;
  senderId: UserId;
  contentType: string;
  content: string;
  metadata: Record<string, unknown> | null;
  attachments: Record<string, unknown>[] | null;
  mentions: UserId[] | null;
  massMention: string | null;
  parentId: MessageId | null;
  threadRootId: MessageId | null;
  depth: number;
  replyCount: number;
  lastReplyAt: Date | null;
  reactionCount: number;
  editCount: number;
  pinnedAt: Date | null;
  pinnedBy: UserId | null;
  createdAt: Date;
  editedAt: Date | null;
  deletedAt: Date | null;
  deletedBy: UserId | null;
}

/** The columns of a message in the order of MESSAGE_COLUMNS. `alias` is the table's name in the statement. */
export function messageColumns(alias: string): string {
  return MESSAGE_COLUMNS.map((column) => `${alias}.${column}`).join(", ");
}

const MESSAGE_COLUMNS = [
  "conversation_id",
  "seq",
  "ordinal",
  "version",
  "id",
  "sender_id",
  "content_type",
  "content",
  "metadata",
  "attachments",
  "mentions",
  "mass_mention",
  "parent_id",
  "thread_root_id",
  "depth",
  "reply_count",
  "last_reply_at",
  "reaction_count",
  "edit_count",
  "pinned_at",
  "pinned_by",
  "created_at",
  "edited_at",
  "deleted_at",
  "deleted_by",
];

export interface MessageRecord {
  conversation_id: string;
  seq: number;
  ordinal: number;
  version: number;
  id: string;
  sender_id: string;
  content_type: string;
  content: string;
  metadata: Record<string, unknown> | null;
  attachments: Record<string, unknown>[] | null;
  mentions: string[] | null;
  mass_mention: string | null;
  parent_id: string | null;
  thread_root_id: string | null;
  depth: number;
  reply_count: number;
  last_reply_at: Date | null;
  reaction_count: number;
  edit_count: number;
  pinned_at: Date | null;
  pinned_by: string | null;
  created_at: Date;
  edited_at: Date | null;
  deleted_at: Date | null;
  deleted_by: string | null;
}

export function toMessageRow(record: MessageRecord): MessageRow {
  return {
    conversationId: record.conversation_id as ConversationId,
    seq: record.seq,
    ordinal: record.ordinal,
    version: record.version,
    id: record.id as MessageId,
    senderId: record.sender_id as UserId,
    contentType: record.content_type,
    content: record.content,
    metadata: record.metadata,
    attachments: record.attachments,
    mentions: record.mentions as UserId[] | null,
    massMention: record.mass_mention,
    parentId: record.parent_id as MessageId | null,
    threadRootId: record.thread_root_id as MessageId | null,
    depth: record.depth,
    replyCount: record.reply_count,
    lastReplyAt: record.last_reply_at,
    reactionCount: record.reaction_count,
    editCount: record.edit_count,
    pinnedAt: record.pinned_at,
    pinnedBy: record.pinned_by as UserId | null,
    createdAt: record.created_at,
    editedAt: record.edited_at,
    deletedAt: record.deleted_at,
    deletedBy: record.deleted_by as UserId | null,
  };
}

/** One message by its id, wherever it is. Whether the caller may see it is for the service to decide. */
export async function findMessage(db: Reader, id: MessageId): Promise<MessageRow | undefined> {
  const [record] = await db.query<MessageRecord>({
    name: "find_message",
    text: `SELECT ${messageColumns("m")} FROM messages m WHERE m.id = $1`,
    values: [id],
  });
  return record && toMessageRow(record);
}

/** Messages by id, in no order; unknown ids are left out. */
export async function findMessages(db: Reader, ids: readonly string[]): Promise<MessageRow[]> {
  if (ids.length === 0) return [];
  const records = await db.query<MessageRecord>({
    name: "find_messages",
    text: `SELECT ${messageColumns("m")} FROM messages m WHERE m.id = ANY ($1::uuid[])`,
    values: [ids],
  });
  return records.map(toMessageRow);
}

/** The message that an earlier send of the same id, sender, conversation and content has written. */
export async function findSameMessage(
  db: Reader,
  sent: { id: MessageId; senderId: UserId; conversationId: ConversationId; fingerprint: string },
): Promise<MessageRow | undefined> {
  const [record] = await db.query<MessageRecord>({
    name: "find_same_message",
    text: `SELECT ${messageColumns("m")} FROM messages m
           WHERE m.id = $1 AND m.sender_id = $2 AND m.conversation_id = $3 AND m.fingerprint = decode($4, 'hex')`,
    values: [sent.id, sent.senderId, sent.conversationId, sent.fingerprint],
  });
  return record && toMessageRow(record);
}
