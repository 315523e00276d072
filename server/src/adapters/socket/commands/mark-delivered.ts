import type { ConversationId } from "../../../domain/ids.ts";
import type { Marks } from "../../../services/marks.ts";
import { byConversation, ok, type CommandHandler } from "../command-handler.ts";

export function createMarkDelivered(markDelivered: Marks["markDelivered"]): CommandHandler<"mark_delivered"> {
  return {
    key: byConversation,
    async run({ caller }, { conversation_id: id, ...target }) {
      return ok("mark_delivered", await markDelivered(caller, id as ConversationId, target));
    },
  };
}
