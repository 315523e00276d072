import type { ConversationId } from "../../../domain/ids.ts";
import type { Hub } from "../../../realtime/hub.ts";
import type { Marks } from "../../../services/marks.ts";
import { byConversation, ok, type CommandHandler } from "../command-handler.ts";

export interface OpenDeps {
  readonly hub: Pick<Hub, "open">;
  readonly marks: Pick<Marks, "smallMarks">;
}

export function createOpen({ hub, marks }: OpenDeps): CommandHandler<"open"> {
  return {
    key: byConversation,
    async run({ caller, session }, data) {
      const id = data.conversation_id as ConversationId;
      const { conversation } = await hub.open(session, id);
      const shown = (await marks.smallMarks(caller, [id])).get(id);
      return ok("open", { head: conversation.head, ...(shown ? { marks: shown } : {}) });
    },
  };
}
