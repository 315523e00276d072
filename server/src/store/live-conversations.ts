import type { HistoryVisibility } from "../domain/history.ts";
import type { ConversationId, UserId } from "../domain/ids.ts";
import type { Role } from "../domain/permissions.ts";
import type { Change } from "./changes.ts";
import { toChange } from "./change-log.ts";
import type { Reader } from "./database.ts";

/** What the hub reads: who hears what, and what it was not told. */

/** A membership of somebody who has just come online. */
export interface LiveMembership {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
  readonly head: number;
  readonly messageCount: number;
  readonly isSupport: boolean;
  readonly historyVisibility: HistoryVisibility;
  readonly role: Role;
  readonly rights: number;
  readonly firstJoinedSeq: number;
  readonly joinedSeq: number;
}

interface LiveMembershipRecord {
  user_id: string;
  conversation_id: string;
  head: number;
  message_count: number;
  is_support: boolean;
  history_visibility: string;
  role: string;
  rights: number;
  first_joined_seq: number;
  joined_seq: number;
}

/** One text for all rows, as thousands of them are kept. */
const HISTORY: Readonly<Record<string, HistoryVisibility>> = {
  all: "all",
  member_join_date: "member_join_date",
  none: "none",
};

/** The present memberships of several users with the conversations' heads, on one snapshot. Index members_by_user. */
export async function findLiveMemberships(db: Reader, userIds: readonly UserId[]): Promise<LiveMembership[]> {
  const records = await db.query<LiveMembershipRecord>({
    name: "find_live_memberships",
    text: `SELECT m.user_id, m.conversation_id, h.head, h.message_count, c.kind = 'support' AS is_support, c.history_visibility,
             m.role, m.rights, m.first_joined_seq, m.joined_seq
           FROM members m
           JOIN conversations c ON c.id = m.conversation_id AND c.deleted_at IS NULL
           JOIN conversation_heads h ON h.conversation_id = m.conversation_id
           WHERE m.user_id = ANY ($1::uuid[]) AND m.left_at IS NULL`,
    values: [userIds],
  });
  return records.map((record) => ({
    userId: record.user_id as UserId,
    conversationId: record.conversation_id as ConversationId,
    head: record.head,
    messageCount: record.message_count,
    isSupport: record.is_support,
    historyVisibility: HISTORY[record.history_visibility] ?? "none",
    role: record.role as Role,
    rights: record.rights,
    firstJoinedSeq: record.first_joined_seq,
    joinedSeq: record.joined_seq,
  }));
}

/** Everyone who is a member now. At most 10,000. Primary key of `members`. */
export async function findMemberIds(db: Reader, conversationId: ConversationId): Promise<UserId[]> {
  const records = await db.query<{ user_id: string }>({
    name: "find_member_ids",
    text: "SELECT user_id FROM members WHERE conversation_id = $1 AND left_at IS NULL",
    values: [conversationId],
  });
  return records.map((record) => record.user_id as UserId);
}

/** How many members there are, counted up to `limit`: whether there are more is all that is asked. */
export async function countMembersUpTo(db: Reader, conversationId: ConversationId, limit: number): Promise<number> {
  const [record] = await db.query<{ count: number }>({
    name: "count_members_up_to",
    text: `SELECT count(*)::integer AS count
           FROM (SELECT FROM members WHERE conversation_id = $1 AND left_at IS NULL LIMIT $2) m`,
    values: [conversationId, limit],
  });
  return record?.count ?? 0;
}

/** What of a user who is online decides about what they are told. */
export interface LiveUserFacts {
  readonly id: UserId;
  readonly isAdmin: boolean;
  readonly isStaff: boolean;
  readonly sharesReceipts: boolean;
  readonly isDeactivated: boolean;
}

interface LiveUserRecord {
  id: string;
  is_admin: boolean;
  is_staff: boolean;
  share_receipts: boolean;
  is_deactivated: boolean;
}

export async function findLiveUsers(db: Reader, userIds: readonly UserId[]): Promise<LiveUserFacts[]> {
  const records = await db.query<LiveUserRecord>({
    name: "find_live_users",
    text: `SELECT id, is_admin, is_staff, share_receipts, deactivated_at IS NOT NULL AS is_deactivated
           FROM users WHERE id = ANY ($1::uuid[])`,
    values: [userIds],
  });
  return records.map((record) => ({
    id: record.id as UserId,
    isAdmin: record.is_admin,
    isStaff: record.is_staff,
    sharesReceipts: record.share_receipts,
    isDeactivated: record.is_deactivated,
  }));
}

type ChangeRecord = Parameters<typeof toChange>[0];

/** The log of one conversation after a version, in order. Primary key of `changes`. */
export async function readChangesAfter(
  db: Reader,
  conversationId: ConversationId,
  after: number,
  limit: number,
): Promise<Change[]> {
  const records = await db.query<ChangeRecord>({
    name: "read_changes_after",
    text: `SELECT conversation_id, version, type, subject_id, actor_id, at, imported FROM changes
           WHERE conversation_id = $1 AND version > $2 ORDER BY version LIMIT $3`,
    values: [conversationId, after, limit],
  });
  return records.map(toChange);
}

/** What happened in one conversation since the tail last looked. */
export interface TailEntry {
  readonly conversationId: ConversationId;
  readonly first: number;
  readonly last: number;
  /** Versions by which somebody may have come to hear the conversation: it was made or brought back, or a member was added. */
  readonly gathering: readonly number[];
}

export interface TailPage {
  readonly entries: TailEntry[];
  /** Where to go on. */
  readonly nextXid: string;
}

/** Where a tail that wants only what comes from now on begins. */
export async function findHorizon(db: Reader): Promise<string> {
  const [record] = await db.query<{ xid: string }>({
    text: "SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xid",
  });
  return record?.xid ?? "0";
}

/**
 * The conversations that transactions from `fromXid` up to the oldest running one have changed (index changes_xid). Not
 * prepared: a plan from when the log was small would read all of it. Nothing happened: one row.
 */
export async function readTail(db: Reader, fromXid: string): Promise<TailPage> {
  const records = await db.query<{
    horizon: string;
    conversation_id: string | null;
    first: number;
    last: number;
    gathering: number[] | null;
  }>({
    text: `WITH horizon AS MATERIALIZED (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xid)
           SELECT h.xid::text AS horizon, c.* FROM horizon h LEFT JOIN LATERAL (
             SELECT conversation_id, min(version) AS first, max(version) AS last,
               array_agg(version) FILTER (WHERE type IN ('conversation.created', 'conversation.restored', 'member.added')) AS gathering
             FROM changes WHERE xid >= $1::xid8 AND xid < h.xid GROUP BY conversation_id
           ) c ON true`,
    values: [fromXid],
  });
  const entries = records.flatMap(({ conversation_id: id, first, last, gathering }) =>
    id === null ? [] : [{ conversationId: id as ConversationId, first, last, gathering: gathering ?? [] }],
  );
  return { entries, nextXid: records[0]?.horizon ?? fromXid };
}
