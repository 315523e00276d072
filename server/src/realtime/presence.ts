import type { Presence, PresenceStatus } from "@parley/protocol";
import { LRUCache } from "lru-cache";
import type { UserId } from "../domain/ids.ts";
import type { Sight } from "../store/presence.ts";
import type { Audience, Session } from "./audience.ts";
import { give } from "./fan-out.ts";
import { Frame } from "./frames.ts";

export interface PresenceDeps {
  readonly audience: Audience;
  /** Those of the pairs of which the viewer may see the subject's presence. */
  readonly filterSights: (pairs: readonly Sight[]) => Promise<readonly Sight[]>;
  readonly now: () => number;
  readonly onTold: (sessions: number) => void;
  readonly onTrouble: (error: unknown, message: string) => void;
  /** Changes are gathered for so long: whoever reconnects within it was never away. Default 250 ms. */
  readonly gatherMs?: number;
}

/** Users of whom it is remembered when they were last here. */
const MAX_REMEMBERED = 50_000;

/** Who is here, on this node, and who wants to know. What is shown to whom is decided anew each time that it is told. */
export class PresenceBoard {
  readonly #deps: PresenceDeps;
  readonly #watchers = new Map<UserId, Set<Session>>();
  readonly #lastSeen = new LRUCache<UserId, number>({ max: MAX_REMEMBERED });
  readonly #changed = new Set<UserId>();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: PresenceDeps) {
    this.#deps = deps;
  }

  /** How a user appears to those who may see it. */
  statusOf(userId: UserId): { readonly status: PresenceStatus; readonly lastSeenAt: Date | null } {
    const user = this.#deps.audience.users.get(userId);
    const status = user ? (user.chosenStatus ?? "online") : "offline";
    const at = status === "offline" ? this.#lastSeen.get(userId) : this.#deps.now();
    return { status, lastSeenAt: at === undefined ? null : new Date(at) };
  }

  /** How the user wants to appear as long as they are connected; nothing where they are not. */
  choose(userId: UserId, status: PresenceStatus): void {
    const user = this.#deps.audience.users.get(userId);
    if (!user || (user.chosenStatus ?? "online") === status) return;
    if (status === "offline") this.#lastSeen.set(userId, this.#deps.now());
    user.chosenStatus = status;
    this.changed(userId);
  }

  /** The user's first socket has come, or what they share has changed: those who watch are told what they now see. */
  changed(userId: UserId): void {
    if (!this.#watchers.has(userId)) return;
    this.#changed.add(userId);
    this.#timer ??= setTimeout(() => void this.#tellChanged(), this.#deps.gatherMs ?? 250);
    this.#timer.unref();
  }

  /** The user's last socket has gone. */
  gone(userId: UserId, status: PresenceStatus | undefined): void {
    if (status !== "offline") this.#lastSeen.set(userId, this.#deps.now());
    this.changed(userId);
  }

  /** The session wants to know of these users and of no others. What it sees of them now, `seen` says. */
  watch(session: Session, userIds: readonly UserId[]): void {
    this.unwatch(session);
    if (session.isEnded) return;
    session.watching = new Map(userIds.map((id) => [id, "offline"]));
    for (const id of session.watching.keys()) {
      const watchers = this.#watchers.get(id);
      if (watchers) watchers.add(session);
      else this.#watchers.set(id, new Set([session]));
    }
  }

  /** The session was told this. */
  seen(session: Session, presences: readonly Presence[]): void {
    for (const { user_id: id, status } of presences) {
      if (session.watching?.has(id as UserId)) session.watching.set(id as UserId, status);
    }
  }

  unwatch(session: Session): void {
    for (const id of session.watching?.keys() ?? []) {
      const watchers = this.#watchers.get(id);
      watchers?.delete(session);
      if (watchers?.size === 0) this.#watchers.delete(id);
    }
    session.watching = undefined;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async #tellChanged(): Promise<void> {
    this.#timer = undefined;
    const userIds = [...this.#changed];
    this.#changed.clear();
    try {
      const pairs = userIds.flatMap((subjectId) =>
        [...(this.#watchers.get(subjectId) ?? [])].map((session) => ({ viewerId: session.user.id, subjectId })),
      );
      const visible = new Set((await this.#deps.filterSights(pairs)).map(keyOf));
      for (const userId of userIds) this.#tell(userId, visible);
    } catch (error) {
      this.#deps.onTrouble(error, "presence was not told: who may see it could not be read");
    }
  }

  #tell(userId: UserId, visible: ReadonlySet<string>): void {
    const { status, lastSeenAt } = this.statusOf(userId);
    const shown = presenceFrame(
      { user_id: userId, status, last_seen_at: lastSeenAt?.toISOString() ?? null },
      this.#deps.now(),
    );
    const hidden = presenceFrame({ user_id: userId, status: "offline", last_seen_at: null }, this.#deps.now());
    let count = 0;
    for (const session of this.#watchers.get(userId) ?? []) {
      const isVisible = visible.has(keyOf({ viewerId: session.user.id, subjectId: userId }));
      const seen = isVisible ? status : "offline";
      // That something has happened to somebody who hides it is not told either.
      if (session.watching?.get(userId) === seen) continue;
      session.watching?.set(userId, seen);
      count += give(session, isVisible ? shown : hidden);
    }
    this.#deps.onTold(count);
  }
}

function keyOf({ viewerId, subjectId }: Sight): string {
  return viewerId + subjectId;
}

function presenceFrame(data: Presence, now: number): Frame {
  return new Frame("signal", {
    type: "presence.updated",
    user_id: data.user_id,
    timestamp: new Date(now).toISOString(),
    data,
  });
}
