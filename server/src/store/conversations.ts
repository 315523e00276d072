import type { HistoryVisibility } from "../domain/history.ts";
import type { ConversationId, SpaceId, UserId } from "../domain/ids.ts";
import type { Reader } from "./database.ts";
import { toMemberRow, type MemberRecord, type MemberRow } from "./members.ts";

export type ConversationKind = "direct" | "group" | "channel" | "support" | "project" | "system";
export type ConversationVisibility = "public" | "private" | "confidential";

/** A row of `conversations` with its head. */
export interface ConversationRow {
  id: ConversationId;
  kind: ConversationKind;
  spaceId: SpaceId | null;
  slug: string | null;
  externalRef: string | null;
  title: string | null;
  description: string;
  visibility: ConversationVisibility;
  requireApproval: boolean;
  historyVisibility: HistoryVisibility;
  slowModeSeconds: number;
  retentionDays: number | null;
  federate: boolean;
  directKey: string | null;
  subjectUserId: UserId | null;
  version: number;
  historyVersion: number;
  /** Archived for all, if no message came since: see `isArchived`. */
  archivedAt: Date | null;
  archivedOrdinal: number | null;
  deletedAt: Date | null;
  createdBy: UserId;
  createdAt: Date;
  updatedAt: Date;
  head: number;
  messageCount: number;
  lastMessageSeq: number;
  lastMessageAt: Date | null;
}

const CONVERSATION_COLUMNS = [
  "id",
  "kind",
  "space_id",
  "slug",
  "external_ref",
  "title",
  "description",
  "visibility",
  "require_approval",
  "history_visibility",
  "slow_mode_seconds",
  "retention_days",
  "federate",
  "direct_key",
  "subject_user_id",
  "version",
  "history_version",
  "archived_at",
  "archived_ordinal",
  "deleted_at",
  "created_by",
  "created_at",
  "updated_at",
];

/** The columns of a conversation and its head, for `conversations c JOIN conversation_heads h`. */
export const CONVERSATION_SELECT = `${CONVERSATION_COLUMNS.map((column) => `c.${column}`).join(", ")},
  h.head, h.message_count, h.last_message_seq, h.last_message_at`;

export interface ConversationRecord {
  id: string;
  kind: string;
  space_id: string | null;
  slug: string | null;
  external_ref: string | null;
  title: string | null;
  description: string;
  visibility: string;
  require_approval: boolean;
  history_visibility: string;
  slow_mode_seconds: number;
  retention_days: number | null;
  federate: boolean;
  direct_key: string | null;
  subject_user_id: string | null;
  version: number;
  history_version: number;
  archived_at: Date | null;
  archived_ordinal: number | null;
  deleted_at: Date | null;
  created_by: string;
  created_at: Date;
  updated_at: Date;
  head: number;
  message_count: number;
  last_message_seq: number;
  last_message_at: Date | null;
}

export function toConversationRow(record: ConversationRecord): ConversationRow {
  return {
    id: record.id as ConversationId,
    kind: record.kind as ConversationKind,
    spaceId: record.space_id as SpaceId | null,
    slug: record.slug,
    externalRef: record.external_ref,
    title: record.title,
    description: record.description,
    visibility: record.visibility as ConversationVisibility,
    requireApproval: record.require_approval,
    historyVisibility: record.history_visibility as HistoryVisibility,
    slowModeSeconds: record.slow_mode_seconds,
    retentionDays: record.retention_days,
    federate: record.federate,
    directKey: record.direct_key,
    subjectUserId: record.subject_user_id as UserId | null,
    version: record.version,
    historyVersion: record.history_version,
    archivedAt: record.archived_at,
    archivedOrdinal: record.archived_ordinal,
    deletedAt: record.deleted_at,
    createdBy: record.created_by as UserId,
    createdAt: record.created_at,
    updatedAt: record.updated_at,
    head: record.head,
    messageCount: record.message_count,
    lastMessageSeq: record.last_message_seq,
    lastMessageAt: record.last_message_at,
  };
}

