import type { ConversationId, SpaceId, UserId } from "../domain/ids.ts";
import type { PermissionOverrides, Role } from "../domain/permissions.ts";
import type { Reader } from "./database.ts";

/** A row of `members`. */
export interface MemberRow {
  conversationId: ConversationId;
  userId: UserId;
  role: Role;
  /** Own grants and denials over the role's defaults. */
  permissions: PermissionOverrides;
  /** Role and overrides as a bit mask (domain/permissions.ts). */
  rights: number;
  /** Head at the first joining ever: what `member_join_date` shows from. */
  firstJoinedSeq: number;
  /** Head at the latest joining: what `none` shows from. */
  joinedSeq: number;
  joinedAt: Date;
  version: number;
  /** Version of the last change of what the member may see. */
  sightVersion: number;
  /** Set: the user was a member and is none now. */
  leftAt: Date | null;
}

/** As PostgreSQL gives it; times are strings when the row came inside JSON. */
export interface MemberRecord {
  conversation_id: string;
  user_id: string;
  role: string;
  permissions: PermissionOverrides;
  rights: number;
  first_joined_seq: number;
  joined_seq: number;
  joined_at: Date | string;
  version: number;
  sight_version: number;
  left_at: Date | string | null;
}

export function toMemberRow(record: MemberRecord): MemberRow {
  return {
    conversationId: record.conversation_id as ConversationId,
    userId: record.user_id as UserId,
    role: record.role as Role,
    permissions: record.permissions,
    rights: record.rights,
    firstJoinedSeq: record.first_joined_seq,
    joinedSeq: record.joined_seq,
    joinedAt: new Date(record.joined_at),
    version: record.version,
    sightVersion: record.sight_version,
    leftAt: record.left_at === null ? null : new Date(record.left_at),
  };
}

/** The columns of a member; `alias` is the table's name in the statement. */
export function memberColumns(alias: string): string {
  return MEMBER_COLUMNS.map((column) => `${alias}.${column}`).join(", ");
}

const MEMBER_COLUMNS = [
  "conversation_id",
  "user_id",
  "role",
  "permissions",
  "rights",
  "first_joined_seq",
  "joined_seq",
  "joined_at",
  "version",
  "sight_version",
  "left_at",
];

/** The users' rows, those who left too: look at `leftAt`. Whoever never was a member is left out. Primary key. */
export async function findMembers(
  db: Reader,
  conversationId: ConversationId,
  userIds: readonly UserId[],
): Promise<MemberRow[]> {
  if (userIds.length === 0) return [];
  const records = await db.query<MemberRecord>({
    name: "find_members",
    text: `SELECT ${memberColumns("m")} FROM members m WHERE m.conversation_id = $1 AND m.user_id = ANY ($2::uuid[])`,
    values: [conversationId, userIds],
  });
  return records.map(toMemberRow);
}

/** One user's row, also when they left. */
export async function findMember(
  db: Reader,
  conversationId: ConversationId,
  userId: UserId,
): Promise<MemberRow | undefined> {
  const [row] = await findMembers(db, conversationId, [userId]);
  return row;
}

/** A place in the list of members: after this one. */
export interface MemberPlace {
  readonly joinedAt: Date;
  readonly userId: UserId;
}

/**
 * Present members in the order in which they joined. Primary key, then a sort of at most 10,000 narrow rows: the order cannot
 * change under a reader who pages, as an order by role could.
 */
export async function listMembers(
  db: Reader,
  conversationId: ConversationId,
  page: { readonly after: MemberPlace | undefined; readonly limit: number },
): Promise<MemberRow[]> {
  const records = await db.query<MemberRecord>({
    name: "list_members",
    text: `SELECT ${memberColumns("m")} FROM members m
           WHERE m.conversation_id = $1 AND m.left_at IS NULL
             AND (m.joined_at, m.user_id) > (coalesce($2::timestamptz, '-infinity'), coalesce($3::uuid, '00000000-0000-0000-0000-000000000000'))
           ORDER BY m.joined_at, m.user_id LIMIT $4`,
    values: [conversationId, page.after?.joinedAt, page.after?.userId, page.limit],
  });
  return records.map(toMemberRow);
}

/** How many members and owners a conversation has now. Primary key, at most 10,000 rows. */
export async function countMembers(
  db: Reader,
  conversationId: ConversationId,
): Promise<{ members: number; owners: number }> {
  const [counts] = await db.query<{ members: number; owners: number }>({
    name: "count_members",
    text: `SELECT count(*)::integer AS members, (count(*) FILTER (WHERE role = 'owner'))::integer AS owners
           FROM members WHERE conversation_id = $1 AND left_at IS NULL`,
    values: [conversationId],
  });
  return counts ?? { members: 0, owners: 0 };
}

export async function listOwners(db: Reader, conversationId: ConversationId): Promise<MemberRow[]> {
  const records = await db.query<MemberRecord>({
    name: "list_owners",
    text: `SELECT ${memberColumns("m")} FROM members m
           WHERE m.conversation_id = $1 AND m.left_at IS NULL AND m.role = 'owner' ORDER BY m.user_id`,
    values: [conversationId],
  });
  return records.map(toMemberRow);
}

/** Roles in a space of those of the users who are members of it. Primary key of `space_members`. */
export async function findSpaceRoles(
  db: Reader,
  spaceId: SpaceId,
  userIds: readonly UserId[],
): Promise<Map<UserId, Role>> {
  const records = await db.query<{ user_id: string; role: string }>({
    name: "find_space_roles",
    text: "SELECT user_id, role FROM space_members WHERE space_id = $1 AND user_id = ANY ($2::uuid[])",
    values: [spaceId, userIds],
  });
  return new Map(records.map((record) => [record.user_id as UserId, record.role as Role]));
}
