import type { ConversationId } from "../../../domain/ids.ts";
import type { Hub } from "../../../realtime/hub.ts";
import { byConversation, ok, type CommandHandler } from "../command-handler.ts";

export function createClose(hub: Pick<Hub, "close">): CommandHandler<"close"> {
  return {
    key: byConversation,
    run({ session }, data) {
      hub.close(session, data.conversation_id as ConversationId);
      return Promise.resolve(ok("close", {}));
    },
  };
}
