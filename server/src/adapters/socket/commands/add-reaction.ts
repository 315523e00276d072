import type { ConversationId, MessageId } from "../../../domain/ids.ts";
import type { Reactions } from "../../../services/reactions.ts";
import { byConversation, ok, type CommandHandler } from "../command-handler.ts";

export function createAddReaction({ add }: Pick<Reactions, "add">): CommandHandler<"add_reaction"> {
  return {
    key: byConversation,
    async run({ caller }, data) {
      const { change } = await add(
        caller,
        data.message_id as MessageId,
        data.reaction,
        data.conversation_id as ConversationId,
      );
      return ok("add_reaction", change);
    },
  };
}
