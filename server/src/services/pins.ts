import type { Message, Page } from "@parley/protocol";
import type { Caller } from "../domain/caller.ts";
import type { ConversationId, MessageId } from "../domain/ids.ts";
import { isAmongPeers } from "../domain/messages.ts";
import { recordAudit } from "../store/audit.ts";
import type { Committer } from "../store/committer/committer.ts";
import type { ChangeWriter } from "../store/committer/operations.ts";
import type { Reader } from "../store/database.ts";
import type { MessageRow } from "../store/messages.ts";
import { listPins, setPin } from "../store/pins.ts";
import { accessTo, requireMembership, requirePermission } from "./access.ts";
import { changeMessage, messageDeleted, type MessageAccess } from "./messages/message-access.ts";
import type { MessagePresenter } from "./messages/present-messages.ts";
import { cutPage, decodeCursor, timeAndSeq } from "./page-cursor.ts";

export interface PinsDeps {
  readonly db: Reader;
  readonly committer: Pick<Committer, "change">;
  readonly presenter: Pick<MessagePresenter, "present" | "presentOne">;
}

export type Pins = ReturnType<typeof createPins>;

export function createPins(deps: PinsDeps) {
  const { db, presenter } = deps;
  return {
    /**
     * Pins a message; takes `moderate_content`, except in direct and group conversations. Pinning again changes nothing.
     * Throws `not_found`, `not_a_member`, `permission_denied` and `message_deleted`.
     */
    async pin(caller: Caller, conversationId: ConversationId, messageId: MessageId): Promise<Message> {
      const row = await changeMessage(deps, caller, { conversationId, messageId }, pinUnderLock);
      return await presenter.presentOne(row, caller.userId);
    },

    /** Takes the pin away; from a message without one, nothing. Throws `not_found`, `not_a_member` and `permission_denied`. */
    async unpin(caller: Caller, conversationId: ConversationId, messageId: MessageId): Promise<void> {
      await changeMessage(deps, caller, { conversationId, messageId }, unpinUnderLock);
    },

    /** The pinned messages that the caller sees, last pinned first. Throws `not_found`. */
    async list(
      caller: Caller,
      conversationId: ConversationId,
      query: { readonly limit: number; readonly cursor?: string },
    ): Promise<Page<Message>> {
      const access = await accessTo(db, caller, conversationId);
      const beyond = decodeCursor(query.cursor, timeAndSeq);
      const rows = await listPins(db, {
        conversationId,
        visibleAfter: access.visibleAfter,
        beyond,
        limit: query.limit + 1,
      });
      const page = cutPage(rows, query.limit, (row) => [row.pinnedAt?.getTime() ?? 0, row.seq]);
      return { items: await presenter.present(page.rows, caller.userId), next_cursor: page.nextCursor };
    },
  };
}

async function pinUnderLock(change: ChangeWriter, found: MessageAccess): Promise<MessageRow> {
  const { access, message } = found;
  requirePinning(found);
  if (message.deletedAt) throw messageDeleted();
  if (message.pinnedAt) return message;
  const { userId } = access.caller;
  const version = change.record("pin.added", message.id, userId);
  const row = await setPin(change, message.id, { by: userId, at: change.now }, version);
  change.describe(version, { message: row });
  await auditPin(change, found, "pin.added");
  return row;
}

async function unpinUnderLock(change: ChangeWriter, found: MessageAccess): Promise<void> {
  const { access, message } = found;
  requirePinning(found);
  if (!message.pinnedAt) return;
  const version = change.record("pin.removed", message.id, access.caller.userId);
  change.describe(version, { message: await setPin(change, message.id, null, version) });
  await auditPin(change, found, "pin.removed");
}

function requirePinning({ access }: MessageAccess): void {
  if (isAmongPeers(access.conversation.kind)) requireMembership(access);
  else requirePermission(access, "moderate_content");
}

/** Among peers pinning is no moderation, and neither is pinning what one wrote oneself. */
async function auditPin(change: ChangeWriter, { access, message }: MessageAccess, action: string): Promise<void> {
  const { caller, conversation } = access;
  if (isAmongPeers(conversation.kind) || message.senderId === caller.userId) return;
  await recordAudit(change, {
    actorId: caller.userId,
    action,
    conversationId: conversation.id,
    subjectId: message.id,
    data: { sender_id: message.senderId },
  });
}
