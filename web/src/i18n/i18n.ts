import { watch } from "vue";
import { createI18n } from "vue-i18n";
import { messages as en } from "../locales/en/index.ts";
import { usePreferencesStore } from "../stores/preferences.ts";
import type { Locale } from "./locales.ts";

type Messages = typeof en;

/** English comes with the app, since it also stands in for what another language lacks; others when they are wanted. */
const LOADERS: Readonly<Record<Exclude<Locale, "en">, () => Promise<Messages>>> = {
  de: async () => (await import("../locales/de/index.ts")).messages,
};

export const i18n = createI18n<[Messages], Locale, false>({
  legacy: false,
  locale: "en",
  fallbackLocale: "en",
  messages: { en } as Record<Locale, Messages>,
});

/** Shows the app in a language, loading it first. */
async function setLocale(locale: Locale): Promise<void> {
  if (locale !== "en" && !i18n.global.availableLocales.includes(locale))
    i18n.global.setLocaleMessage(locale, await LOADERS[locale]());
  i18n.global.locale.value = locale;
  document.documentElement.lang = locale;
}

/** Follows what was chosen. Resolves once the first language is there. */
export function followLocale(): Promise<void> {
  const preferences = usePreferencesStore();
  watch(() => preferences.locale, setLocale);
  return setLocale(preferences.locale);
}
