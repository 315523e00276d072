import { STAFF_MARK, type ConversationId, type UserId } from "../../domain/ids.ts";
import type { HistoryVisibility } from "../../domain/history.ts";
import type { Reader } from "../database.ts";
import { toMemberRow, type MemberRecord, type MemberRow } from "../members.ts";

/** Where a conversation and the reader's own mark in it stand. */
export interface ResumedRow {
  readonly id: ConversationId;
  readonly head: number;
  readonly messageCount: number;
  readonly lastReadSeq: number;
  readonly lastReadOrdinal: number;
}

interface ResumedRecord {
  id: string;
  head: number;
  message_count: number;
  last_read_seq: number | null;
  last_read_ordinal: number | null;
}

function toResumedRow(record: ResumedRecord): ResumedRow {
  return {
    id: record.id as ConversationId,
    head: record.head,
    messageCount: record.message_count,
    lastReadSeq: record.last_read_seq ?? 0,
    lastReadOrdinal: record.last_read_ordinal ?? 0,
  };
}

/** The user's conversations in the order of their ids, after one of them. Index members_by_user, then primary keys. */
export async function listResumedRows(
  db: Reader,
  userId: UserId,
  page: { readonly after: ConversationId | null; readonly limit: number },
): Promise<ResumedRow[]> {
  const records = await db.query<ResumedRecord>({
    name: "list_resumed_rows",
    text: `SELECT m.conversation_id AS id, h.head, h.message_count, k.last_read_seq, k.last_read_ordinal
           FROM members m
           JOIN conversations c ON c.id = m.conversation_id AND c.deleted_at IS NULL
           JOIN conversation_heads h ON h.conversation_id = m.conversation_id
           LEFT JOIN member_marks k ON k.conversation_id = m.conversation_id AND k.user_id = m.user_id
           WHERE m.user_id = $1 AND m.left_at IS NULL AND ($2::uuid IS NULL OR m.conversation_id > $2)
           ORDER BY m.conversation_id LIMIT $3`,
    values: [userId, page.after, page.limit],
  });
  return records.map(toResumedRow);
}

/** A conversation that somebody names, with what decides whether they see it. */
export interface NamedRow extends ResumedRow {
  readonly kind: string;
  readonly visibility: string;
  readonly historyVisibility: HistoryVisibility;
  readonly deletedAt: Date | null;
  /** Their row, also when they left. */
  readonly membership: MemberRow | undefined;
  /** Member of the conversation's space; true for a conversation without space. */
  readonly inSpace: boolean;
}

interface NamedRecord extends ResumedRecord {
  kind: string;
  visibility: string;
  history_visibility: string;
  deleted_at: Date | null;
  membership: MemberRecord | null;
  in_space: boolean;
}

/**
 * The conversations of these ids, deleted ones too, in no order; unknown ids are left out. The mark is that of all staff where
 * the user is not a member of a support conversation. All by primary keys.
 */
export async function findNamedRows(db: Reader, userId: UserId, ids: readonly ConversationId[]): Promise<NamedRow[]> {
  if (ids.length === 0) return [];
  const records = await db.query<NamedRecord>({
    name: "find_named_rows",
    text: `SELECT c.id, h.head, h.message_count, k.last_read_seq, k.last_read_ordinal, c.kind, c.visibility, c.history_visibility,
             c.deleted_at, CASE WHEN m.user_id IS NOT NULL THEN row_to_json(m) END AS membership,
             (c.space_id IS NULL OR EXISTS (SELECT FROM space_members s WHERE s.space_id = c.space_id AND s.user_id = $1)) AS in_space
           FROM conversations c
           JOIN conversation_heads h ON h.conversation_id = c.id
           LEFT JOIN members m ON m.conversation_id = c.id AND m.user_id = $1
           LEFT JOIN member_marks k ON k.conversation_id = c.id
             AND k.user_id = CASE WHEN c.kind = 'support' AND (m.user_id IS NULL OR m.left_at IS NOT NULL) THEN $3::uuid ELSE $1 END
           WHERE c.id = ANY ($2::uuid[])`,
    values: [userId, ids, STAFF_MARK],
  });
  return records.map((record) => ({
    ...toResumedRow(record),
    kind: record.kind,
    visibility: record.visibility,
    historyVisibility: record.history_visibility as HistoryVisibility,
    deletedAt: record.deleted_at,
    membership: record.membership ? toMemberRow(record.membership) : undefined,
    inSpace: record.in_space,
  }));
}
