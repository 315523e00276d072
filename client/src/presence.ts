import type { Presence } from "@parley/protocol";
import type { Connection } from "./connection.ts";
import { createCell, type Observable } from "./observable.ts";

/** The presence of people one watches. */
export interface PresenceBoard {
  /** What is known of those who are watched, by user. */
  readonly people: Observable<ReadonlyMap<string, Presence>>;
  /** Watches some more people, 200 at most in all. Answers what ends it. */
  watch(userIds: Iterable<string>): () => void;
}

interface Watching extends PresenceBoard {
  heard(presence: Presence): void;
  /** After a new connection, which watches nobody. */
  restart(): void;
}

export function createPresenceBoard(connection: () => Connection): Watching {
  const people = createCell<ReadonlyMap<string, Presence>>(new Map());
  const watchers = new Map<string, number>();
  let isPlanned = false;

  function note(items: readonly Presence[]): void {
    const wanted = items.filter(({ user_id: id }) => watchers.has(id));
    if (wanted.length > 0)
      people.set(new Map([...people.value, ...wanted.map((item) => [item.user_id, item] as const)]));
  }

  /** Once for all that is asked in one go. */
  function plan(): void {
    if (isPlanned) return;
    isPlanned = true;
    queueMicrotask(() => {
      isPlanned = false;
      connection()
        .request("watch_presence", { user_ids: [...watchers.keys()] })
        .then(({ items }) => note(items))
        // Offline: the next connection asks again.
        .catch(() => undefined);
    });
  }

  return {
    people,
    watch(userIds) {
      const mine = [...new Set(userIds)];
      for (const id of mine) watchers.set(id, (watchers.get(id) ?? 0) + 1);
      plan();
      let isWatching = true;
      return () => {
        if (!isWatching) return;
        isWatching = false;
        for (const id of mine) {
          const left = (watchers.get(id) ?? 1) - 1;
          if (left > 0) watchers.set(id, left);
          else watchers.delete(id);
        }
        people.set(new Map([...people.value].filter(([id]) => watchers.has(id))));
        plan();
      };
    },
    heard: (presence) => note([presence]),
    restart() {
      if (watchers.size > 0) plan();
    },
  };
}
