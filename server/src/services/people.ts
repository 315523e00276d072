import { notFound, ParleyError } from "@parley/protocol";
import { isHost } from "../domain/access.ts";
import type { Caller } from "../domain/caller.ts";
import type { UserId } from "../domain/ids.ts";
import type { UserRow } from "../store/users.ts";
import type { UserCache } from "./user-cache.ts";

/** Where services look users up. */
export type Users = Pick<UserCache, "get" | "many">;

/** A user, deactivated ones too. Throws `not_found`. */
export async function findPerson(users: Users, id: UserId): Promise<UserRow> {
  const row = await users.get(id);
  if (!row) throw notFound("user");
  return row;
}

/** Throws `permission_denied` for the host's backend in its own name: what is a person's own is done for a person. */
export function requirePerson(caller: Caller): void {
  if (!isHost(caller)) return;
  throw new ParleyError("permission_denied", { detail: "Say for whom: send Parley-Act-As with the id of a user." });
}
