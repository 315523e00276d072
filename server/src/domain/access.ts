import type { Caller } from "./caller.ts";
import { visibleAfter, type HistoryVisibility } from "./history.ts";
import { SYSTEM_USER } from "./ids.ts";
import { hasRight, type Permission, type Role } from "./permissions.ts";

/** What of a conversation decides who may see it. */
export interface ConversationFacts {
  readonly kind: string;
  readonly visibility: string;
  readonly historyVisibility: HistoryVisibility;
  readonly deletedAt: Date | null;
}

export interface MemberFacts {
  readonly role: Role;
  readonly rights: number;
  readonly firstJoinedSeq: number;
  readonly joinedSeq: number;
}

/**
 * How somebody comes to see a conversation: as `member`; as `staff`, in support; as `reader`, of a public channel that they
 * have not joined; as `service`, the host's backend in its own name, which sees and may do everything.
 */
export type Footing = "member" | "staff" | "reader" | "service";

/** The host's backend in its own name. */
export const HOST: Caller = { userId: SYSTEM_USER, kind: "system", isAdmin: true, isStaff: true, isService: true };

/** The host's backend that acts for nobody but itself. */
export function isHost(caller: Caller): boolean {
  return caller.isService && caller.userId === SYSTEM_USER;
}

/** How the caller sees the conversation; undefined means that for them there is none (404). */
export function footingOf(
  caller: Caller,
  conversation: ConversationFacts,
  member: MemberFacts | undefined,
  inSpace: boolean,
): Footing | undefined {
  if (conversation.deletedAt) return undefined;
  if (isHost(caller)) return "service";
  if (member) return "member";
  if (conversation.kind === "support" && caller.isStaff) return "staff";
  // Agents are limited to the conversations they are in.
  if (caller.kind === "agent") return undefined;
  if (conversation.kind === "channel" && conversation.visibility === "public" && inSpace) return "reader";
  return undefined;
}

/** The seq after which the caller sees messages. */
export function visibleAfterFor(
  footing: Footing,
  conversation: ConversationFacts,
  member: MemberFacts | undefined,
): number {
  return visibleAfter(conversation.historyVisibility, member, footing === "staff" || footing === "service");
}

/** Whether the caller has a permission there. Staff serve support conversations with every permission. */
export function mayDo(footing: Footing, member: MemberFacts | undefined, permission: Permission): boolean {
  if (footing === "service" || footing === "staff") return true;
  return member !== undefined && hasRight(member.rights, permission);
}
