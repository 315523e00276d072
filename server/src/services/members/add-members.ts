import { ParleyError, type AddMembers, type Member } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { mayGrant, outranks, PERMISSIONS, rightsOf, type Role } from "../../domain/permissions.ts";
import { recordAudit } from "../../store/audit.ts";
import type { Committer } from "../../store/committer/committer.ts";
import type { ChangeWriter } from "../../store/committer/operations.ts";
import { decideJoinRequests } from "../../store/join-requests.ts";
import { findMembers, findSpaceRoles, type MemberRow } from "../../store/members.ts";
import { accessTo, requirePermission, type Access } from "../access.ts";
import { requireContact } from "../contact/require-contact.ts";
import { letIn, rankOf, requireOpenMembership, rightsToGrant } from "./membership.ts";
import type { MemberPresenter } from "./present-members.ts";

export interface AddMembersDeps {
  readonly committer: Pick<Committer, "change">;
  readonly presenter: MemberPresenter;
}

export interface AddedMembers {
  /** Those added; where all were members already, those asked for. */
  readonly members: Member[];
  /** False: nothing was changed. */
  readonly added: boolean;
}

export function createAddMembers(deps: AddMembersDeps) {
  const { committer, presenter } = deps;
  return {
    /**
     * Adds one or more users (at most 1,000 at once) who accept contact, all or none. Who is a member already is left as they are.
     * Takes `manage_members`; nobody gives a role above their own. In a space, only its members can be added to a channel, and its
     * guests come in as guests unless a role is named.
     *
     * Throws `not_found`, `not_a_member`, `permission_denied`, `contact_refused`, and `conflict` for direct, support and system
     * conversations, for users outside the space, and beyond 10,000 members.
     */
    async addMembers(caller: Caller, conversationId: ConversationId, body: AddMembers): Promise<AddedMembers> {
      const userIds = [...new Set(body.user_ids ?? [body.user_id])] as UserId[];
      const { rows, added } = await committer.change(conversationId, (change) =>
        add(change, caller, userIds, body.role),
      );
      return { members: await presenter.present(rows, caller), added };
    },
  };
}

async function add(
  change: ChangeWriter,
  caller: Caller,
  userIds: readonly UserId[],
  role: Role | undefined,
): Promise<{ rows: MemberRow[]; added: boolean }> {
  const access = await accessTo(change, caller, change.conversationId);
  requireOpenMembership(access);
  requirePermission(access, "manage_members");
  requireRank(access, role ?? "member");
  const known = await findMembers(change, change.conversationId, userIds);
  const present = known.filter((row) => !row.leftAt);
  const presentIds = new Set(present.map((row) => row.userId));
  const newIds = userIds.filter((id) => !presentIds.has(id));
  if (newIds.length === 0) return { rows: present, added: false };
  await requireContact(change, caller, newIds, { kind: access.conversation.kind });
  const defaults = await defaultRoles(change, access, newIds);
  const rows = await letIn(
    change,
    caller.userId,
    newIds.map((userId) => ({ userId, role: role ?? defaults.get(userId) ?? "member", permissions: {} })),
  );
  await decideJoinRequests(change, change.conversationId, newIds, {
    status: "approved",
    by: caller.userId,
    at: change.now,
  });
  await recordAudit(change, {
    actorId: caller.userId,
    action: "member.added",
    conversationId: change.conversationId,
    subjectId: (newIds.length === 1 && newIds[0]) || null,
    data: { user_ids: newIds, ...(role ? { role } : {}) },
  });
  return { rows, added: true };
}

/** Nobody gives a role above their own, or one that may what they themselves were denied. Writing is everyone's to give. */
function requireRank(access: Access, role: Role): void {
  const granted = rightsOf(role, {});
  if (outranks(rankOf(access), role) && mayGrant(rightsToGrant(access) | PERMISSIONS.send_messages, 0, granted)) return;
  throw new ParleyError("permission_denied", {
    detail: `You cannot give the role ${role} here: it may more than you.`,
  });
}

/** In a space's channel the role there decides the role here; empty elsewhere. */
async function defaultRoles(
  change: ChangeWriter,
  access: Access,
  userIds: readonly UserId[],
): Promise<Map<UserId, Role>> {
  const { spaceId } = access.conversation;
  if (!spaceId) return new Map();
  const roles = await findSpaceRoles(change, spaceId, userIds);
  return new Map([...roles].map(([id, role]) => [id, role === "guest" ? "guest" : "member"]));
}
