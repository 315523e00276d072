import admin from "./admin.json" with { type: "json" };
import chat from "./chat.json" with { type: "json" };
import common from "./common.json" with { type: "json" };
import composer from "./composer.json" with { type: "json" };
import list from "./list.json" with { type: "json" };
import notifications from "./notifications.json" with { type: "json" };
import search from "./search.json" with { type: "json" };
import settings from "./settings.json" with { type: "json" };
import support from "./support.json" with { type: "json" };
import threads from "./threads.json" with { type: "json" };

/** One file for each area; a key is `area.key`. */
export const messages = {
  admin,
  chat,
  common,
  composer,
  list,
  notifications,
  search,
  settings,
  support,
  threads,
};
