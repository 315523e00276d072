import { notFound, type Draft, type PutDraft } from "@parley/protocol";
import type { Caller } from "../domain/caller.ts";
import type { ConversationId, MessageId } from "../domain/ids.ts";
import type { Reader, Transactor } from "../store/database.ts";
import { deleteDraft, findDraft, upsertDraft, type DraftRow } from "../store/drafts.ts";
import { accessTo, requireMembership } from "./access.ts";
import { messageIn } from "./messages/message-access.ts";
import { requirePerson } from "./people.ts";

export interface DraftsDeps {
  readonly db: Reader & Transactor;
}

export type Drafts = ReturnType<typeof createDrafts>;

/** What somebody has begun to write in a conversation: one for each user and conversation, seen by nobody else. */
export function createDrafts({ db }: DraftsDeps) {
  return {
    /** Keeps it in the place of an earlier one. Throws `not_found` (also the message replied to), `not_a_member`, `permission_denied` (the host). */
    async put(caller: Caller, conversationId: ConversationId, draft: PutDraft): Promise<Draft> {
      requirePerson(caller);
      const access = await accessTo(db, caller, conversationId);
      requireMembership(access);
      const parentId = (draft.parent_id ?? null) as MessageId | null;
      if (parentId) await messageIn(db, access, parentId);
      return present(
        await db.transaction((tx) =>
          upsertDraft(tx, { userId: caller.userId, conversationId, content: draft.content, parentId }),
        ),
      );
    },

    /** Throws `not_found` where there is none. */
    async get(caller: Caller, conversationId: ConversationId): Promise<Draft> {
      await accessTo(db, caller, conversationId);
      const row = await findDraft(db, caller.userId, conversationId);
      if (!row) throw notFound("draft");
      return present(row);
    },

    /** Throws `not_found` for the conversation; where there is no draft, nothing happens. */
    async discard(caller: Caller, conversationId: ConversationId): Promise<void> {
      await accessTo(db, caller, conversationId);
      await db.transaction((tx) => deleteDraft(tx, caller.userId, conversationId));
    },
  };
}

function present(row: DraftRow): Draft {
  return {
    conversation_id: row.conversationId,
    content: row.content,
    parent_id: row.parentId,
    updated_at: row.updatedAt.toISOString(),
  };
}
