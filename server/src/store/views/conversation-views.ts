import type { NotificationLevel } from "@parley/protocol";
import { STAFF_MARK, type ConversationId, type UserId } from "../../domain/ids.ts";
import {
  CONVERSATION_SELECT,
  toConversationRow,
  type ConversationRecord,
  type ConversationRow,
} from "../conversations.ts";
import type { Reader } from "../database.ts";
import type { MemberSettings } from "../member-settings.ts";
import { containing } from "../like.ts";
import { toMemberRow, type MemberRecord, type MemberRow } from "../members.ts";
import { messageColumns, toMessageRow, type MessageRecord, type MessageRow } from "../messages.ts";

/** Whose view it is. Staff see support conversations without being members, with one mark for all of them. */
export interface Viewer {
  readonly userId: UserId;
  readonly isStaff: boolean;
}

/** A conversation with everything that showing it to one person takes. */
export interface ConversationView {
  conversation: ConversationRow;
  /** The viewer's membership, if they are a member now. */
  member: MemberRow | undefined;
  /** Member of the conversation's space; true for a conversation without space. */
  inSpace: boolean;
  memberCount: number;
  /** Of the viewer alone, as long as no message came since (domain/conversations.ts, archivedSince). */
  ownArchive: { archivedAt: Date | null; archivedOrdinal: number | null };
  /** What the viewer has set for themselves. */
  own: MemberSettings & { readonly isHidden: boolean };
  /** The viewer's mark; that of all staff where they are not a member of a support conversation. */
  mark: { lastReadSeq: number; lastReadOrdinal: number };
  /** Whoever may see it: compare with what the viewer may. */
  lastMessage: MessageRow | undefined;
}

/** Conversations by id, deleted ones too, in no order; unknown ids are left out. */
export async function findViews(
  db: Reader,
  ids: readonly ConversationId[],
  viewer: Viewer,
): Promise<ConversationView[]> {
  if (ids.length === 0) return [];
  const records = await db.query<ViewRecord>({
    name: "find_views",
    text: `SELECT ${VIEW_SELECT} FROM ${VIEW_TABLES} WHERE c.id = ANY ($3::uuid[])`,
    values: [viewer.userId, viewer.isStaff, ids],
  });
  return records.map(toView);
}

/** Where a list of conversations goes on: by newest activity, then by id. */
export interface ListPosition {
  readonly at: Date;
  readonly id: string;
}

export interface ConversationFilter {
  readonly kind: string | null;
  readonly spaceId: string | null;
  readonly archived: boolean;
  /** Only those with something unread. */
  readonly unread: boolean;
  /** Part of a title, a description, a slug, or somebody's name. */
  readonly q: string | null;
  /** The last one of the page before. */
  readonly beyond: ListPosition | null;
  readonly limit: number;
}

/**
 * The viewer's conversations, newest activity first; for staff, all support conversations are among them. The page is chosen by
 * ids first (indexes members_by_user and conversations_support, heads and settings by primary key), and only what is on it is
 * filled in. Activity has no index, on purpose: it would end the HOT updates of heads. So this reads the heads of all of one's
 * conversations, a thousand in a few milliseconds.
 */
export async function listViews(db: Reader, viewer: Viewer, filter: ConversationFilter): Promise<ConversationView[]> {
  const records = await db.query<ViewRecord>({
    name: "list_views",
    text: `WITH own AS (
             SELECT m.conversation_id AS id FROM members m WHERE m.user_id = $1 AND m.left_at IS NULL
             UNION
             SELECT c.id FROM conversations c WHERE $2 AND c.kind = 'support' AND c.deleted_at IS NULL
           ), page AS MATERIALIZED (
             SELECT c.id, ${ACTIVITY} AS activity
             FROM own JOIN ${VIEW_TABLES} ON own.id = c.id
             WHERE c.deleted_at IS NULL
               AND ($3::text IS NULL OR c.kind = $3) AND ($4::uuid IS NULL OR c.space_id = $4)
               AND coalesce(s.hidden_ordinal < h.message_count, true)
               AND (coalesce(c.archived_ordinal >= h.message_count, false) OR coalesce(s.archived_ordinal >= h.message_count, false)) = $5
               AND (NOT $6 OR h.message_count > coalesce(k.last_read_ordinal, 0))
               AND ($7::text IS NULL OR ${MATCHES})
               AND (${ACTIVITY}, c.id) < (coalesce($8::timestamptz, 'infinity'), coalesce($9::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
             ORDER BY activity DESC, c.id DESC LIMIT $10
           )
           SELECT ${VIEW_SELECT} FROM page JOIN ${VIEW_TABLES} ON page.id = c.id ORDER BY page.activity DESC, c.id DESC`,
    values: [
      viewer.userId,
      viewer.isStaff,
      filter.kind,
      filter.spaceId,
      filter.archived,
      filter.unread,
      filter.q === null ? null : containing(filter.q),
      filter.beyond?.at ?? null,
      filter.beyond?.id ?? null,
      filter.limit,
    ],
  });
  return records.map(toView);
}

