import type { FriendshipStatus } from "@parley/protocol";
import type { UserId } from "../domain/ids.ts";
import type { Reader, Writer } from "./database.ts";

/** A row of `friendships` as one of the two sees it. */
export interface FriendshipRow {
  /** The other one. */
  userId: UserId;
  requestedBy: UserId;
  requestedAt: Date;
  /** null: asked, and not answered yet. */
  acceptedAt: Date | null;
}

interface FriendshipRecord {
  other_id: string;
  requested_by: string;
  requested_at: Date;
  accepted_at: Date | null;
}

function toFriendshipRow(record: FriendshipRecord): FriendshipRow {
  return {
    userId: record.other_id as UserId,
    requestedBy: record.requested_by as UserId,
    requestedAt: record.requested_at,
    acceptedAt: record.accepted_at,
  };
}

const COLUMNS = `CASE WHEN f.low_id = $1 THEN f.high_id ELSE f.low_id END AS other_id, f.requested_by, f.requested_at, f.accepted_at`;

export async function findFriendship(db: Reader, userId: UserId, otherId: UserId): Promise<FriendshipRow | undefined> {
  const [record] = await db.query<FriendshipRecord>({
    name: "find_friendship",
    text: `SELECT ${COLUMNS} FROM friendships f
           WHERE f.low_id = least($1::uuid, $2::uuid) AND f.high_id = greatest($1::uuid, $2::uuid)`,
    values: [userId, otherId],
  });
  return record && toFriendshipRow(record);
}

/** Asks, or accepts what the other has asked. Asking again changes nothing. */
export async function upsertFriendship(tx: Writer, userId: UserId, otherId: UserId): Promise<FriendshipRow> {
  const [record] = await tx.query<FriendshipRecord>({
    name: "upsert_friendship",
    text: `INSERT INTO friendships AS f (low_id, high_id, requested_by)
           VALUES (least($1::uuid, $2::uuid), greatest($1::uuid, $2::uuid), $1)
           ON CONFLICT (low_id, high_id) DO UPDATE SET
             accepted_at = coalesce(f.accepted_at, CASE WHEN f.requested_by <> excluded.requested_by THEN now() END)
           RETURNING ${COLUMNS}`,
    values: [userId, otherId],
  });
  if (!record) throw new Error("asking for a friendship returned no row");
  return toFriendshipRow(record);
}

/** Ends a friendship or a request, whoever asked. */
export async function deleteFriendship(tx: Writer, userId: UserId, otherId: UserId): Promise<void> {
  await tx.execute({
    name: "delete_friendship",
    text: `DELETE FROM friendships WHERE low_id = least($1::uuid, $2::uuid) AND high_id = greatest($1::uuid, $2::uuid)`,
    values: [userId, otherId],
  });
}

/** A place in the list: after this one. */
export interface FriendshipPlace {
  readonly requestedAt: Date;
  readonly userId: UserId;
}

/** Friends and requests of a user, the latest first. Primary key and index friendships_by_high, then a sort. */
export async function listFriendships(
  db: Reader,
  userId: UserId,
  page: {
    readonly status: FriendshipStatus | undefined;
    readonly after: FriendshipPlace | undefined;
    readonly limit: number;
  },
): Promise<FriendshipRow[]> {
  const records = await db.query<FriendshipRecord>({
    name: "list_friendships",
    text: `SELECT * FROM (SELECT ${COLUMNS} FROM friendships f WHERE f.low_id = $1 OR f.high_id = $1) o
           WHERE ($2::text IS NULL OR ($2 = 'accepted') = (o.accepted_at IS NOT NULL))
             AND (o.requested_at, o.other_id) < (coalesce($3::timestamptz, 'infinity'), coalesce($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
           ORDER BY o.requested_at DESC, o.other_id DESC LIMIT $5`,
    values: [userId, page.status ?? null, page.after?.requestedAt, page.after?.userId, page.limit],
  });
  return records.map(toFriendshipRow);
}
