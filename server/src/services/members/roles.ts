import { ParleyError, type Member } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import {
  mayChangeRole,
  mayGrant,
  outranks,
  rightsOf,
  sameOverrides,
  type PermissionOverrides,
  type Role,
} from "../../domain/permissions.ts";
import { recordAudit } from "../../store/audit.ts";
import type { Committer } from "../../store/committer/committer.ts";
import type { ChangeWriter } from "../../store/committer/operations.ts";
import type { MemberRow } from "../../store/members.ts";
import { updateRights } from "../../store/membership.ts";
import { accessTo, requirePermission, type Access } from "../access.ts";
import { findPresentMember, rankOf, requireAnotherOwner, requireOpenMembership, rightsToGrant } from "./membership.ts";
import type { MemberPresenter } from "./present-members.ts";

export interface RolesDeps {
  readonly committer: Pick<Committer, "change">;
  readonly presenter: MemberPresenter;
}

export function createRoles(deps: RolesDeps) {
  const { committer, presenter } = deps;
  return {
    /**
     * Gives a member a role; the same role again takes no version. Takes `manage_members`; nobody changes someone of a higher role,
     * gives a role above their own, or lets another do what they may not do themselves. The member's overrides stay, except that
     * becoming an owner clears them: owners are denied nothing.
     *
     * Throws `not_found`, `not_a_member`, `permission_denied`, `transfer_required` for the last owner, and `conflict` in direct,
     * support and system conversations.
     */
    async setRole(caller: Caller, conversationId: ConversationId, userId: UserId, role: Role): Promise<Member> {
      const row = await committer.change(conversationId, (change) => changeRole(change, caller, userId, role));
      return await presenter.presentOne(row, caller);
    },

    /**
     * Replaces a member's overrides of what their role may do; the same again takes no version. Takes `manage_members` and at least
     * the member's role; nobody grants what they do not hold.
     *
     * Throws `not_found`, `not_a_member`, `permission_denied`, and `conflict` for owners and in direct, support and system
     * conversations.
     */
    async setPermissions(
      caller: Caller,
      conversationId: ConversationId,
      userId: UserId,
      overrides: PermissionOverrides,
    ): Promise<Member> {
      const row = await committer.change(conversationId, (change) =>
        changeOverrides(change, caller, userId, overrides),
      );
      return await presenter.presentOne(row, caller);
    },
  };
}

async function changeRole(change: ChangeWriter, caller: Caller, userId: UserId, role: Role): Promise<MemberRow> {
  const { access, member } = await toBeManaged(change, caller, userId);
  if (!mayChangeRole(rankOf(access), member.role, role)) {
    throw denied("You cannot change someone of a higher role, or give a role above your own.");
  }
  if (member.role === role) return member;
  if (role !== "owner") await requireAnotherOwner(change, member);
  const row = await rewriteRights(change, access, member, role, role === "owner" ? {} : member.permissions);
  await recordAudit(change, {
    actorId: caller.userId,
    action: "member.role_changed",
    conversationId: change.conversationId,
    subjectId: userId,
    data: { from: member.role, to: role },
  });
  return row;
}

async function changeOverrides(
  change: ChangeWriter,
  caller: Caller,
  userId: UserId,
  overrides: PermissionOverrides,
): Promise<MemberRow> {
  const { access, member } = await toBeManaged(change, caller, userId);
  if (!outranks(rankOf(access), member.role)) throw denied("You cannot change someone of a higher role.");
  if (sameOverrides(member.permissions, overrides)) return member;
  if (member.role === "owner") {
    throw new ParleyError("conflict", { detail: "An owner has every permission. Give them another role first." });
  }
  const row = await rewriteRights(change, access, member, member.role, overrides);
  await recordAudit(change, {
    actorId: caller.userId,
    action: "member.permissions_changed",
    conversationId: change.conversationId,
    subjectId: userId,
    data: { from: member.permissions, to: overrides },
  });
  return row;
}

async function toBeManaged(
  change: ChangeWriter,
  caller: Caller,
  userId: UserId,
): Promise<{ access: Access; member: MemberRow }> {
  const access = await accessTo(change, caller, change.conversationId);
  requireOpenMembership(access);
  requirePermission(access, "manage_members");
  return { access, member: await findPresentMember(change, userId) };
}

async function rewriteRights(
  change: ChangeWriter,
  access: Access,
  member: MemberRow,
  role: Role,
  permissions: PermissionOverrides,
): Promise<MemberRow> {
  const rights = rightsOf(role, permissions);
  if (!mayGrant(rightsToGrant(access), member.rights, rights)) {
    throw denied("You cannot let someone do what you may not do here yourself.");
  }
  const version = change.record("member.updated", member.userId, access.caller.userId);
  return await updateRights(change, { ...member, role, permissions, rights, version });
}

function denied(detail: string): ParleyError {
  return new ParleyError("permission_denied", { detail });
}
