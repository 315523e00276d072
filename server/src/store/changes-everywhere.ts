import type { ConversationId, UserId } from "../domain/ids.ts";
import type { Reader } from "./database.ts";

/**
 * What was committed at some moment, as PostgreSQL writes it (`xmin:xmax:running,running…`): transactions before xmin are, those
 * from xmax on are not, and of those between, all that were not running.
 */
export type Snapshot = string;

/** Before everything. */
export const BEGINNING: Snapshot = "1:1:";

/** Running transactions that a snapshot names. */
const NAMED = 6;

/** The snapshot that everything read here sees; ask inside of one. `isBehind` where it is older than `since`: the database was replaced. */
export async function readSnapshot(db: Reader, since: Snapshot): Promise<{ snapshot: Snapshot; isBehind: boolean }> {
  const [row] = await db.query<{ snapshot: string; is_behind: boolean }>({
    name: "read_snapshot",
    text: `SELECT s::text AS snapshot, pg_snapshot_xmax($1::pg_snapshot) > pg_snapshot_xmax(s) AS is_behind FROM pg_current_snapshot() s`,
    values: [since],
  });
  if (!row) throw new Error("there is no snapshot");
  return { snapshot: shorten(row.snapshot), isBehind: row.is_behind };
}

/**
 * A snapshot that sees no more than this one and names few transactions: it ends at the first one that it does not name. What it does not
 * see is told again, and a cursor stays short.
 */
export function shorten(snapshot: Snapshot): Snapshot {
  const [xmin, , list = ""] = snapshot.split(":");
  const running = list.split(",");
  return running.length <= NAMED ? snapshot : `${xmin}:${running[NAMED]}:${running.slice(0, NAMED).join(",")}`;
}

/** One of a user's conversations in which something may have happened. */
export interface ChangedConversation {
  readonly id: ConversationId;
  /** The user has left it, or was removed. */
  readonly hasLeft: boolean;
  /** Something was committed since. */
  readonly hasChanged: boolean;
  readonly head: number;
  /** A version up to which everything was committed before. Not the highest one, but at least half as far. */
  readonly after: number;
  /** The user has joined since, or the conversation was restored: what they hold of it is nothing, or was thrown away. */
  readonly isNew: boolean;
}

interface ChangedRecord {
  id: string;
  has_left: boolean;
  has_changed: boolean;
  head: number;
  after: number;
  is_new: boolean;
}

export interface ChangedQuery {
  readonly userId: UserId;
  /** Staff have all support conversations. */
  readonly isStaff: boolean;
  /** What had been committed when the user last asked: it was told. */
  readonly since: Snapshot;
  readonly beyond: { readonly id: ConversationId; readonly inclusive: boolean } | null;
  /** How many conversations to look at. */
  readonly limit: number;
}

/**
 * The next of a user's conversations by id, deleted ones and those they left among them, and what happened in each.
 *
 * Versions of a conversation are committed in their order, so below one that was committed there is nothing new; their transaction
 * ids need not ascend. The last version tells whether there is anything; a version that was told is found by stepping 1, 2, 4 … versions
 * back. So this costs a few lookups by primary key for each conversation, and some more where something happened, however much went
 * on elsewhere, and however long some transaction takes.
 *
 * Indexes: members_by_user, members_left, conversations_support.
 */
export async function listChangedConversations(db: Reader, query: ChangedQuery): Promise<ChangedConversation[]> {
  const records = await db.query<ChangedRecord>({
    name: "list_changed_conversations",
    text: `WITH own AS (
             SELECT m.conversation_id AS id, m.left_at IS NOT NULL AS has_left, m.version, m.joined_seq
             FROM members m WHERE m.user_id = $1 AND m.left_at IS NULL AND m.conversation_id >= $4
             UNION ALL
             SELECT m.conversation_id, true, m.version, m.joined_seq
             FROM members m WHERE m.user_id = $1 AND m.left_at IS NOT NULL AND m.conversation_id >= $4
               AND NOT ($2 AND EXISTS (SELECT FROM conversations c WHERE c.id = m.conversation_id AND c.kind = 'support'))
             UNION ALL
             SELECT c.id, false, NULL, NULL FROM conversations c
             WHERE $2 AND c.kind = 'support' AND c.id >= $4 AND NOT EXISTS (
               SELECT FROM members m WHERE m.conversation_id = c.id AND m.user_id = $1 AND m.left_at IS NULL)
           ), looked_at AS MATERIALIZED (
             SELECT * FROM own WHERE $5 OR id > $4 ORDER BY id LIMIT $6
           ), decided AS MATERIALIZED (
             SELECT o.*, h.head, coalesce((
               SELECT NOT pg_visible_in_snapshot(l.xid, $3::pg_snapshot) FROM changes l
               WHERE l.conversation_id = o.id AND l.version = CASE WHEN o.has_left THEN o.version ELSE h.head END LIMIT 1
             ), true) AS has_changed
             FROM looked_at o JOIN conversation_heads h ON h.conversation_id = o.id
           ), placed AS (
             SELECT d.*, coalesce(p.after, 0) AS after
             FROM decided d LEFT JOIN LATERAL (
               SELECT max(l.version) AS after FROM generate_series(0, 52) i CROSS JOIN LATERAL (
                 SELECT x.version FROM changes x
                 WHERE x.conversation_id = d.id AND x.version = d.head + 1 - (1::bigint << i) AND pg_visible_in_snapshot(x.xid, $3::pg_snapshot) LIMIT 1) l
               WHERE (1::bigint << i) <= d.head
             ) p ON d.has_changed AND NOT d.has_left
           )
           SELECT p.id, p.has_left, p.has_changed, p.head, p.after,
             coalesce(p.has_changed AND NOT p.has_left AND (
               (SELECT NOT pg_visible_in_snapshot(l.xid, $3::pg_snapshot) FROM changes l
                 WHERE l.conversation_id = p.id AND l.version = p.joined_seq + 1)
               OR EXISTS (SELECT FROM conversations c WHERE c.id = p.id AND c.version > p.after) AND EXISTS (
                 SELECT FROM changes l WHERE l.conversation_id = p.id AND l.version > p.after
                   AND l.type = 'conversation.restored' AND NOT pg_visible_in_snapshot(l.xid, $3::pg_snapshot))
             ), false) AS is_new
           FROM placed p ORDER BY p.id`,
    values: [
      query.userId,
      query.isStaff,
      query.since,
      query.beyond?.id ?? "00000000-0000-0000-0000-000000000000",
      query.beyond?.inclusive ?? true,
      query.limit,
    ],
  });
  return records.map((record) => ({
    id: record.id as ConversationId,
    hasLeft: record.has_left,
    hasChanged: record.has_changed,
    head: record.head,
    after: record.after,
    isNew: record.is_new,
  }));
}
