import type { CachedConversation } from "./records.ts";

export interface ShelfLimits {
  readonly conversations: number;
  /** Characters in all. */
  readonly chars: number;
}

interface Place {
  readonly at: string;
  readonly head: number;
  window: number;
}

/** Knows how much is kept, and what has to go when it is too much. */
export interface Shelf {
  /** What it does not say of the messages stays as it is. */
  put(kept: CachedConversation): void;
  hasWindow(id: string): boolean;
  dropWindow(id: string): void;
  drop(id: string): void;
  clear(): void;
  /** Takes off what is too much, that with the oldest activity first: messages of conversations beyond the size, conversations beyond the number. */
  overflow(): { readonly heads: string[]; readonly windows: string[] };
  /** There is less room than was thought. */
  shrink(): void;
}

export function createShelf(limits: ShelfLimits): Shelf {
  const places = new Map<string, Place>();
  let room = limits.chars;
  const used = (): number => [...places.values()].reduce((sum, { head, window }) => sum + head + window, 0);

  return {
    put({ id, head, window }) {
      const before = places.get(id)?.window ?? 0;
      places.set(id, { at: head.at, head: head.json.length, window: window ? window.json.length : before });
    },
    hasWindow: (id) => (places.get(id)?.window ?? 0) > 0,
    dropWindow(id) {
      const place = places.get(id);
      if (place) place.window = 0;
    },
    drop: (id) => void places.delete(id),
    clear: () => places.clear(),
    overflow() {
      const heads: string[] = [];
      const windows: string[] = [];
      let total = used();
      if (total <= room && places.size <= limits.conversations) return { heads, windows };
      const oldestFirst = [...places].sort(([, a], [, b]) => (a.at < b.at ? -1 : 1));
      const tooMany = places.size - limits.conversations;
      for (const [index, [id, place]] of oldestFirst.entries()) {
        const isBeyond = index < tooMany;
        if (!isBeyond && total <= room) break;
        if (place.window > 0) windows.push(id);
        total -= place.window;
        place.window = 0;
        if (!isBeyond) continue;
        heads.push(id);
        total -= place.head;
        places.delete(id);
      }
      return { heads, windows };
    },
    shrink() {
      room = Math.min(room, used()) / 2;
    },
  };
}
