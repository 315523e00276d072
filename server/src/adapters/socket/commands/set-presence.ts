import type { Session } from "../../../realtime/audience.ts";
import type { PresenceService } from "../../../services/presence.ts";
import { ok, type CommandHandler } from "../command-handler.ts";

export function createSetPresence({ set }: Pick<PresenceService<Session>, "set">): CommandHandler<"set_presence"> {
  return {
    key: () => "presence",
    run({ caller }, data) {
      set(caller, data.status);
      return Promise.resolve(ok("set_presence", {}));
    },
  };
}
