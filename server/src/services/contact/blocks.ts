import { ParleyError, type Block, type Page } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { UserId } from "../../domain/ids.ts";
import { deleteBlock, insertBlock, listBlocks, lockPair } from "../../store/contact.ts";
import type { Database } from "../../store/database.ts";
import { deleteFriendship } from "../../store/friends.ts";
import { cutPage, decodeCursor, timeAndId } from "../page-cursor.ts";
import { findPerson, requirePerson, type Users } from "../people.ts";
import { toUser } from "../present-users.ts";

export interface BlocksDeps {
  readonly database: Pick<Database, "query" | "transaction">;
  readonly users: Users;
}

export function createBlocks(deps: BlocksDeps) {
  const { database, users } = deps;
  return {
    /**
     * Blocks a user: neither can write to the other directly, or add the other anywhere, any more. Ends a friendship or a request
     * between them, and unblocking does not bring it back: both have to want it again. Blocking again is nothing. They are not told.
     * Throws `not_found`, `conflict` for oneself, `permission_denied` for the host's backend in its own name.
     */
    async block(caller: Caller, userId: UserId): Promise<void> {
      requirePerson(caller);
      if (userId === caller.userId) throw new ParleyError("conflict", { detail: "You cannot block yourself." });
      await findPerson(users, userId);
      await database.transaction(async (tx) => {
        await lockPair(tx, caller.userId, userId);
        await insertBlock(tx, caller.userId, userId);
        await deleteFriendship(tx, caller.userId, userId);
      });
    },

    /** Takes one's own block back; the other's, if there is one, stays. Throws `not_found`, `permission_denied`. */
    async unblock(caller: Caller, userId: UserId): Promise<void> {
      requirePerson(caller);
      await findPerson(users, userId);
      await database.transaction((tx) => deleteBlock(tx, caller.userId, userId));
    },

    /** Whom the caller has blocked, the latest first. Throws `validation_failed` for a foreign cursor. */
    async blocks(caller: Caller, query: { readonly limit: number; readonly cursor?: string }): Promise<Page<Block>> {
      const after = decodeCursor(query.cursor, timeAndId);
      const rows = await listBlocks(database, caller.userId, {
        after: after ? { blockedAt: after.at, userId: after.id as UserId } : undefined,
        limit: query.limit + 1,
      });
      const page = cutPage(rows, query.limit, (row) => [row.blockedAt.getTime(), row.userId]);
      const people = await users.many(page.rows.map((row) => row.userId));
      const items = page.rows.flatMap((row) => {
        const user = people.get(row.userId);
        return user ? [{ user: toUser(user, caller), blocked_at: row.blockedAt.toISOString() }] : [];
      });
      return { items, next_cursor: page.nextCursor };
    },
  };
}
