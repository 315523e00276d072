import type { ConversationId } from "../../../domain/ids.ts";
import type { Marks } from "../../../services/marks.ts";
import { byConversation, ok, type CommandHandler } from "../command-handler.ts";

export function createMarkRead(markRead: Marks["markRead"]): CommandHandler<"mark_read"> {
  return {
    key: byConversation,
    async run({ caller }, { conversation_id: id, ...target }) {
      return ok("mark_read", await markRead(caller, id as ConversationId, target));
    },
  };
}
