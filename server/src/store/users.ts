import type { ContactPolicy, UserKind } from "@parley/protocol";
import type { UserId } from "../domain/ids.ts";
import type { Reader, Writer } from "./database.ts";
import { isDuplicateKey } from "./postgres/errors.ts";

/** A row of `users`. */
export interface UserRow {
  id: UserId;
  externalId: string | null;
  username: string;
  slug: string;
  displayName: string;
  email: string | null;
  avatarUrl: string | null;
  kind: UserKind;
  isAdmin: boolean;
  isStaff: boolean;
  contactPolicy: ContactPolicy;
  shareReceipts: boolean;
  sharePresence: boolean;
  locale: string | null;
  createdAt: Date;
  updatedAt: Date;
  deactivatedAt: Date | null;
}

/** What of a user can be changed; what is left out stays. */
export type UserChanges = Partial<Omit<UserRow, "id" | "externalId" | "createdAt" | "updatedAt">>;

export type NewUser = Pick<UserRow, "id" | "externalId" | "username" | "slug" | "displayName"> & UserChanges;

/** Thrown by writers: the name belongs to somebody else. */
export class UsernameTakenError extends Error {}

interface UserRecord {
  id: string;
  external_id: string | null;
  username: string;
  slug: string;
  display_name: string;
  email: string | null;
  avatar_url: string | null;
  kind: UserKind;
  is_admin: boolean;
  is_staff: boolean;
  contact_policy: ContactPolicy;
  share_receipts: boolean;
  share_presence: boolean;
  locale: string | null;
  created_at: Date;
  updated_at: Date;
  deactivated_at: Date | null;
}

const USER_COLUMNS = `id, external_id, username, slug, display_name, email, avatar_url, kind, is_admin, is_staff, contact_policy,
  share_receipts, share_presence, locale, created_at, updated_at, deactivated_at`;

const COLUMN_OF: Record<keyof UserChanges, string> = {
  username: "username",
  slug: "slug",
  displayName: "display_name",
  email: "email",
  avatarUrl: "avatar_url",
  kind: "kind",
  isAdmin: "is_admin",
  isStaff: "is_staff",
  contactPolicy: "contact_policy",
  shareReceipts: "share_receipts",
  sharePresence: "share_presence",
  locale: "locale",
  deactivatedAt: "deactivated_at",
};

function toUserRow(record: UserRecord): UserRow {
  return {
    id: record.id as UserId,
    externalId: record.external_id,
    username: record.username,
    slug: record.slug,
    displayName: record.display_name,
    email: record.email,
    avatarUrl: record.avatar_url,
    kind: record.kind,
    isAdmin: record.is_admin,
    isStaff: record.is_staff,
    contactPolicy: record.contact_policy,
    shareReceipts: record.share_receipts,
    sharePresence: record.share_presence,
    locale: record.locale,
    createdAt: record.created_at,
    updatedAt: record.updated_at,
    deactivatedAt: record.deactivated_at,
  };
}

/** Users by id, in no order; unknown ids are left out. Deactivated users are in it. */
export async function findUsers(db: Reader, ids: readonly UserId[]): Promise<UserRow[]> {
  if (ids.length === 0) return [];
  const records = await db.query<UserRecord>({
    name: "find_users",
    text: `SELECT ${USER_COLUMNS} FROM users WHERE id = ANY ($1::uuid[])`,
    values: [ids],
  });
  return records.map(toUserRow);
}

export async function findUserByExternalId(db: Reader, externalId: string): Promise<UserRow | undefined> {
  const [row] = await findUsersByExternalId(db, [externalId]);
  return row;
}

/** The same of several, in no order; unknown ids are left out. */
export async function findUsersByExternalId(db: Reader, externalIds: readonly string[]): Promise<UserRow[]> {
  const records = await db.query<UserRecord>({
    name: "find_users_by_external_id",
    text: `SELECT ${USER_COLUMNS} FROM users WHERE external_id = ANY ($1::text[])`,
    values: [externalIds],
  });
  return records.map(toUserRow);
}

/** Who stands behind these usernames; unknown names and people who are locked out are left out. */
export async function findUserIdsByUsername(db: Reader, usernames: readonly string[]): Promise<UserId[]> {
  if (usernames.length === 0) return [];
  const rows = await db.query<{ id: UserId }>({
    name: "find_user_ids_by_username",
    text: "SELECT id FROM users WHERE username = ANY ($1::text[]) AND deactivated_at IS NULL",
    values: [usernames],
  });
  return rows.map((row) => row.id);
}

