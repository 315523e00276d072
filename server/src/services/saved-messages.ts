import type { Page, SavedMessage } from "@parley/protocol";
import type { Caller } from "../domain/caller.ts";
import type { ConversationId, MessageId } from "../domain/ids.ts";
import type { Reader, Transactor } from "../store/database.ts";
import { findMessages, type MessageRow } from "../store/messages.ts";
import { deleteSavedMessage, insertSavedMessage, listSavedMessages } from "../store/saved-messages.ts";
import { findStanding } from "../store/conversations.ts";
import { accessOf } from "./access.ts";
import { locateMessage, messageDeleted } from "./messages/message-access.ts";
import type { MessagePresenter } from "./messages/present-messages.ts";
import { cutPage, decodePlace } from "./page-place.ts";
import { requirePerson } from "./people.ts";

export interface SavedMessagesDeps {
  readonly db: Reader & Transactor;
  readonly presenter: Pick<MessagePresenter, "present" | "presentOne">;
}

export type SavedMessages = ReturnType<typeof createSavedMessages>;

/** Messages that somebody keeps for themselves. */
export function createSavedMessages({ db, presenter }: SavedMessagesDeps) {
  return {
    /** Saving again keeps the time of the first. Throws `not_found`, `message_deleted`, `permission_denied` (the host's backend). */
    async save(caller: Caller, messageId: MessageId): Promise<SavedMessage> {
      requirePerson(caller);
      const { message } = await locateMessage(db, caller, messageId);
      if (message.deletedAt) throw messageDeleted();
      const { savedAt } = await db.transaction((tx) =>
        insertSavedMessage(tx, { userId: caller.userId, messageId, conversationId: message.conversationId }),
      );
      return { message: await presenter.presentOne(message, caller.userId), saved_at: savedAt.toISOString() };
    },

    /** Whatever became of the message, or of the caller's sight of it. */
    async unsave(caller: Caller, messageId: MessageId): Promise<void> {
      await db.transaction((tx) => deleteSavedMessage(tx, caller.userId, messageId));
    },

    /** Last saved first. What the caller cannot read any more is left out, so a page may be short although there is more. */
    async list(
      caller: Caller,
      query: { readonly limit: number; readonly cursor?: string },
    ): Promise<Page<SavedMessage>> {
      const rows = await listSavedMessages(db, caller.userId, decodePlace(query.cursor), query.limit + 1);
      const page = cutPage(rows, query.limit, (row) => ({ at: row.savedAt, id: row.messageId }));
      const readable = await readableMessages(
        caller,
        page.rows.map((row) => row.messageId),
      );
      const messages = await presenter.present(readable, caller.userId);
      const byId = new Map(messages.map((message) => [message.id, message]));
      const items = page.rows.flatMap((row) => {
        const message = byId.get(row.messageId);
        return message ? [{ message, saved_at: row.savedAt.toISOString() }] : [];
      });
      return { items, next_cursor: page.nextCursor };
    },
  };

  async function readableMessages(caller: Caller, ids: readonly MessageId[]): Promise<MessageRow[]> {
    const messages = await findMessages(db, ids);
    const visibleAfter = new Map<ConversationId, number>();
    await Promise.all(
      [...new Set(messages.map((message) => message.conversationId))].map(async (id) => {
        const standing = await findStanding(db, id, caller.userId);
        const access = standing && accessOf(caller, standing.conversation, standing.member, standing.inSpace);
        if (access) visibleAfter.set(id, access.visibleAfter);
      }),
    );
    return messages.filter(
      ({ conversationId, seq }) => seq > (visibleAfter.get(conversationId) ?? Number.POSITIVE_INFINITY),
    );
  }
}
