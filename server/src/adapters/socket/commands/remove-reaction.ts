import type { ConversationId, MessageId } from "../../../domain/ids.ts";
import type { Reactions } from "../../../services/reactions.ts";
import { byConversation, ok, type CommandHandler } from "../command-handler.ts";

export function createRemoveReaction({ remove }: Pick<Reactions, "remove">): CommandHandler<"remove_reaction"> {
  return {
    key: byConversation,
    async run({ caller }, data) {
      await remove(caller, data.message_id as MessageId, data.reaction, data.conversation_id as ConversationId);
      return ok("remove_reaction", {});
    },
  };
}
