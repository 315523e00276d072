import type { User } from "@parley/protocol";
import type { UserId } from "../domain/ids.ts";
import type { Hub } from "../realtime/hub.ts";
import type { ContactService } from "../services/contact/contact.ts";
import { toUser } from "../services/present-users.ts";
import type { UserCache } from "../services/user-cache.ts";

/** Users as anyone sees them. */
export function createUserViews(users: Pick<UserCache, "many">): { many(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, User>> } {
  return {
    async many(ids) {
      const rows = await users.many(ids);
      return new Map([...rows].map(([id, row]) => [id, toUser(row, null)]));
    },
  };
}

/** Blocking changes who sees whose presence: the hub looks again after the commit. */
export function tellingHub(contact: ContactService, hub: Pick<Hub, "usersChanged">): ContactService {
  return {
    ...contact,
    async block(caller, userId) {
      const result = await contact.block(caller, userId);
      hub.usersChanged([caller.userId, userId]);
      return result;
    },
    async unblock(caller, userId) {
      const result = await contact.unblock(caller, userId);
      hub.usersChanged([caller.userId, userId]);
      return result;
    },
  };
}
