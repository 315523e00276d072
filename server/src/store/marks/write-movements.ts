import type { ConversationId, UserId } from "../../domain/ids.ts";
import { STAFF_MARK } from "../../domain/ids.ts";
import type { Mark } from "../../domain/marks.ts";
import type { Reader } from "../database.ts";
import type { Movement } from "./pending-movements.ts";

/** How one movement ended. */
export interface WrittenMovement {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  readonly mark: Mark;
  readonly previous: Mark;
  /** Whether others may be told of it. Staff share their mark always. */
  readonly sharesReceipts: boolean;
}

interface OutcomeRecord {
  conversation_id: string;
  user_id: string;
  last_read_seq: number;
  last_read_ordinal: number;
  last_delivered_seq: number;
  last_read_at: Date | null;
  previous_read_seq: number;
  previous_read_ordinal: number;
  previous_delivered_seq: number;
  shares_receipts: boolean | null;
}

/**
 * Writes a batch of movements, at most one of each mark, in one statement: marks, their movements, and the notifications of
 * what was read. Rows are locked in sorted order, so that two nodes never wait for each other in a circle; what is decided is
 * decided on the locked rows. Writing again what was written already changes nothing.
 *
 * Where nobody waits for any of them, the commit does not wait for the disk: a crash of the database may lose the last moment of
 * marks that follow from sending, as a crash of the node does, and messages need not share the disk with them.
 *
 * The movement of an own message that follows what was read is not remembered: nobody asks when its sender has read it.
 * Indexes: the primary keys, and notifications_unread. Answers one outcome for each movement, in the same order.
 */
export async function writeMovements(db: Reader, movements: readonly Movement[]): Promise<WrittenMovement[]> {
  const records = await db.query<OutcomeRecord>({
    name: "write_movements",
    text: WRITE,
    values: [
      JSON.stringify(
        movements.map(({ conversationId, userId, read, deliveredSeq }, i) => ({
          i,
          conversation_id: conversationId,
          user_id: userId,
          read_seq: read?.seq ?? 0,
          read_ordinal: read?.ordinal ?? 0,
          own_from: read?.ownFrom,
          only_if_all_read: read?.onlyIfAllRead ?? false,
          delivered_seq: deliveredSeq,
        })),
      ),
      STAFF_MARK,
      movements.every(({ waiters }) => waiters.length === 0),
    ],
  });
  if (records.length !== movements.length)
    throw new Error(`${movements.length} movements had ${records.length} outcomes`);
  return records.map(toWritten);
}