/** The channels of a space that the viewer may see: those they are in and, with `publicToo`, the public ones. Index conversations_space. */
export async function listSpaceViews(
  db: Reader,
  viewer: Viewer,
  filter: { readonly spaceId: string; readonly publicToo: boolean; readonly all: boolean } & Pick<
    ConversationFilter,
    "beyond" | "limit"
  >,
): Promise<ConversationView[]> {
  const records = await db.query<ViewRecord>({
    name: "list_space_views",
    text: `SELECT ${VIEW_SELECT} FROM ${VIEW_TABLES}
           WHERE c.space_id = $3 AND c.deleted_at IS NULL AND ($5 OR m.user_id IS NOT NULL OR ($4 AND c.visibility = 'public'))
             AND (${ACTIVITY}, c.id) < (coalesce($6::timestamptz, 'infinity'), coalesce($7::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
           ORDER BY ${ACTIVITY} DESC, c.id DESC LIMIT $8`,
    values: [
      viewer.userId,
      viewer.isStaff,
      filter.spaceId,
      filter.publicToo,
      filter.all,
      filter.beyond?.at ?? null,
      filter.beyond?.id ?? null,
      filter.limit,
    ],
  });
  return records.map(toView);
}

/** Where a conversation stands in lists. */
export function activityOf(conversation: Pick<ConversationRow, "lastMessageAt" | "createdAt">): Date {
  return conversation.lastMessageAt ?? conversation.createdAt;
}

const ACTIVITY = "coalesce(h.last_message_at, c.created_at)";

/** $1 is the viewer, $2 whether they are staff. All by primary keys once the conversation is known. */
const VIEW_TABLES = `(conversations c JOIN conversation_heads h ON h.conversation_id = c.id
  LEFT JOIN members m ON m.conversation_id = c.id AND m.user_id = $1 AND m.left_at IS NULL
  LEFT JOIN member_settings s ON s.conversation_id = c.id AND s.user_id = $1
  LEFT JOIN member_marks k ON k.conversation_id = c.id
    AND k.user_id = CASE WHEN m.user_id IS NULL AND c.kind = 'support' AND $2 THEN '${STAFF_MARK}'::uuid ELSE $1 END)`;

const VIEW_SELECT = `${CONVERSATION_SELECT},
  CASE WHEN m.user_id IS NOT NULL THEN row_to_json(m) END AS member,
  (c.space_id IS NULL OR EXISTS (SELECT FROM space_members i WHERE i.space_id = c.space_id AND i.user_id = $1)) AS in_space,
  (SELECT count(*)::integer FROM members n WHERE n.conversation_id = c.id AND n.left_at IS NULL) AS member_count,
  s.archived_at AS own_archived_at, s.archived_ordinal AS own_archived_ordinal,
  s.muted_until, coalesce(s.notification_level, 'all') AS notification_level,
  coalesce(s.hidden_ordinal >= h.message_count, false) AS is_hidden,
  coalesce(k.last_read_seq, 0) AS last_read_seq, coalesce(k.last_read_ordinal, 0) AS last_read_ordinal,
  (SELECT row_to_json(l) FROM (SELECT ${messageColumns("x")} FROM messages x
    WHERE x.conversation_id = c.id AND x.seq = h.last_message_seq) l) AS last_message`;

/** Names are looked for only where the viewer may list the members; in channels and projects nobody looks for one by its people. */
const MATCHES = `(
  unaccent(concat_ws(' ', c.title, c.description, c.slug)) ILIKE unaccent($7)
  OR (c.kind IN ('direct', 'group', 'support') AND m.role IS DISTINCT FROM 'guest' AND EXISTS (
    SELECT FROM members o JOIN users u ON u.id = o.user_id
    WHERE o.conversation_id = c.id AND o.left_at IS NULL AND o.user_id <> $1
      AND unaccent(concat_ws(' ', u.display_name, u.username)) ILIKE unaccent($7))))`;

interface ViewRecord extends ConversationRecord {
  member: MemberRecord | null;
  in_space: boolean;
  member_count: number;
  own_archived_at: Date | null;
  own_archived_ordinal: number | null;
  muted_until: Date | null;
  notification_level: string;
  is_hidden: boolean;
  last_read_seq: number;
  last_read_ordinal: number;
  /** From JSON: its times are strings. */
  last_message: (Omit<MessageRecord, MessageTime> & Record<MessageTime, string | null>) | null;
}

type MessageTime = "created_at" | "edited_at" | "deleted_at" | "pinned_at" | "last_reply_at";

function toView(record: ViewRecord): ConversationView {
  return {
    conversation: toConversationRow(record),
    member: record.member ? toMemberRow(record.member) : undefined,
    inSpace: record.in_space,
    memberCount: record.member_count,
    ownArchive: { archivedAt: record.own_archived_at, archivedOrdinal: record.own_archived_ordinal },
    own: {
      mutedUntil: record.muted_until,
      notificationLevel: record.notification_level as NotificationLevel,
      isHidden: record.is_hidden,
    },
    mark: { lastReadSeq: record.last_read_seq, lastReadOrdinal: record.last_read_ordinal },
    lastMessage: record.last_message ? toLastMessage(record.last_message) : undefined,
  };
}

function toLastMessage(record: NonNullable<ViewRecord["last_message"]>): MessageRow {
  const time = (text: string | null): Date | null => (text === null ? null : new Date(text));
  return toMessageRow({
    ...record,
    created_at: new Date(record.created_at ?? 0),
    edited_at: time(record.edited_at),
    deleted_at: time(record.deleted_at),
    pinned_at: time(record.pinned_at),
    last_reply_at: time(record.last_reply_at),
  });
}
