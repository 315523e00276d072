import { useStorage } from "@vueuse/core";
import { shallowRef, type ShallowRef } from "vue";
import type * as Data from "./emoji.ts";

type EmojiData = typeof Data;

const loaded = shallowRef<EmojiData>();
let loading: Promise<unknown> | undefined;

/** All that is known of emoji, from when it is there; asking loads it. Without a connection it is asked for again later. */
export function useEmoji(): Readonly<ShallowRef<EmojiData | undefined>> {
  loading ??= import("./emoji.ts").then(
    (data) => (loaded.value = data),
    () => (loading = undefined),
  );
  return loaded;
}

/** The same, where it does not matter enough to load it. */
export function emojiIfLoaded(): Readonly<ShallowRef<EmojiData | undefined>> {
  return loaded;
}

const FREQUENT = 16;
const USUAL = ["👍", "❤️", "😂", "🎉", "👀", "🙏", "✅", "🚀"];

/** What one uses most, on this device. */
export function useFrequentEmoji() {
  const used = useStorage<Record<string, number>>("parley emoji", {});
  return {
    top(count = FREQUENT): readonly string[] {
      const mine = Object.entries(used.value)
        .sort(([, one], [, other]) => other - one)
        .map(([emoji]) => emoji);
      return [...new Set([...mine, ...USUAL])].slice(0, count);
    },
    note(emoji: string): void {
      used.value = { ...used.value, [emoji]: (used.value[emoji] ?? 0) + 1 };
    },
  };
}
