import type { ConversationId, MessageId } from "../../../domain/ids.ts";
import type { ChangeMessages } from "../../../services/messages/change-messages.ts";
import { byConversation, ok, type CommandHandler } from "../command-handler.ts";

export function createEditMessage({ edit }: Pick<ChangeMessages, "edit">): CommandHandler<"edit_message"> {
  return {
    key: byConversation,
    async run({ caller }, { conversation_id: id, message_id: messageId, ...change }) {
      return ok("edit_message", { message: await edit(caller, id as ConversationId, messageId as MessageId, change) });
    },
  };
}
