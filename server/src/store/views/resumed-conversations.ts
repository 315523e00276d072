import { STAFF_MARK, type ConversationId, type UserId } from "../../domain/ids.ts";
import type { HistoryVisibility } from "../../domain/history.ts";
import type { Role } from "../../domain/permissions.ts";
import type { Reader } from "../database.ts";

/** What of a membership decides what its holder sees. */
export interface ResumedMembership {
  readonly role: Role;
  readonly rights: number;
  readonly firstJoinedSeq: number;
  readonly joinedSeq: number;
  readonly version: number;
  readonly sightVersion: number;
  /** Set: they were a member and are none now. */
  readonly leftAt: Date | null;
}

/** Where a conversation and the reader's mark in it stand, with what decides whether they see it. */
export interface ResumedRow {
  readonly id: ConversationId;
  readonly head: number;
  readonly messageCount: number;
  /** The reader's own mark; that of all staff where they are not a member of a support conversation. */
  readonly lastReadSeq: number;
  readonly lastReadOrdinal: number;
  readonly kind: string;
  readonly visibility: string;
  readonly historyVisibility: HistoryVisibility;
  readonly historyVersion: number;
  /** Of the last change that touched the conversation itself. */
  readonly version: number;
  readonly deletedAt: Date | null;
  /** Their row, also when they left. */
  readonly membership: ResumedMembership | undefined;
  /** Member of the conversation's space; true for a conversation without space. */
  readonly inSpace: boolean;
}

/** Whose conversations are asked for. */
export interface ResumedAsk {
  readonly userId: UserId;
  /** Conversations asked for by name, deleted ones and others' too. */
  readonly named: readonly ConversationId[];
  /** Their present conversations in the order of the ids, after one of them; undefined: none but those named. */
  readonly page: { readonly after: ConversationId | null; readonly limit: number } | undefined;
}

export interface ResumedAnswer {
  /** Those of the page, deleted ones too, ascending by id. */
  readonly listed: ResumedRow[];
  /** Those that were named, by id; unknown ids are left out. */
  readonly named: Map<ConversationId, ResumedRow>;
}

interface ResumedRecord {
  number: number;
  is_listed: boolean;
  is_named: boolean;
  id: string;
  kind: string;
  visibility: string;
  history_visibility: string;
  history_version: number;
  version: number;
  deleted_at: Date | null;
  head: number;
  message_count: number;
  in_space: boolean;
  role: string | null;
  rights: number;
  first_joined_seq: number;
  joined_seq: number;
  member_version: number;
  sight_version: number;
  left_at: Date | null;
  last_read_seq: number | null;
  last_read_ordinal: number | null;
}

/**
 * Answers several people's asks by one statement, in the order of the asks; each conversation of an ask is read once, whether it is
 * named or listed or both. Index members_by_user for the pages, all else by primary keys.
 */
export async function readResumed(db: Reader, asks: readonly ResumedAsk[]): Promise<ResumedAnswer[]> {
  const names = asks.flatMap(({ named }, number) => named.map((id) => ({ number, id })));
  const records = await db.query<ResumedRecord>({
    name: "read_resumed",
    // LIMIT 1 keeps each lookup a lookup, however many rows the planner expects. OFFSET 0 keeps it from reading everybody's
    // memberships in the order of the conversations, by an index that has them so, to save sorting one person's.
    text: `WITH asks AS MATERIALIZED (
             SELECT number, user_id, after, page FROM unnest($1::integer[], $2::uuid[], $3::uuid[], $4::integer[])
               AS a (number, user_id, after, page)
           ), wanted AS (
             SELECT number, user_id, conversation_id, bool_or(is_listed) AS is_listed, bool_or(NOT is_listed) AS is_named FROM (
               SELECT a.number, a.user_id, p.conversation_id, true AS is_listed
               FROM asks a CROSS JOIN LATERAL (
                 SELECT conversation_id FROM (
                   SELECT m.conversation_id FROM members m WHERE m.user_id = a.user_id AND m.left_at IS NULL OFFSET 0
                 ) own WHERE a.after IS NULL OR conversation_id > a.after ORDER BY conversation_id LIMIT a.page
               ) p WHERE a.page > 0
               UNION ALL
               SELECT a.number, a.user_id, n.conversation_id, false
               FROM unnest($5::integer[], $6::uuid[]) AS n (number, conversation_id) JOIN asks a USING (number)
             ) each GROUP BY number, user_id, conversation_id
           )
           SELECT w.number, w.is_listed, w.is_named, c.*, m.*, k.*
           FROM wanted w
           CROSS JOIN LATERAL (
             SELECT c.id, c.kind, c.visibility, c.history_visibility, c.history_version, c.version, c.deleted_at, h.head, h.message_count,
               (c.space_id IS NULL OR EXISTS (SELECT FROM space_members s WHERE s.space_id = c.space_id AND s.user_id = w.user_id)) AS in_space
             FROM conversations c JOIN conversation_heads h ON h.conversation_id = c.id WHERE c.id = w.conversation_id LIMIT 1
           ) c
           LEFT JOIN LATERAL (
             SELECT m.role, m.rights, m.first_joined_seq, m.joined_seq, m.version AS member_version, m.sight_version, m.left_at
             FROM members m WHERE m.conversation_id = w.conversation_id AND m.user_id = w.user_id LIMIT 1
           ) m ON true
           LEFT JOIN LATERAL (
             SELECT k.last_read_seq, k.last_read_ordinal FROM member_marks k WHERE k.conversation_id = w.conversation_id
               AND k.user_id = CASE WHEN c.kind = 'support' AND (m.role IS NULL OR m.left_at IS NOT NULL) THEN $7::uuid ELSE w.user_id END LIMIT 1
           ) k ON true
           ORDER BY w.number, w.conversation_id`,
    values: [
      asks.map((_, number) => number),
      asks.map(({ userId }) => userId),
      asks.map(({ page }) => page?.after ?? null),
      asks.map(({ page }) => page?.limit ?? 0),
      names.map(({ number }) => number),
      names.map(({ id }) => id),
      STAFF_MARK,
    ],
  });
  const answers = asks.map((): ResumedAnswer => ({ listed: [], named: new Map() }));
  for (const record of records) {
    const row = toResumedRow(record);
    const answer = answers[record.number];
    if (record.is_listed) answer?.listed.push(row);
    if (record.is_named) answer?.named.set(row.id, row);
  }
  return answers;
}

function toResumedRow(record: ResumedRecord): ResumedRow {
  return {
    id: record.id as ConversationId,
    head: record.head,
    messageCount: record.message_count,
    lastReadSeq: record.last_read_seq ?? 0,
    lastReadOrdinal: record.last_read_ordinal ?? 0,
    kind: record.kind,
    visibility: record.visibility,
    historyVisibility: record.history_visibility as HistoryVisibility,
    historyVersion: record.history_version,
    version: record.version,
    deletedAt: record.deleted_at,
    membership: record.role === null ? undefined : toMembership(record, record.role),
    inSpace: record.in_space,
  };
}

function toMembership(record: ResumedRecord, role: string): ResumedMembership {
  return {
    role: role as Role,
    rights: record.rights,
    firstJoinedSeq: record.first_joined_seq,
    joinedSeq: record.joined_seq,
    version: record.member_version,
    sightVersion: record.sight_version,
    leftAt: record.left_at,
  };
}
