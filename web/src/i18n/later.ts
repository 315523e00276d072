import { later } from "../locales/en/later.ts";
import { i18n } from "./i18n.ts";

// Imported by the pages that say it, so that the first load is without it. Other languages come whole.
i18n.global.mergeLocaleMessage("en", later);
