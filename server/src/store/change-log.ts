import type { ConversationId, UserId } from "../domain/ids.ts";
import type { Change, ChangeType } from "./changes.ts";
import type { Reader, Writer } from "./database.ts";

/** A page of the log for a follower: every change of the transactions from its cursor up to, not including, `nextXid`. */
export interface LogPage {
  /** Sorted by conversation, then by version. */
  readonly changes: Change[];
  readonly nextXid: string;
  /** There was nothing more that could be read. */
  readonly isLast: boolean;
}

/**
 * What there is beyond a cursor: changes to read; changes that are held back, because a transaction that began before them still
 * runs; or nothing.
 */
export type LogState = "ready" | "held" | "nothing";

interface ChangeRecord {
  conversation_id: string;
  version: number;
  type: ChangeType;
  subject_id: string;
  actor_id: string;
  at: Date;
  imported: boolean;
}

export function toChange(record: ChangeRecord): Change {
  return {
    conversationId: record.conversation_id as ConversationId,
    version: record.version,
    type: record.type,
    subjectId: record.subject_id,
    actorId: record.actor_id as UserId,
    at: record.at,
    imported: record.imported,
  };
}

/**
 * Where a follower stands, without locking or writing anything: what an idle follower asks twice a second. Index changes_xid.
 * One that was never here starts at the beginning of the log.
 */
export async function lookAhead(db: Reader, name: string): Promise<LogState> {
  const [row] = await db.query<{ state: LogState }>({
    name: "look_ahead_in_log",
    text: `SELECT CASE
             WHEN next.xid IS NULL THEN 'nothing'
             WHEN next.xid < pg_snapshot_xmin(pg_current_snapshot()) THEN 'ready'
             ELSE 'held' END AS state
           FROM (SELECT min(xid) AS xid FROM changes
                 WHERE xid >= coalesce((SELECT next_xid FROM follower_cursors WHERE name = $1), '0')) next`,
    values: [name],
  });
  return row?.state ?? "nothing";
}

/**
 * Locks the follower's cursor for this transaction and answers it; undefined while another node works for this follower. With
 * `isRepeatable` the commit does not wait for the disk: after a crash of the database the follower stands where it stood before, and
 * does it again.
 */
export async function lockCursor(tx: Writer, name: string, isRepeatable = false): Promise<string | undefined> {
  const lock = async (): Promise<string | undefined> => {
    const [row] = await tx.query<{ next_xid: string }>({
      name: "lock_cursor",
      text: `SELECT next_xid::text, CASE WHEN $2 THEN set_config('synchronous_commit', 'off', true) END
             FROM follower_cursors WHERE name = $1 FOR UPDATE SKIP LOCKED`,
      values: [name, isRepeatable],
    });
    return row?.next_xid;
  };
  const cursor = await lock();
  if (cursor !== undefined) return cursor;
  const made = await tx.execute({
    name: "make_cursor",
    text: "INSERT INTO follower_cursors (name, next_xid) VALUES ($1, '0') ON CONFLICT DO NOTHING",
    values: [name],
  });
  return made > 0 ? await lock() : undefined;
}

/**
 * The next changes at or after `fromXid`, about `limit` of them (index changes_xid). Only transactions below the oldest one
 * that still runs are read: versions become visible out of order, and a plain cursor would pass over those that commit late.
 * A page never ends inside a transaction, so the transaction id is cursor enough.
 */
export async function readLog(db: Reader, fromXid: string, limit: number): Promise<LogPage | undefined> {
  const [bounds] = await db.query<{ first: string | null; cut: string | null; horizon: string }>({
    name: "log_bounds",
    text: `WITH horizon AS MATERIALIZED (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xid)
           SELECT (SELECT min(xid) FROM changes WHERE xid >= $1::xid8 AND xid < h.xid)::text AS first,
                  (SELECT xid FROM changes WHERE xid >= $1::xid8 AND xid < h.xid ORDER BY xid OFFSET $2 LIMIT 1)::text AS cut,
                  h.xid::text AS horizon
           FROM horizon h`,
    values: [fromXid, limit],
  });
  if (!bounds?.first) return undefined;
  const nextXid = pageEnd(bounds.first, bounds.cut, bounds.horizon);
  const records = await db.query<ChangeRecord>({
    name: "read_log",
    text: `SELECT conversation_id, version, type, subject_id, actor_id, at, imported FROM changes
           WHERE xid >= $1::xid8 AND xid < $2::xid8 ORDER BY conversation_id, version`,
    values: [fromXid, nextXid],
  });
  return { changes: records.map(toChange), nextXid, isLast: bounds.cut === null };
}

/** Before the transaction that would be cut; a single transaction that is larger than a page is taken whole. */
function pageEnd(first: string, cut: string | null, horizon: string): string {
  if (cut === null) return horizon;
  return cut === first ? String(BigInt(first) + 1n) : cut;
}

export async function moveCursor(tx: Writer, name: string, nextXid: string): Promise<void> {
  await tx.execute({
    name: "move_cursor",
    text: "UPDATE follower_cursors SET next_xid = $2::xid8, updated_at = now() WHERE name = $1",
    values: [name, nextXid],
  });
}

/** How many changes a follower has not read yet, counted up to `limit`. Index changes_xid. */
export async function countUnread(db: Reader, name: string, limit: number): Promise<number> {
  const [row] = await db.query<{ count: number }>({
    name: "count_unread_changes",
    text: `SELECT count(*)::integer AS count FROM (SELECT FROM changes WHERE xid >= coalesce(
             (SELECT next_xid FROM follower_cursors WHERE name = $1), '0') LIMIT $2) c`,
    values: [name, limit],
  });
  return row?.count ?? 0;
}
