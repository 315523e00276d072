import { ParleyError } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import { peerOf } from "../../domain/conversations.ts";
import { mayContactAnyone } from "../../domain/caller.ts";
import type { ConversationId, MessageId } from "../../domain/ids.ts";
import type { Committer } from "../../store/committer/committer.ts";
import type { ChangeWriter } from "../../store/committer/operations.ts";
import { findContactFacts } from "../../store/contact.ts";
import type { Reader } from "../../store/database.ts";
import { findMessage, type MessageRow } from "../../store/messages.ts";
import { accessTo, may, messageNotFound, type Access } from "../access.ts";

export interface MessageAccess {
  readonly access: Access;
  readonly message: MessageRow;
}

/** A message of the conversation that the caller sees. Throws `not_found` for one that is elsewhere or hidden by history as well. */
export async function messageIn(db: Reader, access: Access, messageId: MessageId): Promise<MessageRow> {
  const message = await findMessage(db, messageId);
  if (message?.conversationId !== access.conversation.id || message.seq <= access.visibleAfter) throw messageNotFound();
  return message;
}

/**
 * The message with what the caller may do where it is, by its id alone. Throws `not_found`: one that is not there, one in a
 * conversation that the caller does not see, and one hidden by history are not told apart.
 */
export async function locateMessage(db: Reader, caller: Caller, messageId: MessageId): Promise<MessageAccess> {
  const message = await findMessage(db, messageId);
  if (!message) throw messageNotFound();
  const access = await accessAround(db, caller, message.conversationId);
  if (message.seq <= access.visibleAfter) throw messageNotFound();
  return { access, message };
}

/** `accessTo`, for those who named a message: whether its conversation is there is not told either. */
async function accessAround(db: Reader, caller: Caller, conversationId: ConversationId): Promise<Access> {
  return await accessTo(db, caller, conversationId).catch(asMessageNotFound);
}

function asMessageNotFound(error: unknown): never {
  throw error instanceof ParleyError && error.code === "not_found" ? messageNotFound() : error;
}

/** Decides and writes under the lock of the head; whatever it has to tell is committed when it returns. */
export type MessageWork<T> = (change: ChangeWriter, found: MessageAccess) => Promise<T>;

/** One change of a message, found and judged under the lock of its conversation's head. Throws `not_found` as `locateMessage` does. */
export async function changeMessage<T>(
  deps: { readonly db: Reader; readonly committer: Pick<Committer, "change"> },
  caller: Caller,
  place: { readonly conversationId?: ConversationId; readonly messageId: MessageId },
  work: MessageWork<T>,
): Promise<T> {
  const conversationId =
    place.conversationId ?? (await locateMessage(deps.db, caller, place.messageId)).message.conversationId;
  const changing = deps.committer.change(conversationId, async (change) => {
    const access = await accessTo(change, caller, conversationId);
    return await work(change, { access, message: await messageIn(change, access, place.messageId) });
  });
  return await changing.catch(asMessageNotFound);
}

/** Who may delete what others wrote may also bring it back, and see what a deleted message once was. */
export function isModerator(access: Access): boolean {
  return may(access, "delete_messages");
}

/**
 * In a direct conversation, what reaches the other one (an edit, a reaction) is bound by blocks and consents as a message is.
 * Throws `contact_refused`.
 */
export async function requireOpenContact(db: Reader, { caller, conversation }: Access): Promise<void> {
  if (conversation.kind !== "direct" || conversation.directKey === null || mayContactAnyone(caller)) return;
  const peer = peerOf(conversation.directKey, caller.userId);
  if (!peer) return;
  const facts = (await findContactFacts(db, caller.userId, [peer])).get(peer);
  if (facts && !facts.blocked && facts.acceptsMessages && facts.callerMessages) return;
  throw new ParleyError("contact_refused", { detail: "This person cannot be written to." });
}

export function messageDeleted(): ParleyError {
  return new ParleyError("message_deleted", { detail: "The message was deleted." });
}
