import { STAFF_MARK, type UserId } from "../../domain/ids.ts";
import type { Mark } from "../../domain/marks.ts";
import type { Reader } from "../database.ts";
import type { MessageRow } from "../messages.ts";
import { visibleReceipts } from "./marks.ts";

/** How far a recipient of a message is. */
export interface RecipientRow {
  readonly userId: UserId;
  readonly mark: Mark;
  /** The recipient has archived the conversation, and no message came since. */
  readonly archived: boolean;
  /** Of the first movement at or past the message; null before, and where the mark was never moved there by reading. */
  readonly readAt: Date | null;
  readonly deliveredAt: Date | null;
}

interface RecipientRecord {
  user_id: string;
  last_read_seq: number | null;
  last_read_ordinal: number | null;
  last_delivered_seq: number | null;
  last_read_at: Date | null;
  archived: boolean | null;
  read_at: Date | null;
  delivered_at: Date | null;
}

export interface RecipientsQuery {
  readonly message: MessageRow;
  readonly viewerId: UserId;
  /** The viewer's own setting does not matter. */
  readonly seesAllShared: boolean;
  /** The message is to the staff of a support conversation, who are one recipient. */
  readonly toStaff: boolean;
  readonly after: UserId | null;
  readonly limit: number;
}

/**
 * Recipients of a message whose receipts the viewer may see, by user id: members but the sender who were in the conversation
 * when it was sent. Who came later has a mark past it without having seen it.
 */
export async function listRecipients(db: Reader, query: RecipientsQuery): Promise<RecipientRow[]> {
  const { message, viewerId, seesAllShared, toStaff, after, limit } = query;
  const records = await db.query<RecipientRecord>({
    name: "list_recipients",
    text: `SELECT p.user_id, k.last_read_seq, k.last_read_ordinal, k.last_delivered_seq, k.last_read_at,
             coalesce(p.archived_ordinal >= h.message_count, false) AS archived,
             r.at AS read_at, least(r.at, d.at) AS delivered_at
           FROM (
             SELECT m.user_id, s.archived_ordinal FROM members m JOIN users u ON u.id = m.user_id
             LEFT JOIN member_settings s ON s.conversation_id = m.conversation_id AND s.user_id = m.user_id
             WHERE m.conversation_id = $1 AND m.left_at IS NULL AND m.joined_seq < $4 AND m.user_id <> $5
               AND ${visibleReceipts("$3")}
             UNION ALL SELECT $7::uuid, c.archived_ordinal FROM conversations c WHERE c.id = $1 AND $6
           ) p
           JOIN conversation_heads h ON h.conversation_id = $1
           LEFT JOIN member_marks k ON k.conversation_id = $1 AND k.user_id = p.user_id
           LEFT JOIN LATERAL (${firstMovement("read")}) r ON true
           LEFT JOIN LATERAL (${firstMovement("delivered")}) d ON true
           WHERE $8::uuid IS NULL OR p.user_id > $8
           ORDER BY p.user_id LIMIT $9`,
    values: [
      message.conversationId,
      viewerId,
      seesAllShared,
      message.seq,
      message.senderId,
      toStaff,
      STAFF_MARK,
      after,
      limit,
    ],
  });
  return records.map(toRecipientRow);
}

/** Primary key of `mark_movements`. */
function firstMovement(kind: "read" | "delivered"): string {
  return `SELECT x.at FROM mark_movements x
          WHERE x.conversation_id = $1 AND x.user_id = p.user_id AND x.kind = '${kind}' AND x.seq >= $4 ORDER BY x.seq LIMIT 1`;
}

function toRecipientRow(record: RecipientRecord): RecipientRow {
  return {
    userId: record.user_id as UserId,
    mark: {
      lastReadSeq: record.last_read_seq ?? 0,
      lastReadOrdinal: record.last_read_ordinal ?? 0,
      lastDeliveredSeq: record.last_delivered_seq ?? 0,
      lastReadAt: record.last_read_at,
    },
    archived: record.archived ?? false,
    readAt: record.read_at,
    deliveredAt: record.delivered_at,
  };
}
