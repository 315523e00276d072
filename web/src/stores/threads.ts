import { useStorage } from "@vueuse/core";
import { defineStore } from "pinia";
import { useMyId } from "../composables/use-parley.ts";

interface Followed {
  /** How many replies there were when one last looked. */
  readonly count: number;
  /** The last one seen. */
  readonly seq: number;
  /** When one last looked: the longest ago is forgotten first. */
  readonly at: number;
}

/** More threads than this are not kept. */
const MOST = 500;

/**
 * The threads one follows: those one has written in or chosen to. The service keeps one mark for a conversation with
 * all its threads, so what of a thread was seen is kept on this device.
 */
export const useThreadsStore = defineStore("threads", () => {
  const kept = useStorage<Record<string, Followed>>(`parley threads ${useMyId()}`, {});

  const follows = (rootId: string): boolean => kept.value[rootId] !== undefined;
  const seenSeq = (rootId: string): number | undefined => kept.value[rootId]?.seq;

  /** Replies that came since one last looked; 0 where one does not follow. */
  function unread(rootId: string, replyCount: number): number {
    const held = kept.value[rootId];
    return held ? Math.max(0, replyCount - held.count) : 0;
  }

  function follow(rootId: string, count: number, seq: number): void {
    const held = kept.value[rootId];
    if (held && held.count === count && held.seq === seq) return;
    const entries = Object.entries({ ...kept.value, [rootId]: { count, seq, at: Date.now() } });
    kept.value = Object.fromEntries(entries.sort(([, a], [, b]) => b.at - a.at).slice(0, MOST));
  }

  function unfollow(rootId: string): void {
    const { [rootId]: _, ...others } = kept.value;
    kept.value = others;
  }

  return { follows, seenSeq, unread, follow, unfollow };
});
