import { randomInt } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import type { UserId } from "../../domain/ids.ts";
import { slugFrom, suffixedUsername, usernameFrom } from "../../domain/usernames.ts";
import type { Database } from "../../store/database.ts";
import {
  differingFrom,
  findUserByExternalId,
  findUsersByExternalId,
  insertUser,
  updateUser,
  type NewUser,
  type UserChanges,
  type UserRow,
} from "../../store/users.ts";
import { Gathering } from "../gathering.ts";
import type { UserCache } from "../user-cache.ts";
import type { Claims } from "./claims.ts";

export interface IdentitiesDeps {
  readonly db: Database;
  readonly users: Pick<UserCache, "put">;
}

/** Names tried in order before one is drawn by lot: ada, ada-2, ada-3. */
const ORDERLY_NAMES = 3;
const ATTEMPTS = 20;
/** Users looked up by one statement, and statements at once: after a restart everyone comes with a token that is new to this node. */
const BATCH = 200;
const LOOKUPS = 2;

/** The user a token speaks of: made at their first token, brought up to date by newer ones. */
export type FindOrCreateUser = (claims: Claims) => Promise<UserRow>;

export function createIdentities({ db, users }: IdentitiesDeps): FindOrCreateUser {
  const lookups = new Gathering<string, UserRow | undefined>({
    width: LOOKUPS,
    maxWeight: BATCH,
    weigh: () => 1,
    maxWaiting: Number.POSITIVE_INFINITY,
    async serve(externalIds) {
      const rows = await findUsersByExternalId(db, [...new Set(externalIds)]);
      const byId = new Map(rows.map((row) => [row.externalId, row]));
      return externalIds.map((id) => byId.get(id));
    },
  });
  return async (claims) => {
    const known = await lookups.ask(claims.subject);
    const row = known
      ? await update(db, known, claims)
      : (await createUser(db, claims.subject, firstFacts(claims))).row;
    users.put(row);
    return row;
  };
}

/** What a new user is; the username is made from `preferred`, and another one like it where that is taken. */
export type FirstFacts = { readonly preferred: string } & Omit<NewUser, "id" | "externalId" | "username" | "slug">;

/** Writes a user under the first username that is free. Of requests that make the same one at once, one writes and all get it. */
export async function createUser(
  db: Database,
  externalId: string,
  { preferred, ...facts }: FirstFacts,
): Promise<{ row: UserRow; created: boolean }> {
  const base = usernameFrom(preferred);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const username = attempt === 1 ? base : suffixedUsername(base, suffixOf(attempt));
    const slug = slugFrom(username);
    const row = await db.transaction((tx) => insertUser(tx, { id: newUserId(), externalId, username, slug, ...facts }));
    if (row) return { row, created: true };
    const other = await findUserByExternalId(db, externalId);
    if (other) return { row: other, created: false };
  }
  throw new Error(`no free username like ${base} was found in ${ATTEMPTS} attempts`);
}

function newUserId(): UserId {
  return uuidv7() as UserId;
}

function suffixOf(attempt: number): string {
  return String(attempt <= ORDERLY_NAMES ? attempt : randomInt(1_000, 1_000_000));
}

function firstFacts(claims: Claims): FirstFacts {
  const { subject, name, preferredUsername, email, picture, isAdmin, isStaff } = claims;
  return {
    preferred: preferredUsername ?? email ?? subject,
    displayName: name ?? preferredUsername ?? subject,
    email: email ?? null,
    avatarUrl: picture ?? null,
    isAdmin: isAdmin ?? false,
    isStaff: isStaff ?? false,
  };
}

async function update(db: Database, row: UserRow, claims: Claims): Promise<UserRow> {
  const changes = changesIn(row, claims);
  if (Object.keys(changes).length === 0) return row;
  return (await db.transaction((tx) => updateUser(tx, row.id, changes))) ?? row;
}

/**
 * What the token says differently. A token from before the row's last change says nothing new: it must not undo what the host, or
 * the user, has changed since. `iat` has whole seconds.
 */
function changesIn(row: UserRow, claims: Claims): UserChanges {
  if (claims.issuedAt !== undefined && claims.issuedAt + 999 < row.updatedAt.getTime()) return {};
  return differingFrom(row, {
    ...(claims.name === undefined ? {} : { displayName: claims.name }),
    ...(claims.email === undefined ? {} : { email: claims.email }),
    ...(claims.picture === undefined ? {} : { avatarUrl: claims.picture }),
    ...(claims.isAdmin === undefined ? {} : { isAdmin: claims.isAdmin }),
    ...(claims.isStaff === undefined ? {} : { isStaff: claims.isStaff }),
  });
}
