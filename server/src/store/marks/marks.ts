import { STAFF_MARK, type ConversationId, type UserId } from "../../domain/ids.ts";
import type { Mark, Place } from "../../domain/marks.ts";
import type { Role } from "../../domain/permissions.ts";
import type { Reader } from "../database.ts";

/** A row of `member_marks`, or of nothing yet read. */
export interface MarkRow extends Mark {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
}

interface MarkRecord {
  conversation_id: string;
  user_id: string;
  last_read_seq: number | null;
  last_read_ordinal: number | null;
  last_delivered_seq: number | null;
  last_read_at: Date | null;
}

function toMarkRow(record: MarkRecord): MarkRow {
  return {
    conversationId: record.conversation_id as ConversationId,
    userId: record.user_id as UserId,
    lastReadSeq: record.last_read_seq ?? 0,
    lastReadOrdinal: record.last_read_ordinal ?? 0,
    lastDeliveredSeq: record.last_delivered_seq ?? 0,
    lastReadAt: record.last_read_at,
  };
}

/** The last message at or before a seq. Primary key of `messages`. */
export async function findPlaceAt(db: Reader, conversationId: ConversationId, seq: number): Promise<Place | undefined> {
  const [place] = await db.query<Place>({
    name: "find_place_at",
    text: `SELECT seq, ordinal FROM messages WHERE conversation_id = $1 AND seq <= $2 ORDER BY seq DESC LIMIT 1`,
    values: [conversationId, seq],
  });
  return place;
}

/** Marks of one holder in several conversations; those without a row are left out. */
export async function findMarks(
  db: Reader,
  userId: UserId,
  conversationIds: readonly ConversationId[],
): Promise<MarkRow[]> {
  const records = await db.query<MarkRecord>({
    name: "find_marks",
    text: `SELECT k.* FROM unnest($2::uuid[]) AS c (id)
           JOIN member_marks k ON k.conversation_id = c.id AND k.user_id = $1`,
    values: [userId, conversationIds],
  });
  return records.map(toMarkRow);
}

export interface SharedMarksQuery {
  readonly conversationId: ConversationId;
  readonly viewerId: UserId;
  /** The viewer's own setting does not matter: staff, whose mark is always shared, and the host's backend. */
  readonly seesAllShared: boolean;
  /** Staff have one mark here. */
  readonly hasStaff: boolean;
  readonly after: UserId | null;
  readonly limit: number;
}

/**
 * Marks of the members that the viewer may see, by user id: their own, and if they share receipts, those of members who do. The
 * staff's comes first. Primary keys of `members` and `member_marks`.
 */
export async function listSharedMarks(db: Reader, query: SharedMarksQuery): Promise<MarkRow[]> {
  const records = await db.query<MarkRecord>({
    name: "list_shared_marks",
    text: `SELECT $1::uuid AS conversation_id, p.user_id, k.last_read_seq, k.last_read_ordinal, k.last_delivered_seq, k.last_read_at
           FROM (
             SELECT m.user_id FROM members m JOIN users u ON u.id = m.user_id
             WHERE m.conversation_id = $1 AND m.left_at IS NULL AND ${VISIBLE}
             UNION ALL SELECT $5::uuid WHERE $4
           ) p LEFT JOIN member_marks k ON k.conversation_id = $1 AND k.user_id = p.user_id
           WHERE $6::uuid IS NULL OR p.user_id > $6
           ORDER BY p.user_id LIMIT $7`,
    values: [
      query.conversationId,
      query.viewerId,
      query.seesAllShared,
      query.hasStaff,
      STAFF_MARK,
      query.after,
      query.limit,
    ],
  });
  return records.map(toMarkRow);
}

/** Of member `m` with user `u`; $2 is the viewer, $3 whether they need not share theirs. */
const VISIBLE = visibleReceipts("$3");

/** Receipts are mutual: of oneself, and of those who share theirs if the viewer does. `u` is the user, $2 the viewer. */
export function visibleReceipts(seesAllShared: string): string {
  return `(u.id = $2 OR (u.share_receipts AND (${seesAllShared} OR coalesce((SELECT v.share_receipts FROM users v WHERE v.id = $2), false))))`;
}

