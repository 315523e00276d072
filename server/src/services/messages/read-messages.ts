import {
  ParleyError,
  type Message,
  type MessageEdit,
  type MessageListQuery,
  type MessagePage,
  type Page,
} from "@parley/protocol";
import * as z from "zod";
import type { Caller } from "../../domain/caller.ts";
import type { ConversationId, MessageId } from "../../domain/ids.ts";
import type { Reader } from "../../store/database.ts";
import { listMessageEdits, type MessageEditRow } from "../../store/messages-edit.ts";
import { accessTo } from "../access.ts";
import { cutPage, decodeCursor } from "../page-cursor.ts";
import { isModerator, messageIn } from "./message-access.ts";
import { pageOfMessages } from "./message-pages.ts";
import type { MessagePresenter } from "./present-messages.ts";

export interface ReadMessagesDeps {
  readonly db: Reader;
  readonly presenter: Pick<MessagePresenter, "present" | "presentOne">;
}

const editNumber = z.tuple([z.int32().min(1)]).transform(([number]) => number);

export type ReadMessages = ReturnType<typeof createReadMessages>;

export function createReadMessages({ db, presenter }: ReadMessagesDeps) {
  return {
    /**
     * A page of the conversation's timeline, newest first: the last messages, or those nearest to an anchor. Only what history shows
     * the caller. With `threads=roots`, without replies; such a page may be short although there is more.
     *
     * Throws `not_found`, also for an anchor message that the caller does not see, and `validation_failed` for a foreign cursor.
     */
    async list(caller: Caller, conversationId: ConversationId, query: MessageListQuery): Promise<MessagePage> {
      const access = await accessTo(db, caller, conversationId);
      const kind = query.threads === "roots" ? "roots" : "timeline";
      const { rows, ...cursors } = await pageOfMessages(db, access, { kind, conversationId }, query);
      return { items: await presenter.present(rows, caller.userId), ...cursors };
    },

    /** Throws `not_found`, also for what history hides. */
    async get(caller: Caller, conversationId: ConversationId, messageId: MessageId): Promise<Message> {
      const access = await accessTo(db, caller, conversationId);
      return await presenter.presentOne(await messageIn(db, access, messageId), caller.userId);
    },

    /** What the message was before its edits, newest first. Throws `not_found`, and `permission_denied` where it is deleted and the caller no moderator. */
    async listEdits(
      caller: Caller,
      conversationId: ConversationId,
      messageId: MessageId,
      query: { readonly limit: number; readonly cursor?: string },
    ): Promise<Page<MessageEdit>> {
      const access = await accessTo(db, caller, conversationId);
      const message = await messageIn(db, access, messageId);
      if (message.deletedAt && !isModerator(access)) {
        throw new ParleyError("permission_denied", {
          detail: "The history of a deleted message takes the permission delete_messages.",
        });
      }
      const below = decodeCursor(query.cursor, editNumber) ?? message.editCount + 1;
      const rows = await listMessageEdits(db, messageId, below, query.limit + 1);
      const page = cutPage(rows, query.limit, (row) => [row.number]);
      return { items: page.rows.map(presentEdit), next_cursor: page.nextCursor };
    },
  };
}

function presentEdit(row: MessageEditRow): MessageEdit {
  return {
    message_id: row.messageId,
    content: row.content,
    metadata: row.metadata,
    edited_by: row.editedBy,
    edited_at: row.editedAt.toISOString(),
  };
}
