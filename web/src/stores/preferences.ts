import { usePreferredLanguages, useStorage } from "@vueuse/core";
import { defineStore } from "pinia";
import { computed } from "vue";
import { LOCALES, type Locale } from "../i18n/locales.ts";

export const THEMES = ["system", "light", "dark", "steampunk"] as const;
export type Theme = (typeof THEMES)[number];

interface Preferences {
  theme: Theme;
  /** null: the browser's. */
  locale: Locale | null;
  /** Enter sends; otherwise Ctrl/Cmd-Enter does, and Enter begins a line. */
  enterSends: boolean;
  /** Notices of the system while the app is out of sight, where the browser was allowed to. */
  desktop: boolean;
  /** Nothing moves, even if the system would have it. */
  stillness: boolean;
}

const DEFAULTS: Preferences = { theme: "system", locale: null, enterSends: true, desktop: false, stillness: false };

/** What one has chosen on this device. Shared by its tabs. public/theme.js reads the same entry before the app runs. */
export const usePreferencesStore = defineStore("preferences", () => {
  const kept = useStorage<Preferences>("parley preferences", { ...DEFAULTS }, undefined, { mergeDefaults: true });
  const languages = usePreferredLanguages();

  const theme = computed({
    get: () => kept.value.theme,
    set: (next) => void (kept.value = { ...kept.value, theme: next }),
  });
  const enterSends = computed({
    get: () => kept.value.enterSends,
    set: (next) => void (kept.value = { ...kept.value, enterSends: next }),
  });
  const desktop = computed({
    get: () => kept.value.desktop,
    set: (next) => void (kept.value = { ...kept.value, desktop: next }),
  });
  const stillness = computed({
    get: () => kept.value.stillness,
    set: (next) => void (kept.value = { ...kept.value, stillness: next }),
  });
  /** What was chosen, else the first of the browser's languages that there is. */
  const locale = computed({
    get: () => kept.value.locale ?? preferred(languages.value),
    set: (next: Locale) => void (kept.value = { ...kept.value, locale: next }),
  });

  /** Back to the language of the browser. */
  function followBrowser(): void {
    kept.value = { ...kept.value, locale: null };
  }
  const isLocaleChosen = computed(() => kept.value.locale !== null);

  return { theme, enterSends, desktop, stillness, locale, isLocaleChosen, followBrowser };
});

function preferred(languages: readonly string[]): Locale {
  for (const language of languages) {
    const locale = LOCALES.find((candidate) => language.toLowerCase().startsWith(candidate));
    if (locale) return locale;
  }
  return "en";
}
