import { ParleyError, type Member } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { rightsOf, type Role } from "../../domain/permissions.ts";
import { recordAudit } from "../../store/audit.ts";
import type { Committer } from "../../store/committer/committer.ts";
import type { ChangeWriter } from "../../store/committer/operations.ts";
import { listOwners, type MemberRow } from "../../store/members.ts";
import { updateRights } from "../../store/membership.ts";
import { accessTo, requireMembership } from "../access.ts";
import { findPresentMember, requireOpenMembership } from "./membership.ts";
import type { MemberPresenter } from "./present-members.ts";

export interface TransferDeps {
  readonly committer: Pick<Committer, "change">;
  readonly presenter: MemberPresenter;
}

export function createTransfer(deps: TransferDeps) {
  const { committer, presenter } = deps;
  return {
    /**
     * Makes another member the owner and the caller an admin, in one transaction; answers the new owner. By the host's backend in its
     * own name, all former owners become admins.
     *
     * Throws `not_found` (also where the user is no member), `not_a_member`, `permission_denied` for who is no owner, and `conflict`
     * for oneself and in direct, support and system conversations.
     */
    async transfer(caller: Caller, conversationId: ConversationId, userId: UserId): Promise<Member> {
      const row = await committer.change(conversationId, (change) => transferUnderLock(change, caller, userId));
      return await presenter.presentOne(row, caller);
    },
  };
}

async function transferUnderLock(change: ChangeWriter, caller: Caller, userId: UserId): Promise<MemberRow> {
  const access = await accessTo(change, caller, change.conversationId);
  requireOpenMembership(access);
  requireMembership(access);
  const byHost = access.footing === "service";
  if (access.member?.role !== "owner" && !byHost) {
    throw new ParleyError("permission_denied", { detail: "Only an owner can transfer the ownership." });
  }
  if (userId === caller.userId)
    throw new ParleyError("conflict", { detail: "You are the owner already. Name another member." });
  const heir = await findPresentMember(change, userId);
  const owners = byHost || !access.member ? await listOwners(change, change.conversationId) : [access.member];
  // The new owner first: there is no version at which nobody owns the conversation.
  const owner = await give(change, caller, heir, "owner");
  const former = owners.filter((row) => row.userId !== userId);
  for (const row of former) await give(change, caller, row, "admin");
  if (owner === heir && former.length === 0) return heir;
  await recordAudit(change, {
    actorId: caller.userId,
    action: "ownership.transferred",
    conversationId: change.conversationId,
    subjectId: userId,
    data: { from: former.map((row) => row.userId) },
  });
  return owner;
}

async function give(change: ChangeWriter, caller: Caller, member: MemberRow, role: Role): Promise<MemberRow> {
  if (member.role === role) return member;
  const version = change.record("member.updated", member.userId, caller.userId);
  return await updateRights(change, { ...member, role, permissions: {}, rights: rightsOf(role, {}), version });
}
