import { CONSENT_TYPES, type Consents, type SetConsents } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import { findConsents, setConsent, type ConsentRow } from "../../store/consents.ts";
import type { Database } from "../../store/database.ts";
import { requirePerson } from "../people.ts";

export interface ConsentsDeps {
  readonly database: Pick<Database, "query" | "transaction">;
}

export function createConsents(deps: ConsentsDeps) {
  const { database } = deps;
  return {
    /** All of the caller's consents; what was never said stands as granted. Throws `permission_denied` for the host's backend. */
    async consents(caller: Caller): Promise<Consents> {
      requirePerson(caller);
      return toConsents(await findConsents(database, caller.userId));
    },

    /**
     * Sets the consents named, in one transaction, and answers all. Each change is kept for ever; the next direct send is bound by
     * it. A type named twice ends as the last says. Throws `permission_denied` for the host's backend in its own name.
     */
    async setConsents(caller: Caller, { consents }: SetConsents): Promise<Consents> {
      requirePerson(caller);
      const rows = await database.transaction(async (tx) => {
        // In one order, so that two of these at once wait for each other instead of locking each other out.
        const last = new Map(consents.map((consent) => [consent.type, consent]));
        for (const type of CONSENT_TYPES) {
          const consent = last.get(type);
          if (consent) await setConsent(tx, caller.userId, consent);
        }
        return await findConsents(tx, caller.userId);
      });
      return toConsents(rows);
    },
  };
}

function toConsents(rows: readonly ConsentRow[]): Consents {
  return {
    consents: CONSENT_TYPES.map((type) => {
      const row = rows.find((candidate) => candidate.type === type);
      return { type, granted: row?.granted ?? true, updated_at: row?.changedAt.toISOString() ?? null };
    }),
  };
}