const WRITE = `
  WITH decided AS MATERIALIZED (
    SELECT g.*, coalesce(h.last_read_seq, 0) AS previous_read_seq, coalesce(h.last_read_ordinal, 0) AS previous_read_ordinal,
      coalesce(h.last_delivered_seq, 0) AS previous_delivered_seq, h.last_read_at AS previous_read_at,
      g.read_seq > coalesce(h.last_read_seq, 0)
        AND (NOT g.only_if_all_read OR coalesce(h.last_read_ordinal, 0) >= g.own_from - 1) AS reads,
      clock_timestamp()::timestamptz(3) AS at
    FROM (
      SELECT * FROM json_to_recordset($1::json) AS g (i integer, conversation_id uuid, user_id uuid, read_seq bigint,
        read_ordinal bigint, own_from bigint, only_if_all_read boolean, delivered_seq bigint)
      ORDER BY conversation_id, user_id
    ) g
    CROSS JOIN (SELECT CASE WHEN $3 THEN set_config('synchronous_commit', 'off', true) END) durability
    LEFT JOIN LATERAL (
      SELECT m.* FROM member_marks m WHERE m.conversation_id = g.conversation_id AND m.user_id = g.user_id LIMIT 1 FOR UPDATE
    ) h ON true
  ),
  settled AS MATERIALIZED (
    SELECT d.*,
      CASE WHEN d.reads THEN d.read_seq ELSE d.previous_read_seq END AS last_read_seq,
      CASE WHEN d.reads THEN d.read_ordinal ELSE d.previous_read_ordinal END AS last_read_ordinal,
      greatest(d.previous_delivered_seq, d.delivered_seq, CASE WHEN d.reads THEN d.read_seq END) AS last_delivered_seq,
      CASE WHEN d.reads THEN d.at ELSE d.previous_read_at END AS last_read_at
    FROM decided d
  ),
  written AS (
    INSERT INTO member_marks AS m (conversation_id, user_id, last_read_seq, last_read_ordinal, last_delivered_seq, last_read_at)
    SELECT s.conversation_id, s.user_id, s.last_read_seq, s.last_read_ordinal, s.last_delivered_seq, s.last_read_at
    FROM settled s WHERE s.last_read_seq > s.previous_read_seq OR s.last_delivered_seq > s.previous_delivered_seq
    ON CONFLICT (conversation_id, user_id) DO UPDATE SET
      last_read_seq = greatest(m.last_read_seq, excluded.last_read_seq),
      last_read_ordinal = greatest(m.last_read_ordinal, excluded.last_read_ordinal),
      last_delivered_seq = greatest(m.last_delivered_seq, excluded.last_delivered_seq),
      last_read_at = CASE WHEN excluded.last_read_seq > m.last_read_seq THEN excluded.last_read_at ELSE m.last_read_at END
  ),
  remembered AS (
    INSERT INTO mark_movements (conversation_id, user_id, kind, seq, at)
    SELECT s.conversation_id, s.user_id, 'read', s.read_seq, s.at
    FROM settled s WHERE s.reads AND (s.own_from IS NULL OR s.previous_read_ordinal < s.own_from - 1)
    UNION ALL
    SELECT s.conversation_id, s.user_id, 'delivered', s.delivered_seq, s.at
    FROM settled s WHERE s.delivered_seq > s.previous_delivered_seq AND NOT (s.reads AND s.read_seq >= s.delivered_seq)
    ON CONFLICT DO NOTHING
  ),
  readers AS MATERIALIZED (
    SELECT s.conversation_id, s.user_id, s.read_seq, s.at FROM settled s WHERE s.reads AND s.user_id <> $2::uuid
    UNION ALL
    SELECT s.conversation_id, u.id, s.read_seq, s.at
    FROM settled s CROSS JOIN LATERAL (
      SELECT u.id FROM users u WHERE s.user_id = $2::uuid AND (u.is_staff OR u.is_admin) AND NOT EXISTS (
        SELECT FROM members x WHERE x.conversation_id = s.conversation_id AND x.user_id = u.id AND x.left_at IS NULL)
      OFFSET 0
    ) u
    WHERE s.reads AND s.user_id = $2::uuid
  ),
  noticed AS (
    UPDATE notifications n SET read_at = t.at
    FROM (
      SELECT y.place, r.at FROM readers r CROSS JOIN LATERAL (
        SELECT n.ctid AS place FROM notifications n
        WHERE n.user_id = r.user_id AND n.conversation_id = r.conversation_id AND n.read_at IS NULL
          AND (SELECT x.seq FROM messages x WHERE x.id = n.message_id) <= r.read_seq
        OFFSET 0
      ) y
    ) t
    WHERE n.ctid = t.place AND n.read_at IS NULL
  )
  SELECT s.conversation_id, s.user_id, s.last_read_seq, s.last_read_ordinal, s.last_delivered_seq, s.last_read_at,
    s.previous_read_seq, s.previous_read_ordinal, s.previous_delivered_seq,
    (SELECT u.share_receipts FROM users u WHERE u.id = s.user_id) AS shares_receipts
  FROM settled s ORDER BY s.i`;

function toWritten(record: OutcomeRecord): WrittenMovement {
  return {
    conversationId: record.conversation_id as ConversationId,
    userId: record.user_id as UserId,
    mark: {
      lastReadSeq: record.last_read_seq,
      lastReadOrdinal: record.last_read_ordinal,
      lastDeliveredSeq: record.last_delivered_seq,
      lastReadAt: record.last_read_at,
    },
    previous: {
      lastReadSeq: record.previous_read_seq,
      lastReadOrdinal: record.previous_read_ordinal,
      lastDeliveredSeq: record.previous_delivered_seq,
      lastReadAt: null,
    },
    sharesReceipts: record.shares_receipts ?? true,
  };
}