export interface SmallMarksQuery {
  readonly conversationIds: readonly ConversationId[];
  readonly viewerId: UserId;
  /** Staff that are not members see support conversations as those who share their mark. */
  readonly isStaff: boolean;
  /** Larger conversations are left out (DESIGN 2.12). */
  readonly maxMembers: number;
}

/** The same for many conversations at once. Guests, who cannot list the members, get their own mark alone. */
export async function listSmallMarks(db: Reader, query: SmallMarksQuery): Promise<MarkRow[]> {
  const records = await db.query<MarkRecord>({
    name: "list_small_marks",
    text: `SELECT c.id AS conversation_id, p.user_id, k.last_read_seq, k.last_read_ordinal, k.last_delivered_seq, k.last_read_at
           FROM (
             SELECT c.id, c.kind, o.role AS viewer_role, (SELECT count(*) FROM (SELECT FROM members m
               WHERE m.conversation_id = c.id AND m.left_at IS NULL LIMIT $4 + 1) few) AS member_count
             FROM conversations c
             LEFT JOIN members o ON o.conversation_id = c.id AND o.user_id = $2 AND o.left_at IS NULL
             WHERE c.id = ANY ($1::uuid[])
           ) c
           CROSS JOIN LATERAL (
             SELECT m.user_id FROM members m JOIN users u ON u.id = m.user_id
             WHERE m.conversation_id = c.id AND m.left_at IS NULL AND (u.id = $2 OR c.viewer_role IS DISTINCT FROM 'guest')
               AND ${visibleReceipts("($3 AND c.kind = 'support' AND c.viewer_role IS NULL)")}
             UNION ALL SELECT $5::uuid WHERE c.kind = 'support'
           ) p LEFT JOIN member_marks k ON k.conversation_id = c.id AND k.user_id = p.user_id
           WHERE c.member_count <= $4
           ORDER BY c.id, p.user_id`,
    values: [query.conversationIds, query.viewerId, query.isStaff, query.maxMembers, STAFF_MARK],
  });
  return records.map(toMarkRow);
}

/** A member's mark with what decides who sees it; of all staff together, where `role` is undefined. */
export interface MemberMarkRow extends MarkRow {
  readonly role: Role | undefined;
  /** Whether it is shown to others. */
  readonly shares: boolean;
}

/**
 * All marks of conversations that have at most `maxMembers` members, whoever looks at them, ascending by user id; where there is
 * support, the staff's is among them. Index members_present, then primary keys.
 */
export async function listMarksOfSmall(
  db: Reader,
  conversationIds: readonly ConversationId[],
  maxMembers: number,
): Promise<MemberMarkRow[]> {
  const records = await db.query<MarkRecord & { role: string | null; shares: boolean }>({
    name: "list_marks_of_small",
    text: `SELECT c.id AS conversation_id, p.user_id, p.role, p.shares, k.last_read_seq, k.last_read_ordinal, k.last_delivered_seq,
             k.last_read_at
           FROM unnest($1::uuid[]) AS a (id)
           CROSS JOIN LATERAL (SELECT c.id, c.kind FROM conversations c WHERE c.id = a.id LIMIT 1) c
           CROSS JOIN LATERAL (SELECT count(*) AS members FROM (SELECT FROM members m
             WHERE m.conversation_id = c.id AND m.left_at IS NULL LIMIT $2 + 1) few) size
           CROSS JOIN LATERAL (
             SELECT m.user_id, m.role, u.share_receipts AS shares
             FROM members m CROSS JOIN LATERAL (SELECT u.share_receipts FROM users u WHERE u.id = m.user_id LIMIT 1) u
             WHERE m.conversation_id = c.id AND m.left_at IS NULL
             UNION ALL SELECT $3::uuid, NULL, true WHERE c.kind = 'support'
           ) p
           LEFT JOIN LATERAL (SELECT k.* FROM member_marks k WHERE k.conversation_id = c.id AND k.user_id = p.user_id LIMIT 1) k ON true
           WHERE size.members <= $2
           ORDER BY c.id, p.user_id`,
    values: [conversationIds, maxMembers, STAFF_MARK],
  });
  return records.map((record) => ({
    ...toMarkRow(record),
    role: (record.role ?? undefined) as Role | undefined,
    shares: record.shares,
  }));
}
