import type { UserId } from "../domain/ids.ts";
import type { Reader } from "./database.ts";

/** Somebody who would see somebody's presence. */
export interface Sight {
  readonly viewerId: UserId;
  readonly subjectId: UserId;
}

/**
 * Those of the pairs of which the viewer may see the subject's presence: the subject shares it, is not locked out, and neither
 * has blocked the other. One sees oneself. Lookups by primary keys, one round trip whatever the number.
 */
export async function filterPresenceSights(db: Reader, pairs: readonly Sight[]): Promise<Sight[]> {
  if (pairs.length === 0) return [];
  const records = await db.query<{ viewer_id: string; subject_id: string }>({
    name: "filter_presence_sights",
    text: `SELECT p.viewer_id, p.subject_id
           FROM unnest($1::uuid[], $2::uuid[]) AS p (viewer_id, subject_id)
           JOIN users u ON u.id = p.subject_id AND u.deactivated_at IS NULL
           WHERE p.viewer_id = p.subject_id OR (u.share_presence
             AND NOT EXISTS (SELECT FROM blocks b WHERE b.blocker_id = p.subject_id AND b.blocked_id = p.viewer_id)
             AND NOT EXISTS (SELECT FROM blocks b WHERE b.blocker_id = p.viewer_id AND b.blocked_id = p.subject_id))`,
    values: [pairs.map((pair) => pair.viewerId), pairs.map((pair) => pair.subjectId)],
  });
  return records.map((record) => ({
    viewerId: record.viewer_id as UserId,
    subjectId: record.subject_id as UserId,
  }));
}
