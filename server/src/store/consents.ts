import type { ConsentType } from "@parley/protocol";
import type { UserId } from "../domain/ids.ts";
import type { Reader, Writer } from "./database.ts";

/** A row of `consents`; a type without one stands as granted. */
export interface ConsentRow {
  type: ConsentType;
  granted: boolean;
  changedAt: Date;
}

export async function findConsents(db: Reader, userId: UserId): Promise<ConsentRow[]> {
  const records = await db.query<{ type: string; granted: boolean; changed_at: Date }>({
    name: "find_consents",
    text: "SELECT type, granted, changed_at FROM consents WHERE user_id = $1",
    values: [userId],
  });
  return records.map((record) => ({
    type: record.type as ConsentType,
    granted: record.granted,
    changedAt: record.changed_at,
  }));
}

/**
 * Sets a consent and keeps the change for ever. Setting what already stands by the user's own word changes nothing; saying for
 * the first time what stood by default is a change. Both rows are written by one statement, so neither is without the other.
 */
export async function setConsent(
  tx: Writer,
  userId: UserId,
  consent: { readonly type: ConsentType; readonly granted: boolean },
): Promise<void> {
  await tx.execute({
    name: "set_consent",
    text: `WITH moved AS (
             INSERT INTO consents AS c (user_id, type, granted) VALUES ($1, $2, $3)
             ON CONFLICT (user_id, type) DO UPDATE SET granted = excluded.granted, changed_at = excluded.changed_at
             WHERE c.granted <> excluded.granted
             RETURNING user_id, type, granted, changed_at
           )
           INSERT INTO consent_changes (user_id, type, granted, changed_at) SELECT * FROM moved`,
    values: [userId, consent.type, consent.granted],
  });
}
