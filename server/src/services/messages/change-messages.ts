import { ParleyError, type EditMessage, type Message } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import { isHost } from "../../domain/access.ts";
import type { ConversationId, MessageId, UserId } from "../../domain/ids.ts";
import { isAmongPeers, isSameJson, judgeEdit, judgeRestore, mayDelete } from "../../domain/messages.ts";
import { recordAudit } from "../../store/audit.ts";
import type { CommittedChange } from "../../store/changes.ts";
import type { Committer } from "../../store/committer/committer.ts";
import type { ChangeWriter } from "../../store/committer/operations.ts";
import type { Reader } from "../../store/database.ts";
import { countReply, deleteMessage, isContentKept, restoreMessage } from "../../store/messages-delete.ts";
import { editMessage } from "../../store/messages-edit.ts";
import type { MessageRow } from "../../store/messages.ts";
import { may, requireMembership, requirePermission } from "../access.ts";
import { checkEditedMetadata, checkLength, resolveMentions, type ResolvedMentions } from "./content.ts";
import {
  changeMessage,
  isModerator,
  messageDeleted,
  requireOpenContact,
  type MessageAccess,
} from "./message-access.ts";
import type { MessagePresenter } from "./present-messages.ts";

export interface ChangeMessagesDeps {
  readonly db: Reader;
  readonly committer: Pick<Committer, "change">;
  readonly presenter: Pick<MessagePresenter, "presentOne">;
  /** Ids of the users who have these usernames; unknown names are left out. */
  readonly userIdsByUsername: (usernames: readonly string[]) => Promise<UserId[]>;
  readonly settings: MessageSettings;
}

export interface MessageSettings {
  /** Characters of a content; at most the protocol's 10,000. */
  readonly maxContent: number;
  /** How long after sending a message may be edited, in milliseconds; 0 for ever. */
  readonly editWindowMs: number;
  /** How long after its deletion a message may be restored, in milliseconds. */
  readonly restoreWindowMs: number;
}

export type ChangeMessages = ReturnType<typeof createChangeMessages>;

export function createChangeMessages(deps: ChangeMessagesDeps) {
  const { presenter, settings } = deps;

  return {
    /**
     * Replaces the content, and the metadata where it is given. What was there stays in the message's history; mentions are those of
     * the new content. Editing to what is there already takes no version.
     *
     * Throws `not_found`, `not_a_member`, `permission_denied` (not the author, or without `send_messages`), `contact_refused`,
     * `message_deleted`, `edit_window_over` and `validation_failed`.
     */
    async edit(
      caller: Caller,
      conversationId: ConversationId,
      messageId: MessageId,
      edit: EditMessage,
    ): Promise<Message> {
      checkLength(edit.content, settings.maxContent);
      const mentioned = await resolveMentions(deps.userIdsByUsername, edit.content);
      const row = await changeMessage(deps, caller, { conversationId, messageId }, (change, found) =>
        editUnderLock(change, found, edit, mentioned, settings.editWindowMs),
      );
      return await presenter.presentOne(row, caller.userId);
    },

    /**
     * Deletes a message: its content, attachments, mentions, reactions and pin are gone, its place and its replies stay. One's own, or
     * with `delete_messages` anyone's. Deleting again does nothing. Throws `not_found`, `not_a_member` and `permission_denied`.
     */
    async remove(caller: Caller, conversationId: ConversationId, messageId: MessageId): Promise<void> {
      await changeMessage(deps, caller, { conversationId, messageId }, deleteUnderLock);
    },

    /**
     * Brings a deleted message back, without its reactions and pin. By its author, unless somebody else deleted it, or a moderator, within the
     * time that deleted messages are kept. One that is not deleted is answered as it is.
     *
     * Throws `not_found`, `not_a_member`, `permission_denied`, and `conflict` where it is too late.
     */
    async restore(caller: Caller, conversationId: ConversationId, messageId: MessageId): Promise<Message> {
      const row = await changeMessage(deps, caller, { conversationId, messageId }, (change, found) =>
        restoreUnderLock(change, found, settings.restoreWindowMs),
      );
      return await presenter.presentOne(row, caller.userId);
    },
  };

  async function editUnderLock(
    change: ChangeWriter,
    { access, message }: MessageAccess,
    edit: EditMessage,
    mentioned: ResolvedMentions,
    editWindowMs: number,
  ): Promise<MessageRow> {
    const { caller, conversation } = access;
    requireMembership(access);
    requireEditable(message, caller.userId, change.now, editWindowMs);
    // Whom a notice is for may not write there; the service that wrote it may.
    if (conversation.kind !== "system") requirePermission(access, "send_messages");
    await requireOpenContact(change, access);
    const metadata = edit.metadata === undefined ? message.metadata : edit.metadata;
    if (edit.content === message.content && isSameJson(metadata, message.metadata)) return message;
    checkEditedMetadata(message, edit.metadata);
    const mayMentionAll = isAmongPeers(conversation.kind) || may(access, "moderate_content") || isHost(caller);
    const version = change.record("message.updated", message.id, caller.userId);
    const row = await editMessage(change, {
      messageId: message.id,
      content: edit.content,
      metadata,
      mentions: mentioned.mentions,
      massMention: mayMentionAll ? mentioned.massMention : null,
      editorId: caller.userId,
      at: change.now,
      version,
    });
    change.describe(version, { message: row });
    return row;
  }
}

