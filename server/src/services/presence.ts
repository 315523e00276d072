import type { Presence, PresenceStatus } from "@parley/protocol";
import { isHost } from "../domain/access.ts";
import type { Caller } from "../domain/caller.ts";
import type { UserId } from "../domain/ids.ts";
import type { Reader } from "../store/database.ts";
import { filterPresenceSights } from "../store/presence.ts";

/** Who is here and who wants to know; knows nothing of who may. `Watcher` is one connection. */
export interface PresenceBoard<Watcher> {
  statusOf(userId: UserId): { readonly status: PresenceStatus; readonly lastSeenAt: Date | null };
  choose(userId: UserId, status: PresenceStatus): void;
  watch(watcher: Watcher, userIds: readonly UserId[]): void;
  seen(watcher: Watcher, presences: readonly Presence[]): void;
}

export interface PresenceDeps<Watcher> {
  readonly db: Reader;
  readonly board: PresenceBoard<Watcher>;
}

export interface PresenceService<Watcher> {
  /**
   * Who of these users is there, in their order, each once. Who does not share presence, has blocked the caller or is blocked by
   * them, or is nobody at all, is `offline`: the answer is the same.
   */
  list(caller: Caller, userIds: readonly UserId[]): Promise<Presence[]>;
  /** The same, and from then on the watcher is told of changes; replaces whom it watched before. */
  watch(caller: Caller, watcher: Watcher, userIds: readonly UserId[]): Promise<Presence[]>;
  /** How the caller appears while connected. */
  set(caller: Caller, status: PresenceStatus): void;
}

export function createPresence<Watcher>({ db, board }: PresenceDeps<Watcher>): PresenceService<Watcher> {
  async function list(caller: Caller, userIds: readonly UserId[]): Promise<Presence[]> {
    const ids = [...new Set(userIds)];
    const visible = isHost(caller) ? new Set(ids) : await visibleTo(caller, ids);
    return ids.map((id) => (visible.has(id) ? present(id) : { user_id: id, status: "offline", last_seen_at: null }));
  }

  async function visibleTo(caller: Caller, ids: readonly UserId[]): Promise<Set<UserId>> {
    const pairs = ids.map((subjectId) => ({ viewerId: caller.userId, subjectId }));
    return new Set((await filterPresenceSights(db, pairs)).map((pair) => pair.subjectId));
  }

  function present(id: UserId): Presence {
    const { status, lastSeenAt } = board.statusOf(id);
    return { user_id: id, status, last_seen_at: lastSeenAt?.toISOString() ?? null };
  }

  return {
    list,
    async watch(caller, watcher, userIds) {
      // Before looking, so that nothing happens unnoticed in between.
      board.watch(watcher, userIds);
      const presences = await list(caller, userIds);
      board.seen(watcher, presences);
      return presences;
    },
    set: (caller, status) => board.choose(caller.userId, status),
  };
}
