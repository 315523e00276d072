import type { ConversationId, MessageId, UserId } from "../domain/ids.ts";
import type { Reader, Writer } from "./database.ts";

export interface ImportedMessageRecord {
  readonly seq: number;
  readonly ordinal: number;
  readonly id: string;
  readonly sender_id: string;
  readonly content_type: string;
  readonly content: string;
  readonly metadata: Record<string, unknown> | null;
  readonly attachments: Record<string, unknown>[] | null;
  readonly mentions: readonly string[] | null;
  readonly parent_id: string | null;
  readonly reaction_count: number;
  readonly edit_count: number;
  readonly pinned_at: Date | null;
  readonly pinned_by: string | null;
  readonly fingerprint: string;
  readonly created_at: Date;
  readonly edited_at: Date | null;
  readonly deleted_at: Date | null;
}

/** Which of these messages are there already, in whatever conversation. */
export async function findPresentIds(db: Reader, ids: readonly MessageId[]): Promise<Set<string>> {
  const rows = await db.query<{ id: string }>({
    name: "find_present_ids",
    text: "SELECT id FROM messages WHERE id = ANY ($1::uuid[])",
    values: [ids],
  });
  return new Set(rows.map((row) => row.id));
}

/** Writes messages with the times and places they are given. Roots of threads must be there already, or be none themselves. */
export async function insertImportedMessages(
  tx: Writer,
  conversationId: ConversationId,
  records: readonly ImportedMessageRecord[],
): Promise<void> {
  await tx.execute({
    name: "insert_imported_messages",
    text: `INSERT INTO messages (conversation_id, seq, ordinal, version, id, sender_id, content_type, content, metadata, attachments,
             mentions, parent_id, thread_root_id, depth, reaction_count, edit_count, pinned_at, pinned_by, fingerprint,
             created_at, edited_at, deleted_at, deleted_by)
           SELECT $1, r.seq, r.ordinal, r.seq, r.id, r.sender_id, r.content_type, r.content, r.metadata, r.attachments,
             r.mentions, r.parent_id, r.parent_id, CASE WHEN r.parent_id IS NULL THEN 0 ELSE 1 END, r.reaction_count, r.edit_count,
             r.pinned_at, r.pinned_by, decode(r.fingerprint, 'hex'), r.created_at, r.edited_at, r.deleted_at,
             CASE WHEN r.deleted_at IS NOT NULL THEN r.sender_id END
           FROM json_to_recordset($2::json) AS r (seq bigint, ordinal bigint, id uuid, sender_id uuid, content_type text, content text,
             metadata jsonb, attachments jsonb, mentions uuid[], parent_id uuid, reaction_count integer, edit_count integer,
             pinned_at timestamptz, pinned_by uuid, fingerprint text, created_at timestamptz, edited_at timestamptz, deleted_at timestamptz)`,
    values: [conversationId, JSON.stringify(records)],
  });
}

export interface RootUpdate {
  readonly id: string;
  readonly replies: number;
  readonly version: number;
  readonly lastReplyAt: Date;
}

/** Counts new replies at their roots. */
export async function countReplies(tx: Writer, updates: readonly RootUpdate[]): Promise<void> {
  if (updates.length === 0) return;
  await tx.execute({
    name: "count_imported_replies",
    text: `UPDATE messages m SET reply_count = m.reply_count + u.replies, version = greatest(m.version, u.version),
             last_reply_at = greatest(m.last_reply_at, u.last_reply_at)
           FROM json_to_recordset($1::json) AS u (id uuid, replies integer, version bigint, last_reply_at timestamptz)
           WHERE m.id = u.id`,
    values: [
      JSON.stringify(
        updates.map(({ id, replies, version, lastReplyAt }) => ({ id, replies, version, last_reply_at: lastReplyAt })),
      ),
    ],
  });
}

export async function insertImportedReactions(
  tx: Writer,
  reactions: readonly { messageId: MessageId; userId: UserId; reaction: string; at: Date }[],
): Promise<void> {
  if (reactions.length === 0) return;
  await tx.execute({
    name: "insert_imported_reactions",
    text: `INSERT INTO reactions (message_id, user_id, reaction, created_at)
           SELECT r.message_id, r.user_id, r.reaction, r.at
           FROM json_to_recordset($1::json) AS r (message_id uuid, user_id uuid, reaction text, at timestamptz)
           ON CONFLICT DO NOTHING`,
    values: [
      JSON.stringify(
        reactions.map(({ messageId, userId, reaction, at }) => ({
          message_id: messageId,
          user_id: userId,
          reaction,
          at,
        })),
      ),
    ],
  });
}

/** Marks of members who have never read anything there go to the present: nobody wants to find a whole archive unread. */
export async function markArchiveRead(tx: Writer, conversationId: ConversationId): Promise<void> {
  await tx.execute({
    name: "mark_archive_read",
    text: `UPDATE member_marks m SET last_read_seq = h.last_message_seq, last_read_ordinal = h.message_count,
             last_delivered_seq = h.last_message_seq
           FROM conversation_heads h
           WHERE m.conversation_id = $1 AND h.conversation_id = $1 AND m.last_read_seq = 0`,
    values: [conversationId],
  });
}

/** What is in a conversation now, for the reconciliation. */
export async function countImported(
  db: Reader,
  conversationId: ConversationId,
): Promise<{ messages: number; replies: number; edited: number; threads: number }> {
  const [row] = await db.query<{ messages: number; replies: number; edited: number; threads: number }>({
    name: "count_imported",
    text: `SELECT count(*)::integer AS messages, count(*) FILTER (WHERE thread_root_id IS NOT NULL)::integer AS replies,
             count(*) FILTER (WHERE edited_at IS NOT NULL)::integer AS edited,
             count(*) FILTER (WHERE reply_count > 0)::integer AS threads
           FROM messages WHERE conversation_id = $1`,
    values: [conversationId],
  });
  return row ?? { messages: 0, replies: 0, edited: 0, threads: 0 };
}

/** Makes the space, or answers false where it is there; adds its members either way. */
export async function ensureImportedSpace(
  tx: Writer,
  space: { id: string; slug: string; name: string; createdBy: UserId; members: readonly UserId[] },
): Promise<void> {
  await tx.execute({
    name: "ensure_imported_space",
    text: `INSERT INTO spaces (id, slug, name, created_by) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING`,
    values: [space.id, space.slug, space.name, space.createdBy],
  });
  await tx.execute({
    name: "ensure_imported_space_members",
    text: `INSERT INTO space_members (space_id, user_id) SELECT $1, u FROM unnest($2::uuid[]) u ON CONFLICT DO NOTHING`,
    values: [space.id, space.members],
  });
}
