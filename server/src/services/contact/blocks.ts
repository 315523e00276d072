import { ParleyError } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { UserId } from "../../domain/ids.ts";
import { deleteBlock, insertBlock, lockPair } from "../../store/contact.ts";
import type { Transactor } from "../../store/database.ts";
import { deleteFriendship } from "../../store/friends.ts";
import { findPerson, requirePerson, type Users } from "../people.ts";

export interface BlocksDeps {
  readonly database: Transactor;
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
  };
}