/** Writes the user unless the external id or the username is taken: then nothing is written, and nothing is answered. */
export async function insertUser(tx: Writer, user: NewUser): Promise<UserRow | undefined> {
  const { id, externalId, ...rest } = user;
  const { columns, values } = assignments(rest);
  const [record] = await tx.query<UserRecord>({
    text: `INSERT INTO users (${["id", "external_id", ...columns].join(", ")})
           VALUES (${[id, externalId, ...values].map((_, i) => `$${i + 1}`).join(", ")})
           ON CONFLICT DO NOTHING RETURNING ${USER_COLUMNS}`,
    values: [id, externalId, ...values],
  });
  return record && toUserRow(record);
}

/** Changes what is named and answers the whole row. Throws UsernameTakenError. */
export async function updateUser(tx: Writer, id: UserId, changes: UserChanges): Promise<UserRow | undefined> {
  const { columns, values } = assignments(changes);
  const set = [...columns.map((column, i) => `${column} = $${i + 2}`), "updated_at = now()"];
  try {
    const [record] = await tx.query<UserRecord>({
      text: `UPDATE users SET ${set.join(", ")} WHERE id = $1 RETURNING ${USER_COLUMNS}`,
      values: [id, ...values],
    });
    return record && toUserRow(record);
  } catch (error) {
    if (isDuplicateKey(error, "users_username_key")) throw new UsernameTakenError("taken", { cause: error });
    throw error;
  }
}

/** What of the changes is not so already. */
export function differingFrom(row: UserRow, changes: UserChanges): UserChanges {
  return Object.fromEntries(
    Object.entries(changes).filter(([key, value]) => value !== undefined && row[key as keyof UserChanges] !== value),
  );
}

/** Names of columns come from the table above alone, never from a request. */
function assignments(changes: UserChanges): { columns: string[]; values: unknown[] } {
  const entries = Object.entries(changes).filter(([, value]) => value !== undefined);
  return {
    columns: entries.map(([key]) => COLUMN_OF[key as keyof UserChanges]),
    values: entries.map(([, value]) => value),
  };
}

/** A user in a list, with how well they match: 0 by their whole username, 1 by its beginning, 2 by that of their name, 3 else. */
export interface ListedUser {
  readonly row: UserRow;
  readonly rank: number;
}

export interface UserListing {
  /** Part of the username or the display name, in any case; undefined lists all. */
  readonly text: string | undefined;
  /** The last one of the page before. */
  readonly after: { readonly rank: number; readonly username: string } | undefined;
  readonly limit: number;
  /** Those who are locked out, or the others. */
  readonly isDeactivated: boolean;
}

/**
 * Users in the order of `rank` and username, without system users; those who are locked out on their own. A text is found by the trigram
 * indexes users_by_username and users_by_display_name; without one it is the unique index on username.
 */
export async function listUsers(db: Reader, { text, ...page }: UserListing): Promise<ListedUser[]> {
  const records = text === undefined ? await listAll(db, page) : await search(db, text, page);
  return records.map((record) => ({ row: toUserRow(record), rank: record.rank }));
}

type RankedRecord = UserRecord & { rank: number };

type Listing = Omit<UserListing, "text">;

function listAll(db: Reader, { after, limit, isDeactivated }: Listing): Promise<RankedRecord[]> {
  return db.query({
    name: isDeactivated ? "list_deactivated_users" : "list_users",
    text: `SELECT ${USER_COLUMNS}, 0 AS rank FROM users
           WHERE ${standing(isDeactivated)} AND kind <> 'system' AND username > $1
           ORDER BY username LIMIT $2`,
    values: [after?.username ?? "", limit],
  });
}

const standing = (isDeactivated: boolean): string => `deactivated_at IS ${isDeactivated ? "NOT NULL" : "NULL"}`;

function search(db: Reader, text: string, { after, limit, isDeactivated }: Listing): Promise<RankedRecord[]> {
  const escaped = text.replaceAll(/[\\%_]/g, String.raw`\$&`);
  return db.query({
    name: isDeactivated ? "search_deactivated_users" : "search_users",
    text: `SELECT * FROM (
             SELECT ${USER_COLUMNS}, CASE WHEN username = lower($1) THEN 0 WHEN username ILIKE $2 THEN 1
                                          WHEN display_name ILIKE $2 THEN 2 ELSE 3 END AS rank
             FROM users
             WHERE (username ILIKE $3 OR display_name ILIKE $3) AND ${standing(isDeactivated)} AND kind <> 'system'
           ) found
           WHERE (rank, username) > ($4, $5) ORDER BY rank, username LIMIT $6`,
    values: [text, `${escaped}%`, `%${escaped}%`, after?.rank ?? -1, after?.username ?? "", limit],
  });
}
