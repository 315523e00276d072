import { invalid, ParleyError, type SendMessage, type ThreadPage, type ThreadQuery } from "@parley/protocol";
import type { Caller } from "../domain/caller.ts";
import type { MessageId } from "../domain/ids.ts";
import type { Reader } from "../store/database.ts";
import { findMessage } from "../store/messages.ts";
import { messageNotFound } from "./access.ts";
import { messageIn, locateMessage } from "./messages/message-access.ts";
import { pageOfMessages } from "./messages/message-pages.ts";
import type { MessagePresenter } from "./messages/present-messages.ts";
import type { Sent, SendTo } from "./messages/send-to.ts";

export interface ThreadsDeps {
  readonly db: Reader;
  readonly presenter: Pick<MessagePresenter, "present">;
  readonly sending: Pick<SendTo, "sendInto">;
}

export type Threads = ReturnType<typeof createThreads>;

export function createThreads({ db, presenter, sending }: ThreadsDeps) {
  return {
    /**
     * The thread that a message begins or is in: its root, and a page of its replies of every depth, newest first. Throws
     * `not_found`, also where history hides the root, and `validation_failed` for a foreign cursor.
     */
    async list(caller: Caller, messageId: MessageId, query: ThreadQuery): Promise<ThreadPage> {
      const { access, message } = await locateMessage(db, caller, messageId);
      const root = message.threadRootId ? await messageIn(db, access, message.threadRootId) : message;
      const scope = { kind: "thread", conversationId: root.conversationId, rootId: root.id } as const;
      const { rows, ...cursors } = await pageOfMessages(db, access, scope, query);
      const [presentedRoot, ...items] = await presenter.present([root, ...rows], caller.userId);
      if (!presentedRoot) throw new Error(`the root ${root.id} was not presented`);
      return { root: presentedRoot, items, ...cursors };
    },

    /**
     * Replies to a message: the same as sending with it as parent, and as safe to repeat. Throws what sending throws; a message that
     * the caller does not see, in a conversation that they do not see, is `not_found` like one that is not there.
     */
    async reply(caller: Caller, messageId: MessageId, reply: SendMessage): Promise<Sent> {
      if (reply.parent_id != null && reply.parent_id !== messageId) {
        throw invalid("body.parent_id", "Must be the message of the path, or left out");
      }
      const message = await findMessage(db, messageId);
      if (!message) throw messageNotFound();
      try {
        return await sending.sendInto(caller, message.conversationId, { ...reply, parent_id: messageId });
      } catch (error) {
        throw error instanceof ParleyError && error.code === "not_found" ? messageNotFound() : error;
      }
    },
  };
}
