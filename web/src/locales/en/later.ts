import administration from "./administration.json" with { type: "json" };
import notices from "./notices.json" with { type: "json" };
import preferences from "./preferences.json" with { type: "json" };
import switcher from "./switcher.json" with { type: "json" };

/** What only some pages say: it comes with them (i18n/later.ts). */
export const later = { administration, notices, preferences, switcher };
