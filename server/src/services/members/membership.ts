import { LIMITS, notFound, ParleyError } from "@parley/protocol";
import type { UserId } from "../../domain/ids.ts";
import { rightsOf, type PermissionOverrides, type Role } from "../../domain/permissions.ts";
import type { ChangeWriter } from "../../store/committer/operations.ts";
import type { ConversationKind } from "../../store/conversations.ts";
import type { Reader } from "../../store/database.ts";
import { countMembers, findMember, type MemberRow } from "../../store/members.ts";
import { endMembership, insertMembers } from "../../store/membership.ts";
import type { Access } from "../access.ts";
import { requireInSpace } from "../spaces/require-in-space.ts";

/** Someone to be made a member. */
export interface Entrant {
  readonly userId: UserId;
  readonly role: Role;
  readonly permissions: PermissionOverrides;
}

/**
 * Makes people members, each by a change of their own (one change names one subject), and sets their marks to the present. Whether
 * they may be is for the caller to have decided; they are none now. Throws `conflict` where the conversation would get too full, and
 * for who is not in its space.
 */
export async function letIn(change: ChangeWriter, actorId: UserId, entrants: readonly Entrant[]): Promise<MemberRow[]> {
  if (entrants.length === 0) return [];
  const { members } = await countMembers(change, change.conversationId);
  if (members + entrants.length > LIMITS.groupMembers) {
    throw new ParleyError("conflict", {
      detail: `A conversation has at most ${LIMITS.groupMembers} members; this one has ${members}.`,
    });
  }
  await requireInSpace(
    change,
    entrants.map((entrant) => entrant.userId),
  );
  const people = entrants.map(({ userId, role, permissions }) => {
    const version = change.record("member.added", userId, actorId);
    return { userId, role, permissions, rights: rightsOf(role, permissions), joinedSeq: version - 1, version };
  });
  const rows = await insertMembers(change, {
    conversationId: change.conversationId,
    at: change.now,
    present: change.head,
    people,
  });
  return rows.toSorted((one, other) => one.version - other.version);
}

/** Ends a membership by a change. It takes effect with the commit: nothing of theirs is written or told to them after it. */
export async function takeOut(change: ChangeWriter, actorId: UserId, userId: UserId): Promise<void> {
  const version = change.record("member.removed", userId, actorId);
  await endMembership(change, { conversationId: change.conversationId, userId, version, at: change.now });
}

const FIXED: Partial<Record<ConversationKind, string>> = {
  direct: "A direct conversation is between its two people for good. Make a group instead.",
  support: "A support conversation is between its customer and staff.",
  system: "A system conversation is for its one reader.",
};

/** Throws `conflict` where members are what the kind of conversation makes them. */
export function requireOpenMembership(access: Access): void {
  const fixed = FIXED[access.conversation.kind];
  if (fixed) throw new ParleyError("conflict", { detail: fixed });
}

/** The role by which the caller is measured against others. The host's backend stands as high as an owner. */
export function rankOf(access: Access): Role {
  return access.member?.role ?? (access.footing === "service" ? "owner" : "guest");
}

/** The rights that the caller can pass on. */
export function rightsToGrant(access: Access): number {
  return access.member?.rights ?? (access.footing === "service" ? rightsOf("owner", {}) : 0);
}

/** Throws `transfer_required` where this member is the only owner. */
export async function requireAnotherOwner(db: Reader, member: MemberRow): Promise<void> {
  if (member.role !== "owner") return;
  const { owners } = await countMembers(db, member.conversationId);
  if (owners > 1) return;
  throw new ParleyError("transfer_required", {
    detail: "This is the last owner. Transfer the ownership first, or delete the conversation.",
  });
}

/** The row of someone who is a member now. Throws `not_found`. */
export async function findPresentMember(change: ChangeWriter, userId: UserId): Promise<MemberRow> {
  const row = await findMember(change, change.conversationId, userId);
  if (!row || row.leftAt) throw notFound("member");
  return row;
}
