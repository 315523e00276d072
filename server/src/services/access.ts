import { ParleyError } from "@parley/protocol";
import { footingOf, mayDo, visibleAfterFor, type Footing, type MemberFacts } from "../domain/access.ts";
import type { Caller } from "../domain/caller.ts";
import type { ConversationId } from "../domain/ids.ts";
import type { Permission } from "../domain/permissions.ts";
import { findStanding, type ConversationRow } from "../store/conversations.ts";
import type { Reader } from "../store/database.ts";
import type { MemberRow } from "../store/members.ts";

/** What a caller is to one conversation, read just now. */
export interface Access {
  readonly caller: Caller;
  readonly conversation: ConversationRow;
  readonly member: MemberRow | undefined;
  readonly footing: Footing;
  /** Messages with a seq above this are visible to the caller. */
  readonly visibleAfter: number;
}

/** As much of it as permissions follow from. */
interface Rights {
  readonly footing: Footing;
  readonly member: MemberFacts | undefined;
}

/**
 * Reads what the caller may do in a conversation. Inside a change, give the `ChangeWriter` as `db` and it is decided under the lock.
 * Throws `not_found` for a conversation that is not there, is deleted, or that the caller may not know of.
 */
export async function accessTo(db: Reader, caller: Caller, conversationId: ConversationId): Promise<Access> {
  const standing = await findStanding(db, conversationId, caller.userId);
  const access = standing && accessOf(caller, standing.conversation, standing.member, standing.inSpace);
  if (!access) throw conversationNotFound();
  return access;
}

/** The same from rows that are already at hand; undefined where the caller may not know of the conversation. */
export function accessOf(
  caller: Caller,
  conversation: ConversationRow,
  member: MemberRow | undefined,
  inSpace: boolean,
): Access | undefined {
  const footing = footingOf(caller, conversation, member, inSpace);
  if (!footing) return undefined;
  return { caller, conversation, member, footing, visibleAfter: visibleAfterFor(footing, conversation, member) };
}

/** Throws `not_a_member` for readers of a public channel: reading does not need joining, everything else does. */
export function requireMembership(access: Access): void {
  if (access.footing === "reader") {
    throw new ParleyError("not_a_member", { detail: "Join this channel first: POST /v1/conversations/{id}/join." });
  }
}

export function may(access: Rights, permission: Permission): boolean {
  return mayDo(access.footing, access.member, permission);
}

/** Throws `not_a_member` or `permission_denied`, naming the permission that is missing. */
export function requirePermission(access: Access, permission: Permission): void {
  requireMembership(access);
  if (!may(access, permission)) {
    throw new ParleyError("permission_denied", {
      detail: `This needs the permission ${permission} in this conversation.`,
    });
  }
}

export function conversationNotFound(): ParleyError {
  return new ParleyError("not_found", { detail: "There is no such conversation, or you may not see it." });
}

export function messageNotFound(): ParleyError {
  return new ParleyError("not_found", { detail: "There is no such message, or you may not see it." });
}

/** Guests do not learn who the members are (DESIGN section 4). */
export function mayListMembers(access: Rights): boolean {
  return access.member?.role !== "guest" || may(access, "manage_members");
}
