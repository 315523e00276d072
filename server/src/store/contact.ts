import type { ContactFacts } from "../domain/contact.ts";
import type { UserId } from "../domain/ids.ts";
import type { Reader, Writer } from "./database.ts";

interface ContactRecord {
  id: string;
  kind: string;
  deactivated: boolean;
  policy: string;
  blocked: boolean;
  friends: boolean;
  shares_space: boolean;
  accepts_messages: boolean;
  may_message: boolean;
}

/** What decides whether one user may contact others; unknown users are left out. Lookups by index for each of the others. */
export async function findContactFacts(
  db: Reader,
  callerId: UserId,
  userIds: readonly UserId[],
): Promise<Map<UserId, ContactFacts>> {
  const records = await db.query<ContactRecord>({
    name: "find_contact_facts",
    text: `SELECT u.id, u.kind, u.deactivated_at IS NOT NULL AS deactivated, u.contact_policy AS policy,
             EXISTS (SELECT FROM blocks b WHERE b.blocker_id = u.id AND b.blocked_id = $1)
               OR EXISTS (SELECT FROM blocks b WHERE b.blocker_id = $1 AND b.blocked_id = u.id) AS blocked,
             EXISTS (SELECT FROM friendships f WHERE f.low_id = least($1, u.id) AND f.high_id = greatest($1, u.id)
               AND f.accepted_at IS NOT NULL) AS friends,
             EXISTS (SELECT FROM space_members a JOIN spaces s ON s.id = a.space_id AND s.deleted_at IS NULL
               JOIN space_members b ON b.space_id = a.space_id AND b.user_id = u.id WHERE a.user_id = $1) AS shares_space,
             NOT EXISTS (SELECT FROM consents c WHERE c.user_id = u.id AND c.type = 'messaging' AND NOT c.granted) AS accepts_messages,
             NOT EXISTS (SELECT FROM consents c WHERE c.user_id = $1 AND c.type = 'messaging' AND NOT c.granted) AS may_message
           FROM users u WHERE u.id = ANY ($2::uuid[])`,
    values: [callerId, userIds],
  });
  return new Map(records.map((record) => [record.id as UserId, toContactFacts(record)]));
}

function toContactFacts(record: ContactRecord): ContactFacts {
  return {
    isSystem: record.kind === "system",
    deactivated: record.deactivated,
    policy: record.policy as ContactFacts["policy"],
    blocked: record.blocked,
    friends: record.friends,
    sharesSpace: record.shares_space,
    acceptsMessages: record.accepts_messages,
    callerMessages: record.may_message,
  };
}

/**
 * Keeps every other transaction about these two people waiting until this one ends: blocking ends a friendship, so the two may not
 * pass each other. By a hash of both ids, in either order.
 */
export async function lockPair(tx: Writer, one: UserId, other: UserId): Promise<void> {
  await tx.query({
    name: "lock_pair",
    text: `SELECT pg_advisory_xact_lock(hashtextextended('pair:' || least($1::uuid, $2::uuid) || greatest($1::uuid, $2::uuid), 0))`,
    values: [one, other],
  });
}

/** Blocking again is nothing. */
export async function insertBlock(tx: Writer, blockerId: UserId, blockedId: UserId): Promise<void> {
  await tx.execute({
    name: "insert_block",
    text: "INSERT INTO blocks (blocker_id, blocked_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    values: [blockerId, blockedId],
  });
}

export async function deleteBlock(tx: Writer, blockerId: UserId, blockedId: UserId): Promise<void> {
  await tx.execute({
    name: "delete_block",
    text: "DELETE FROM blocks WHERE blocker_id = $1 AND blocked_id = $2",
    values: [blockerId, blockedId],
  });
}

/** A row of `blocks` as the one sees it who blocked. */
export interface BlockRow {
  readonly userId: UserId;
  readonly blockedAt: Date;
}

/** A place in the list: after this one. */
export type BlockPlace = BlockRow;

/** Whom a user has blocked, the latest first. Primary key, then a sort. */
export async function listBlocks(
  db: Reader,
  blockerId: UserId,
  page: { readonly after: BlockPlace | undefined; readonly limit: number },
): Promise<BlockRow[]> {
  const records = await db.query<{ blocked_id: string; created_at: Date }>({
    name: "list_blocks",
    text: `SELECT blocked_id, created_at FROM blocks
           WHERE blocker_id = $1
             AND (created_at, blocked_id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
           ORDER BY created_at DESC, blocked_id DESC LIMIT $4`,
    values: [blockerId, page.after?.blockedAt, page.after?.userId, page.limit],
  });
  return records.map((record) => ({ userId: record.blocked_id as UserId, blockedAt: record.created_at }));
}

/** Which of these users have blocked the one: nothing the one does may notify them. Index blocks_by_blocked. */
export async function findBlockersOf(db: Reader, userId: UserId, among: readonly UserId[]): Promise<Set<UserId>> {
  const records = await db.query<{ blocker_id: string }>({
    name: "find_blockers_of",
    text: "SELECT blocker_id FROM blocks WHERE blocked_id = $1 AND blocker_id = ANY ($2::uuid[])",
    values: [userId, among],
  });
  return new Set(records.map((record) => record.blocker_id as UserId));
}