function requireEditable(message: MessageRow, userId: UserId, now: Date, editWindowMs: number): void {
  switch (judgeEdit(message, userId, now, editWindowMs)) {
    case "not_the_author":
      throw new ParleyError("permission_denied", { detail: "Only its author can edit a message." });
    case "deleted":
      throw messageDeleted();
    case "window_over":
      throw new ParleyError("edit_window_over", {
        detail: `A message can be edited for ${spell(editWindowMs)} after it was sent.`,
      });
    case "allowed":
  }
}

function spell(milliseconds: number): string {
  const minutes = milliseconds / 60_000;
  return minutes >= 1 ? `${Math.round(minutes)} minutes` : `${Math.round(milliseconds / 1_000)} seconds`;
}

async function deleteUnderLock(change: ChangeWriter, { access, message }: MessageAccess): Promise<void> {
  const { caller } = access;
  requireMembership(access);
  if (!mayDelete(message, caller.userId, isModerator(access))) {
    throw new ParleyError("permission_denied", {
      detail: "Deleting what others wrote takes the permission delete_messages.",
    });
  }
  if (message.deletedAt) return;
  const version = change.record("message.deleted", message.id, caller.userId);
  const row = await deleteMessage(change, { messageId: message.id, deletedBy: caller.userId, at: change.now, version });
  change.describe(version, { message: row, ...(await recountThread(change, row, -1, version)) });
  if (message.senderId !== caller.userId) await auditMessage(change, caller, "message.deleted", message);
}

async function restoreUnderLock(
  change: ChangeWriter,
  { access, message }: MessageAccess,
  keptMs: number,
): Promise<MessageRow> {
  const { caller } = access;
  requireMembership(access);
  const verdict = judgeRestore(message, caller.userId, isModerator(access), change.now, keptMs);
  if (verdict === "not_deleted") return message;
  if (verdict === "not_allowed") {
    throw new ParleyError("permission_denied", {
      detail:
        "Its author can restore a message that they deleted themselves; all others take the permission delete_messages.",
    });
  }
  if (verdict === "too_late" || !(await isContentKept(change, message.id))) {
    throw new ParleyError("conflict", {
      detail: "The message was deleted too long ago: what was in it is not kept any more.",
    });
  }
  const version = change.record("message.restored", message.id, caller.userId);
  const row = await restoreMessage(change, message.id, version);
  change.describe(version, { message: row, ...(await recountThread(change, row, 1, version)) });
  if (message.senderId !== caller.userId) await auditMessage(change, caller, "message.restored", message);
  return row;
}

/** A reply that comes or goes is counted on its thread's root, in the same change. */
async function recountThread(
  change: ChangeWriter,
  { threadRootId }: MessageRow,
  difference: 1 | -1,
  version: number,
): Promise<Pick<CommittedChange, "thread">> {
  if (!threadRootId) return {};
  const root = await countReply(change, threadRootId, difference, version);
  return { thread: { rootId: root.id, replyCount: root.replyCount, lastReplyAt: root.lastReplyAt } };
}

/** What moderators do to the messages of others is noted; what these held is not. */
async function auditMessage(change: ChangeWriter, caller: Caller, action: string, message: MessageRow): Promise<void> {
  await recordAudit(change, {
    actorId: caller.userId,
    action,
    conversationId: change.conversationId,
    subjectId: message.id,
    data: { sender_id: message.senderId },
  });
}
