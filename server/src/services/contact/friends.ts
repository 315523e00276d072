import { ParleyError, type FriendListQuery, type Friendship, type Page } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { UserId } from "../../domain/ids.ts";
import { lockPair } from "../../store/contact.ts";
import type { Database } from "../../store/database.ts";
import {
  deleteFriendship,
  findFriendship,
  listFriendships,
  upsertFriendship,
  type FriendshipRow,
} from "../../store/friends.ts";
import { notify } from "../../store/notifications-of-services.ts";
import type { UserRow } from "../../store/users.ts";
import { cutPage, decodeCursor, timeAndId } from "../page-cursor.ts";
import { findPerson, requirePerson, type Users } from "../people.ts";
import { toUser } from "../present-users.ts";
import { requireAcceptance } from "./require-contact.ts";

export interface FriendsDeps {
  readonly database: Pick<Database, "query" | "transaction">;
  readonly users: Users;
}

export function createFriends(deps: FriendsDeps) {
  const { database, users } = deps;
  return {
    /**
     * Asks a user for friendship, or accepts what they have asked. Two requests that cross become one friendship; asking again
     * changes nothing. Throws `not_found`, `conflict` for oneself, `contact_refused` after a block or where the user's policy is
     * `nobody`, `permission_denied` for the host's backend in its own name.
     */
    async befriend(caller: Caller, userId: UserId): Promise<Friendship> {
      requirePerson(caller);
      if (userId === caller.userId) throw new ParleyError("conflict", { detail: "You cannot befriend yourself." });
      const user = await findPerson(users, userId);
      const row = await database.transaction(async (tx) => {
        await lockPair(tx, caller.userId, userId);
        const known = await findFriendship(tx, caller.userId, userId);
        // Who asked has agreed; a block since then would have ended the request.
        if (!known) await requireAcceptance(tx, caller, [userId], "friendship");
        const befriended = await upsertFriendship(tx, caller.userId, userId);
        if (!known) await notify(tx, [{ userId, reason: "friend_requested", actorId: caller.userId }]);
        else if (!known.acceptedAt && befriended.acceptedAt) {
          await notify(tx, [{ userId, reason: "friend_accepted", actorId: caller.userId }]);
        }
        return befriended;
      });
      return toFriendship(row, user, caller);
    },

    /** Ends a friendship, refuses or withdraws a request; nothing where there is none. Throws `not_found`, `permission_denied`. */
    async unfriend(caller: Caller, userId: UserId): Promise<void> {
      requirePerson(caller);
      await findPerson(users, userId);
      await database.transaction((tx) => deleteFriendship(tx, caller.userId, userId));
    },

    /** Friends and requests, both ways, the latest first. Throws `validation_failed` for a foreign cursor. */
    async friends(caller: Caller, query: FriendListQuery): Promise<Page<Friendship>> {
      const after = decodeCursor(query.cursor, timeAndId);
      const rows = await listFriendships(database, caller.userId, {
        status: query.status,
        after: after ? { requestedAt: after.at, userId: after.id as UserId } : undefined,
        limit: query.limit + 1,
      });
      const page = cutPage(rows, query.limit, (row) => [row.requestedAt.getTime(), row.userId]);
      const people = await users.many(page.rows.map((row) => row.userId));
      const items = page.rows.flatMap((row) => {
        const user = people.get(row.userId);
        return user ? [toFriendship(row, user, caller)] : [];
      });
      return { items, next_cursor: page.nextCursor };
    },
  };
}

function toFriendship(row: FriendshipRow, user: UserRow, viewer: Caller): Friendship {
  return {
    user: toUser(user, viewer),
    status: row.acceptedAt ? "accepted" : "requested",
    requested_by: row.requestedBy,
    requested_at: row.requestedAt.toISOString(),
    accepted_at: row.acceptedAt?.toISOString() ?? null,
  };
}
