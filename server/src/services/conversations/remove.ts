import { ParleyError, type Conversation } from "@parley/protocol";
import { isHost } from "../../domain/access.ts";
import type { Caller } from "../../domain/caller.ts";
import { isDeletable } from "../../domain/conversations.ts";
import type { ConversationId } from "../../domain/ids.ts";
import { recordAudit } from "../../store/audit.ts";
import type { Committer } from "../../store/committer/committer.ts";
import type { ChangeWriter } from "../../store/committer/operations.ts";
import { findStanding, type ConversationRow, type Standing } from "../../store/conversations.ts";
import { hideForOne } from "../../store/conversations-own.ts";
import { setDeleted } from "../../store/conversations-update.ts";
import type { Reader, Transactor } from "../../store/database.ts";
import { isDuplicateKey } from "../../store/postgres/errors.ts";
import { holdSpace } from "../../store/spaces.ts";
import { accessOf, conversationNotFound, requireMembership } from "../access.ts";
import type { ConversationPresenter } from "./present-conversations.ts";

export interface RemoveDeps {
  readonly db: Reader & Transactor;
  readonly committer: Pick<Committer, "change">;
  readonly presenter: ConversationPresenter;
}

/**
 * Deletes a conversation for all, softly: by its owners, and by staff wherever it is. A direct one is only hidden for the caller,
 * until its next message. Throws `not_found`, `not_a_member` and `permission_denied`.
 */
export async function remove(deps: RemoveDeps, caller: Caller, id: ConversationId): Promise<void> {
  const standing = await findStanding(deps.db, id, caller.userId);
  if (standing?.conversation.kind === "direct" && standing.member && !standing.conversation.deletedAt) {
    await deps.db.transaction((tx) => hideForOne(tx, id, caller.userId));
    return;
  }
  await deleteForAll(deps.committer, caller, id, requireMayDelete);
}

/** The deletion itself; `decide` looks at what the caller is to the conversation under its lock. */
export async function deleteForAll(
  committer: Pick<Committer, "change">,
  caller: Caller,
  id: ConversationId,
  decide: (caller: Caller, standing: Standing | undefined) => void = () => undefined,
): Promise<void> {
  await committer.change(id, async (change) => {
    const standing = await findStanding(change, id, caller.userId);
    decide(caller, standing);
    if (!standing || standing.conversation.deletedAt) return;
    const version = change.record("conversation.deleted", id, caller.userId);
    await setDeleted(change, { id, version, at: change.now }, caller.userId);
    await recordAudit(change, { actorId: caller.userId, action: "conversation.deleted", conversationId: id });
  });
}

function requireMayDelete(caller: Caller, standing: Standing | undefined): void {
  if (!standing || standing.conversation.deletedAt) throw conversationNotFound();
  const { conversation, member, inSpace } = standing;
  if (isHost(caller)) return;
  // Staff moderate what they do not read; what two people or the system say to each other is not theirs.
  if (caller.isStaff && isDeletable(conversation.kind)) return;
  const access = accessOf(caller, conversation, member, inSpace);
  if (!access) throw conversationNotFound();
  requireMembership(access);
  if (member?.role !== "owner" || !isDeletable(conversation.kind)) {
    throw new ParleyError("permission_denied", { detail: "Only its owners and staff delete a conversation." });
  }
}

/**
 * Brings back what was deleted, as it was; nothing to do where it is not deleted. By staff; direct and system conversations only by
 * the host's backend. Throws `permission_denied`, `not_found` and `conflict` (its slug is taken, its space is gone, or the customer
 * has another one by now).
 */
export async function restore(deps: RemoveDeps, caller: Caller, id: ConversationId): Promise<Conversation> {
  if (!caller.isStaff && !isHost(caller))
    throw new ParleyError("permission_denied", { detail: "Only staff restore conversations." });
  const row = await deps.committer.change(id, async (change) => {
    const standing = await findStanding(change, id, caller.userId);
    if (!standing || !(isHost(caller) || isDeletable(standing.conversation.kind))) throw conversationNotFound();
    const { conversation } = standing;
    if (!conversation.deletedAt) return conversation;
    await requireSpaceThere(change, conversation);
    const version = change.record("conversation.restored", id, caller.userId);
    await setDeleted(change, { id, version, at: change.now }, null).catch(placeTaken);
    await recordAudit(change, { actorId: caller.userId, action: "conversation.restored", conversationId: id });
    return { ...conversation, deletedAt: null, version, head: version, updatedAt: change.now };
  });
  const [conversation] = await deps.presenter.present([row], caller);
  if (!conversation) throw conversationNotFound();
  return conversation;
}

async function requireSpaceThere(change: ChangeWriter, { spaceId }: ConversationRow): Promise<void> {
  if (spaceId === null || (await holdSpace(change, spaceId))) return;
  throw new ParleyError("conflict", { detail: "The space of this channel was deleted." });
}

function placeTaken(error: unknown): never {
  if (!isDuplicateKey(error)) throw error;
  throw new ParleyError("conflict", {
    detail: "There is another one by now: a channel with its slug, or a conversation with the same people.",
    cause: error,
  });
}
