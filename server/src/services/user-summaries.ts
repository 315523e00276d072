import type { Sender } from "@parley/protocol";
import type { UserId } from "../domain/ids.ts";
import { toSender } from "./present-users.ts";
import type { UserCache } from "./user-cache.ts";

/** What messages show of their senders; at most five seconds old. */
export interface UserSummaries {
  /** Unknown ids are left out. */
  many(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, Sender>>;
  /** The same from memory alone: undefined where it takes asking. */
  peek(id: UserId): Sender | undefined;
}

export function createUserSummaries(cache: Pick<UserCache, "many" | "peek">): UserSummaries {
  return {
    async many(ids) {
      const rows = await cache.many(ids);
      return new Map([...rows].map(([id, row]) => [id, toSender(row)]));
    },
    peek(id) {
      const row = cache.peek(id);
      return row && toSender(row);
    },
  };
}
