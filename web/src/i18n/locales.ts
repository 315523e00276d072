export const LOCALES = ["en", "de"] as const;
export type Locale = (typeof LOCALES)[number];

/** How each names itself. @public */
export const LOCALE_NAMES: Readonly<Record<Locale, string>> = { en: "English", de: "Deutsch" };
