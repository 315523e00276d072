import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { Reader } from "../database.ts";

/** How far a member has read and received. */
export interface VisibleMarks {
  readonly lastReadSeq: number;
  readonly lastDeliveredSeq: number;
  readonly lastReadAt: Date | null;
}

interface Membership {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
}

interface MarksRecord {
  conversation_id: string;
  user_id: string;
  last_read_seq: number;
  last_delivered_seq: number;
  last_read_at: Date | null;
}

/**
 * The marks of these members that the viewer may see: the viewer's own, and of those who share receipts if the viewer does too (what
 * goes to everyone has no viewer). Who never read or received
 * anything is at 0. Answers how to look one up. Primary keys of users and member_marks.
 */
export async function findVisibleMarks(
  db: Reader,
  memberships: readonly Membership[],
  viewer: UserId | null,
): Promise<(membership: Membership) => VisibleMarks | undefined> {
  const records = await db.query<MarksRecord>({
    name: "find_visible_marks",
    text: `SELECT w.conversation_id, w.user_id, coalesce(k.last_read_seq, 0) AS last_read_seq,
             -- What was read was received.
             greatest(k.last_delivered_seq, k.last_read_seq, 0) AS last_delivered_seq, k.last_read_at
           FROM unnest($1::uuid[], $2::uuid[]) AS w (conversation_id, user_id)
           JOIN users u ON u.id = w.user_id AND (u.id = $3
             OR u.share_receipts AND ($3::uuid IS NULL OR (SELECT v.share_receipts FROM users v WHERE v.id = $3)))
           LEFT JOIN member_marks k ON k.conversation_id = w.conversation_id AND k.user_id = w.user_id`,
    values: [memberships.map((m) => m.conversationId), memberships.map((m) => m.userId), viewer],
  });
  const byKey = new Map(records.map((record) => [`${record.conversation_id}:${record.user_id}`, toMarks(record)]));
  return (membership) => byKey.get(`${membership.conversationId}:${membership.userId}`);
}

function toMarks(record: MarksRecord): VisibleMarks {
  return {
    lastReadSeq: record.last_read_seq,
    lastDeliveredSeq: record.last_delivered_seq,
    lastReadAt: record.last_read_at,
  };
}
