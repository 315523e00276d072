import { computed, shallowReactive, watchEffect, type ComputedRef } from "vue";
import type { Locale } from "../i18n/locales.ts";
import { usePreferencesStore } from "../stores/preferences.ts";
import type { Emoji } from "./emoji.ts";
import { useEmoji } from "./use-emoji.ts";

/** English is what the emoji come with; of another language the words are loaded when it is chosen and one looks for an emoji. */
const LOADERS: Readonly<Partial<Record<Locale, () => Promise<readonly string[]>>>> = {
  de: async () => (await import("./words-de.ts")).WORDS,
};
const words = shallowReactive(new Map<Locale, readonly string[]>());
const loading = new Set<Locale>();

async function load(locale: Locale): Promise<void> {
  const loader = LOADERS[locale];
  if (!loader || loading.has(locale)) return;
  loading.add(locale);
  try {
    words.set(locale, await loader());
  } catch {
    // Without a connection: asked for again next time.
    loading.delete(locale);
  }
}

interface EmojiSearch {
  readonly all: readonly Emoji[];
  find(text: string, limit: number): readonly Emoji[];
}

/** All emoji, in the language of the app; undefined until they are there. */
export function useEmojiSearch(): ComputedRef<EmojiSearch | undefined> {
  const preferences = usePreferencesStore();
  const data = useEmoji();
  watchEffect(() => void load(preferences.locale));
  const all = computed(() => {
    const { value: known } = data;
    const theirs = words.get(preferences.locale);
    return known && theirs ? known.emojiIn(theirs) : known?.EMOJI;
  });
  return computed(() => {
    const [{ value: known }, { value: list }] = [data, all];
    return known && list && { all: list, find: (text, limit) => known.findEmoji(text, limit, list) };
  });
}
