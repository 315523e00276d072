import type { User } from "@parley/protocol";
import type { UserId } from "../domain/ids.ts";
import type { Hub } from "../realtime/hub.ts";
import type { ContactService } from "../services/contact/contact.ts";
import { toUser } from "../services/present-users.ts";
import type { UserCache } from "../services/user-cache.ts";
import type { Users } from "../services/users.ts";

/** Users as anyone sees them. */
export function createUserViews(users: Pick<UserCache, "many">): {
  many(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, User>>;
} {
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

/** What people share of themselves decides who is told of their marks and presence: the hub looks again. */
export function usersTellingHub(users: Users, hub: Pick<Hub, "usersChanged">): Users {
  return {
    ...users,
    async updateMe(caller, update) {
      const result = await users.updateMe(caller, update);
      if (update.share_receipts !== undefined || update.share_presence !== undefined) hub.usersChanged([caller.userId]);
      return result;
    },
    async upsert(caller, externalId, wanted) {
      const result = await users.upsert(caller, externalId, wanted);
      hub.usersChanged([result.user.id as UserId]);
      return result;
    },
  };
}