/** A conversation with what it is to one user: everything that decides what they may do there. */
export interface Standing {
  conversation: ConversationRow;
  /** The user's membership, if they are a member now. */
  member: MemberRow | undefined;
  /** Member of the conversation's space; true for a conversation without space. */
  inSpace: boolean;
}

/**
 * The conversation (deleted ones too) and the user's standing in it, in one statement by primary keys. Inside a change, give
 * the `ChangeWriter`, and it is read under the lock.
 */
export async function findStanding(
  db: Reader,
  conversationId: ConversationId,
  userId: UserId,
): Promise<Standing | undefined> {
  const [record] = await db.query<ConversationRecord & { member: MemberRecord | null; in_space: boolean }>({
    name: "find_standing",
    text: `SELECT ${CONVERSATION_SELECT},
             (SELECT row_to_json(m) FROM members m WHERE m.conversation_id = c.id AND m.user_id = $2 AND m.left_at IS NULL) AS member,
             (c.space_id IS NULL OR EXISTS (SELECT FROM space_members s WHERE s.space_id = c.space_id AND s.user_id = $2)) AS in_space
           FROM conversations c JOIN conversation_heads h ON h.conversation_id = c.id WHERE c.id = $1`,
    values: [conversationId, userId],
  });
  if (!record) return undefined;
  return {
    conversation: toConversationRow(record),
    member: record.member ? toMemberRow(record.member) : undefined,
    inSpace: record.in_space,
  };
}

/** A conversation by its id, deleted ones too. Whether the caller may see it is for the service to decide. */
export async function findConversation(db: Reader, id: ConversationId): Promise<ConversationRow | undefined> {
  const [row] = await findConversations(db, [id]);
  return row;
}

/** Conversations by id, deleted ones too, in no order; unknown ids are left out. */
export async function findConversations(db: Reader, ids: readonly ConversationId[]): Promise<ConversationRow[]> {
  if (ids.length === 0) return [];
  const records = await db.query<ConversationRecord>({
    name: "find_conversations",
    text: `SELECT ${CONVERSATION_SELECT}
           FROM conversations c JOIN conversation_heads h ON h.conversation_id = c.id WHERE c.id = ANY ($1::uuid[])`,
    values: [ids],
  });
  return records.map(toConversationRow);
}

/** The direct conversation of a pair (domain/conversations.ts, directKey). Unique index conversations_direct. */
export async function findDirect(db: Reader, key: string): Promise<ConversationId | undefined> {
  const [row] = await db.query<{ id: ConversationId }>({
    name: "find_direct",
    text: "SELECT id FROM conversations WHERE direct_key = $1 AND deleted_at IS NULL",
    values: [key],
  });
  return row?.id;
}

/** The support conversation of a customer or the system conversation of a reader. Unique index conversations_subject. */
export async function findBySubject(
  db: Reader,
  kind: "support" | "system",
  userId: UserId,
): Promise<ConversationId | undefined> {
  const [row] = await db.query<{ id: ConversationId }>({
    name: "find_by_subject",
    text: "SELECT id FROM conversations WHERE kind = $1 AND subject_user_id = $2 AND deleted_at IS NULL",
    values: [kind, userId],
  });
  return row?.id;
}

/** How many members each conversation has now. Index members_present. */
export async function countMembersOf(db: Reader, ids: readonly ConversationId[]): Promise<Map<ConversationId, number>> {
  const records = await db.query<{ id: ConversationId; count: number }>({
    name: "count_members_of",
    text: `SELECT i.id, (SELECT count(*)::integer FROM members m WHERE m.conversation_id = i.id AND m.left_at IS NULL) AS count
           FROM unnest($1::uuid[]) AS i (id)`,
    values: [ids],
  });
  return new Map(records.map(({ id, count }) => [id, count]));
}
