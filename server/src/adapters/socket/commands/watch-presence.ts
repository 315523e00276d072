import type { UserId } from "../../../domain/ids.ts";
import type { Session } from "../../../realtime/audience.ts";
import type { PresenceService } from "../../../services/presence.ts";
import { ok, type CommandHandler } from "../command-handler.ts";

export function createWatchPresence({
  watch,
}: Pick<PresenceService<Session>, "watch">): CommandHandler<"watch_presence"> {
  return {
    key: () => "presence",
    async run({ caller, session }, data) {
      return ok("watch_presence", { items: await watch(caller, session, data.user_ids as UserId[]) });
    },
  };
}
