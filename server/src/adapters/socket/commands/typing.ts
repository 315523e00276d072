import type { ConversationId } from "../../../domain/ids.ts";
import type { Typing } from "../../../services/typing.ts";
import { byConversation, ok, type CommandHandler } from "../command-handler.ts";

export function createTypingCommand({ setTyping }: Typing): CommandHandler<"typing"> {
  return {
    key: byConversation,
    async run({ caller }, data) {
      await setTyping(caller, data.conversation_id as ConversationId, data.is_typing);
      return ok("typing", {});
    },
  };
}
