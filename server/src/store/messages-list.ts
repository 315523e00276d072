import type { ConversationId, MessageId } from "../domain/ids.ts";
import type { Reader } from "./database.ts";
import { messageColumns, toMessageRow, type MessageRecord, type MessageRow } from "./messages.ts";

/** Which messages a list is of. */
export type MessageScope =
  | { readonly kind: "timeline"; readonly conversationId: ConversationId }
  /** The timeline without replies. */
  | { readonly kind: "roots"; readonly conversationId: ConversationId }
  | { readonly kind: "thread"; readonly conversationId: ConversationId; readonly rootId: MessageId };

/** Both ends exclusive. */
export interface SeqRange {
  readonly above: number;
  readonly below: number;
}

export interface MessageStretch {
  /** Beginning with the nearest to the end that it was read from. */
  readonly rows: MessageRow[];
  /** So many replies were passed over that the rest was left: the seq to go on from. */
  readonly cutAt: number | null;
}

/**
 * A list of roots passes over so many messages at most before it answers what it has: in a conversation of little else than replies
 * it would otherwise read all of them for one page.
 */
const MOST_SCANNED = 2_000;

/** The last messages of the range, newest first. Primary key of `messages`, for threads the index messages_thread. */
export function readLastMessages(
  db: Reader,
  scope: MessageScope,
  range: SeqRange,
  limit: number,
): Promise<MessageStretch> {
  return readStretch(db, scope, range, limit, "DESC");
}

/** The first messages of the range, oldest first. The same indexes. */
export function readFirstMessages(
  db: Reader,
  scope: MessageScope,
  range: SeqRange,
  limit: number,
): Promise<MessageStretch> {
  return readStretch(db, scope, range, limit, "ASC");
}

async function readStretch(
  db: Reader,
  scope: MessageScope,
  range: SeqRange,
  limit: number,
  order: "ASC" | "DESC",
): Promise<MessageStretch> {
  const key = scope.kind === "thread" ? scope.rootId : scope.conversationId;
  const values = [key, range.above, range.below, limit];
  const records = await db.query<MessageRecord>({
    name: `read_messages_${scope.kind}_${order}`,
    text: stretchText(scope, order),
    values,
  });
  const rows = records.map(toMessageRow);
  const isShort = scope.kind === "roots" && rows.length < limit;
  return { rows, cutAt: isShort ? await findScanEnd(db, scope.conversationId, range, order) : null };
}

function stretchText(scope: MessageScope, order: "ASC" | "DESC"): string {
  const columns = messageColumns("m");
  switch (scope.kind) {
    case "timeline":
      return `SELECT ${columns} FROM messages m WHERE m.conversation_id = $1 AND m.seq > $2 AND m.seq < $3 ORDER BY m.seq ${order} LIMIT $4`;
    case "thread":
      return `SELECT ${columns} FROM messages m WHERE m.thread_root_id = $1 AND m.seq > $2 AND m.seq < $3 ORDER BY m.seq ${order} LIMIT $4`;
    case "roots":
      return `SELECT ${columns} FROM (
                SELECT * FROM messages x WHERE x.conversation_id = $1 AND x.seq > $2 AND x.seq < $3 ORDER BY x.seq ${order} LIMIT ${MOST_SCANNED}
              ) m WHERE m.thread_root_id IS NULL ORDER BY m.seq ${order} LIMIT $4`;
  }
}

/** Where a scan of the range ended for its length; null where it came to the end. Index only. */
async function findScanEnd(
  db: Reader,
  conversationId: ConversationId,
  range: SeqRange,
  order: "ASC" | "DESC",
): Promise<number | null> {
  const [record] = await db.query<{ seq: number }>({
    name: `find_scan_end_${order}`,
    text: `SELECT seq FROM messages WHERE conversation_id = $1 AND seq > $2 AND seq < $3
           ORDER BY seq ${order} OFFSET ${MOST_SCANNED - 1} LIMIT 1`,
    values: [conversationId, range.above, range.below],
  });
  return record?.seq ?? null;
}

/**
 * The first seq at which, or behind which, the messages are not older than `time`; one past the head where all are. Halves the range
 * from `low` until it is found: created_at never goes back as seq rises (imports into a conversation aside, which it takes as they
 * lie). About twenty lookups by primary key in one statement; an index on the time would cost every send.
 */
export async function findSeqAt(db: Reader, conversationId: ConversationId, time: Date, low: number): Promise<number> {
  const [record] = await db.query<{ seq: number }>({
    name: "find_seq_at",
    text: `WITH RECURSIVE search (low, high) AS (
             SELECT $3::bigint, greatest(h.head + 1, $3::bigint) FROM conversation_heads h WHERE h.conversation_id = $1
             UNION ALL
             SELECT CASE WHEN probe.is_at THEN s.low ELSE probe.seq + 1 END, CASE WHEN probe.is_at THEN s.middle ELSE s.high END
             FROM (SELECT low, high, (low + high) / 2 AS middle FROM search WHERE low < high) s
             CROSS JOIN LATERAL (
               SELECT x.seq, coalesce(x.created_at >= $2, true) AS is_at FROM (VALUES (0)) one
               LEFT JOIN LATERAL (SELECT m.seq, m.created_at FROM messages m
                 WHERE m.conversation_id = $1 AND m.seq >= s.middle ORDER BY m.seq LIMIT 1) x ON true
             ) probe
           )
           SELECT low AS seq FROM search WHERE low >= high LIMIT 1`,
    values: [conversationId, time, low],
  });
  return record?.seq ?? low;
}
