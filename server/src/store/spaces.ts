import type { ConversationId, SpaceId, UserId } from "../domain/ids.ts";
import type { Role } from "../domain/permissions.ts";
import type { Reader, Writer } from "./database.ts";
import { containing } from "./like.ts";
import { memberColumns, toMemberRow, type MemberRecord, type MemberRow } from "./members.ts";

/** A row of `spaces`. */
export interface SpaceRow {
  id: SpaceId;
  slug: string;
  name: string;
  description: string;
  createdBy: UserId;
  createdAt: Date;
  deletedAt: Date | null;
}

/** A space with what one user is in it. */
export interface SpaceView {
  space: SpaceRow;
  memberCount: number;
  /** The viewer's; undefined where they are no member. */
  role: Role | undefined;
}

/** A row of `space_members`. */
export interface SpaceMemberRow {
  spaceId: SpaceId;
  userId: UserId;
  role: Role;
  joinedAt: Date;
}

interface SpaceViewRecord {
  id: string;
  slug: string;
  name: string;
  description: string;
  created_by: string;
  created_at: Date;
  deleted_at: Date | null;
  member_count: number;
  role: string | null;
}

const SPACE_VIEW = `s.id, s.slug, s.name, s.description, s.created_by, s.created_at, s.deleted_at, v.role,
  (SELECT count(*)::integer FROM space_members n WHERE n.space_id = s.id) AS member_count`;

function toSpaceView(record: SpaceViewRecord): SpaceView {
  return {
    space: {
      id: record.id as SpaceId,
      slug: record.slug,
      name: record.name,
      description: record.description,
      createdBy: record.created_by as UserId,
      createdAt: record.created_at,
      deletedAt: record.deleted_at,
    },
    memberCount: record.member_count,
    role: (record.role as Role | null) ?? undefined,
  };
}

interface SpaceMemberRecord {
  space_id: string;
  user_id: string;
  role: string;
  joined_at: Date;
}

function toSpaceMemberRow(record: SpaceMemberRecord): SpaceMemberRow {
  return {
    spaceId: record.space_id as SpaceId,
    userId: record.user_id as UserId,
    role: record.role as Role,
    joinedAt: record.joined_at,
  };
}

/** The space (deleted ones too) and the user's role in it. Primary keys. */
export async function findSpaceView(db: Reader, id: SpaceId, userId: UserId): Promise<SpaceView | undefined> {
  const [record] = await db.query<SpaceViewRecord>({
    name: "find_space_view",
    text: `SELECT ${SPACE_VIEW} FROM spaces s LEFT JOIN space_members v ON v.space_id = s.id AND v.user_id = $2 WHERE s.id = $1`,
    values: [id, userId],
  });
  return record && toSpaceView(record);
}

/** Spaces that a user is in, or with `all` every one, by slug. Index space_members_by_user. */
export async function listSpaceViewsOf(
  db: Reader,
  userId: UserId,
  filter: {
    readonly all: boolean;
    readonly q: string | null;
    readonly afterSlug: string | null;
    readonly limit: number;
  },
): Promise<SpaceView[]> {
  const records = await db.query<SpaceViewRecord>({
    name: filter.all ? "list_all_spaces" : "list_spaces",
    text: `SELECT ${SPACE_VIEW}
           FROM spaces s ${filter.all ? "LEFT" : ""} JOIN space_members v ON v.space_id = s.id AND v.user_id = $1
           WHERE s.deleted_at IS NULL
             AND ($2::text IS NULL OR unaccent(concat_ws(' ', s.name, s.slug, s.description)) ILIKE unaccent($2))
             AND ($3::text IS NULL OR s.slug COLLATE "C" > $3)
           ORDER BY s.slug COLLATE "C" LIMIT $4`,
    values: [userId, filter.q === null ? null : containing(filter.q), filter.afterSlug, filter.limit],
  });
  return records.map(toSpaceView);
}

