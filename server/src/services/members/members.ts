import { createAddMembers, type AddMembersDeps } from "./add-members.ts";
import { createJoin, type JoinDeps } from "./join.ts";
import { createJoinRequests, type JoinRequestsDeps } from "./join-requests.ts";
import { createListMembers, type ListMembersDeps } from "./list-members.ts";
import { createOwnMembership, type OwnMembershipDeps } from "./own-membership.ts";
import { createRemoveMember, type RemoveMemberDeps } from "./remove-member.ts";
import { createRoles, type RolesDeps } from "./roles.ts";
import { createTransfer, type TransferDeps } from "./transfer.ts";

export type MembersDeps = AddMembersDeps &
  JoinDeps &
  JoinRequestsDeps &
  ListMembersDeps &
  OwnMembershipDeps &
  RemoveMemberDeps &
  RolesDeps &
  TransferDeps;
export type MembersService = ReturnType<typeof createMembers>;

/** Who is in a conversation, and what each may do there. Every change of it is decided and written under the head's lock. */
export function createMembers(deps: MembersDeps) {
  return {
    ...createListMembers(deps),
    ...createOwnMembership(deps),
    ...createAddMembers(deps),
    ...createRemoveMember(deps),
    ...createRoles(deps),
    ...createTransfer(deps),
    ...createJoin(deps),
    ...createJoinRequests(deps),
  };
}
