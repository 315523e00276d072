import { notFound, ParleyError } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { outranks } from "../../domain/permissions.ts";
import { recordAudit } from "../../store/audit.ts";
import type { Committer } from "../../store/committer/committer.ts";
import type { ChangeWriter } from "../../store/committer/operations.ts";
import { withdrawJoinRequest } from "../../store/join-requests.ts";
import { findMember } from "../../store/members.ts";
import { accessTo, requireMembership, requirePermission } from "../access.ts";
import { rankOf, requireAnotherOwner, requireOpenMembership, takeOut } from "./membership.ts";

export interface RemoveMemberDeps {
  readonly committer: Pick<Committer, "change">;
}

export function createRemoveMember(deps: RemoveMemberDeps) {
  const { committer } = deps;

  const leave = async (caller: Caller, conversationId: ConversationId): Promise<void> =>
    await committer.change(conversationId, (change) => leaveUnderLock(change, caller));

  return {
    /**
     * Removes a member; oneself: leaves. Takes `manage_members` and at least the member's role. Whoever left already stays gone,
     * without a version. Nothing of theirs is committed after it.
     *
     * Throws `not_found`, `not_a_member`, `permission_denied`, `transfer_required` for the last owner, and `conflict` in direct,
     * support and system conversations.
     */
    async removeMember(caller: Caller, conversationId: ConversationId, userId: UserId): Promise<void> {
      if (userId === caller.userId) await leave(caller, conversationId);
      else await committer.change(conversationId, (change) => removeUnderLock(change, caller, userId));
    },

    /**
     * Leaves. Whoever only asked to join takes that back. Throws `not_found`, `not_a_member`, `transfer_required` for the last owner,
     * and `conflict` in direct, support and system conversations.
     */
    leave,
  };
}

async function leaveUnderLock(change: ChangeWriter, caller: Caller): Promise<void> {
  const access = await accessTo(change, caller, change.conversationId);
  requireOpenMembership(access);
  const { member } = access;
  if (!member) {
    if (await withdrawJoinRequest(change, change.conversationId, caller.userId)) return;
    requireMembership(access);
    throw new ParleyError("not_a_member", { detail: "You are no member of this conversation." });
  }
  await requireAnotherOwner(change, member);
  await takeOut(change, caller.userId, caller.userId);
}

async function removeUnderLock(change: ChangeWriter, caller: Caller, userId: UserId): Promise<void> {
  const access = await accessTo(change, caller, change.conversationId);
  requireOpenMembership(access);
  requirePermission(access, "manage_members");
  const member = await findMember(change, change.conversationId, userId);
  if (!member) throw notFound("member");
  if (member.leftAt) return;
  if (!outranks(rankOf(access), member.role)) {
    throw new ParleyError("permission_denied", { detail: "You cannot remove someone of a higher role." });
  }
  await requireAnotherOwner(change, member);
  await takeOut(change, caller.userId, userId);
  await recordAudit(change, {
    actorId: caller.userId,
    action: "member.removed",
    conversationId: change.conversationId,
    subjectId: userId,
    data: { role: member.role },
  });
}
