import type { ConversationId, MessageId } from "../../../domain/ids.ts";
import type { ChangeMessages } from "../../../services/messages/change-messages.ts";
import { byConversation, ok, type CommandHandler } from "../command-handler.ts";

export function createDeleteMessage({ remove }: Pick<ChangeMessages, "remove">): CommandHandler<"delete_message"> {
  return {
    key: byConversation,
    async run({ caller }, data) {
      await remove(caller, data.conversation_id as ConversationId, data.message_id as MessageId);
      return ok("delete_message", {});
    },
  };
}