/** False where the slug is taken. */
export async function insertSpace(
  tx: Writer,
  space: Pick<SpaceRow, "id" | "slug" | "name" | "description" | "createdBy">,
): Promise<boolean> {
  const inserted = await tx.execute({
    name: "insert_space",
    text: `INSERT INTO spaces (id, slug, name, description, created_by) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    values: [space.id, space.slug, space.name, space.description, space.createdBy],
  });
  return inserted === 1;
}

/** Fails with a unique violation where the slug is taken. */
export async function updateSpace(
  tx: Writer,
  space: Pick<SpaceRow, "id" | "slug" | "name" | "description">,
): Promise<void> {
  await tx.execute({
    name: "update_space",
    text: "UPDATE spaces SET slug = $2, name = $3, description = $4, updated_at = clock_timestamp() WHERE id = $1",
    values: [space.id, space.slug, space.name, space.description],
  });
}

export async function deleteSpace(tx: Writer, id: SpaceId): Promise<void> {
  await tx.execute({
    name: "delete_space",
    text: "UPDATE spaces SET deleted_at = clock_timestamp(), updated_at = clock_timestamp() WHERE id = $1 AND deleted_at IS NULL",
    values: [id],
  });
}

/** Whoever changes a space or who is in it takes this first, so that the last owner cannot go twice. False for no such space. */
export async function lockSpace(tx: Writer, id: SpaceId): Promise<boolean> {
  const rows = await tx.query({
    name: "lock_space",
    text: "SELECT 1 FROM spaces WHERE id = $1 FOR NO KEY UPDATE",
    values: [id],
  });
  return rows.length === 1;
}

/** Keeps a space and its membership as they are until the transaction ends. False for one that is not there, or deleted. */
export async function holdSpace(tx: Writer, id: SpaceId): Promise<boolean> {
  const rows = await tx.query<{ present: boolean }>({
    name: "hold_space",
    text: "SELECT deleted_at IS NULL AS present FROM spaces WHERE id = $1 FOR SHARE",
    values: [id],
  });
  return rows[0]?.present ?? false;
}

/** The same for the space of a conversation; undefined where it is in none. */
export async function holdSpaceOf(tx: Writer, conversationId: ConversationId): Promise<SpaceId | undefined> {
  const rows = await tx.query<{ id: SpaceId }>({
    name: "hold_space_of",
    text: "SELECT s.id FROM conversations c JOIN spaces s ON s.id = c.space_id WHERE c.id = $1 FOR SHARE OF s",
    values: [conversationId],
  });
  return rows[0]?.id;
}

/** Adds people, or gives those who are in already another role. */
export async function putSpaceMembers(
  tx: Writer,
  spaceId: SpaceId,
  people: readonly { readonly userId: UserId; readonly role: Role }[],
): Promise<SpaceMemberRow[]> {
  const records = await tx.query<SpaceMemberRecord>({
    name: "put_space_members",
    text: `INSERT INTO space_members AS s (space_id, user_id, role, joined_at)
           SELECT $1, p.user_id, p.role, clock_timestamp() FROM json_to_recordset($2::json) AS p (user_id uuid, role text)
           ON CONFLICT (space_id, user_id) DO UPDATE SET role = excluded.role
           RETURNING s.space_id, s.user_id, s.role, s.joined_at`,
    values: [spaceId, JSON.stringify(people.map((person) => ({ user_id: person.userId, role: person.role })))],
  });
  return records.map(toSpaceMemberRow);
}

export async function deleteSpaceMember(tx: Writer, spaceId: SpaceId, userId: UserId): Promise<void> {
  await tx.execute({
    name: "delete_space_member",
    text: "DELETE FROM space_members WHERE space_id = $1 AND user_id = $2",
    values: [spaceId, userId],
  });
}

/** Those of the users who are members. Primary key. */
export async function findSpaceMembers(
  db: Reader,
  spaceId: SpaceId,
  userIds: readonly UserId[],
): Promise<SpaceMemberRow[]> {
  const records = await db.query<SpaceMemberRecord>({
    name: "find_space_members",
    text: "SELECT space_id, user_id, role, joined_at FROM space_members WHERE space_id = $1 AND user_id = ANY ($2::uuid[])",
    values: [spaceId, userIds],
  });
  return records.map(toSpaceMemberRow);
}

/** In the order in which they joined. */
export async function listSpaceMembers(
  db: Reader,
  spaceId: SpaceId,
  page: { readonly after: { readonly at: Date; readonly id: string } | null; readonly limit: number },
): Promise<SpaceMemberRow[]> {
  const records = await db.query<SpaceMemberRecord>({
    name: "list_space_members",
    text: `SELECT space_id, user_id, role, joined_at FROM space_members
           WHERE space_id = $1
             AND (joined_at, user_id) > (coalesce($2::timestamptz, '-infinity'), coalesce($3::uuid, '00000000-0000-0000-0000-000000000000'))
           ORDER BY joined_at, user_id LIMIT $4`,
    values: [spaceId, page.after?.at ?? null, page.after?.id ?? null, page.limit],
  });
  return records.map(toSpaceMemberRow);
}

export async function countSpaceOwners(db: Reader, spaceId: SpaceId): Promise<number> {
  const [row] = await db.query<{ count: number }>({
    name: "count_space_owners",
    text: "SELECT count(*)::integer AS count FROM space_members WHERE space_id = $1 AND role = 'owner'",
    values: [spaceId],
  });
  return row?.count ?? 0;
}

/** The channels of a space that a user is a member of, deleted ones left out. */
export async function findChannelsOfMember(db: Reader, spaceId: SpaceId, userId: UserId): Promise<ConversationId[]> {
  const records = await db.query<{ id: ConversationId }>({
    name: "find_channels_of_member",
    text: `SELECT c.id FROM members m JOIN conversations c ON c.id = m.conversation_id
           WHERE m.user_id = $2 AND m.left_at IS NULL AND c.space_id = $1 AND c.deleted_at IS NULL ORDER BY c.id`,
    values: [spaceId, userId],
  });
  return records.map(({ id }) => id);
}

/** Who comes next after a member: of the highest role, and of those the one who is in it for longest. */
export async function findHeir(
  db: Reader,
  conversationId: ConversationId,
  userId: UserId,
): Promise<MemberRow | undefined> {
  const [record] = await db.query<MemberRecord>({
    name: "find_heir",
    text: `SELECT ${memberColumns("m")} FROM members m JOIN users u ON u.id = m.user_id AND u.deactivated_at IS NULL
           WHERE m.conversation_id = $1 AND m.user_id <> $2 AND m.left_at IS NULL
           ORDER BY array_position(ARRAY['owner', 'admin', 'member', 'guest'], m.role), u.kind = 'agent', m.joined_at, m.user_id LIMIT 1`,
    values: [conversationId, userId],
  });
  return record && toMemberRow(record);
}
