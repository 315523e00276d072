import { endpoints } from "@parley/protocol";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { MembersService } from "../../services/members/members.ts";
import { route, type Route } from "./pipeline.ts";

export interface MemberRoutesDeps {
  readonly members: MembersService;
}

export function memberRoutes({ members }: MemberRoutesDeps): Route[] {
  const idOf = (params: { conversation_id: string }): ConversationId => params.conversation_id as ConversationId;
  const userOf = (named: { user_id: string }): UserId => named.user_id as UserId;
  return [
    route(endpoints.listMembers, ({ caller, params, query }) => members.members(caller, idOf(params), query)),
    route(endpoints.addMembers, async ({ caller, params, body }) => {
      const result = await members.addMembers(caller, idOf(params), body);
      const page = { items: result.members, next_cursor: null };
      return result.added ? { status: 201 as const, body: page } : { status: 200 as const, body: page };
    }),
    route(endpoints.updateOwnMembership, ({ caller, params, body }) =>
      members.updateOwnMembership(caller, idOf(params), body),
    ),
    route(endpoints.removeMember, ({ caller, params }) => members.removeMember(caller, idOf(params), userOf(params))),
    route(endpoints.setMemberRole, ({ caller, params, body }) =>
      members.setRole(caller, idOf(params), userOf(params), body.role),
    ),
    route(endpoints.setMemberPermissions, ({ caller, params, body }) =>
      members.setPermissions(caller, idOf(params), userOf(params), body.permissions),
    ),
    route(endpoints.joinConversation, async ({ caller, params }) => {
      const joined = await members.join(caller, idOf(params));
      if ("member" in joined) return { status: 200 as const, body: joined.member };
      return { status: 202 as const, body: { join_request: joined.joinRequest } };
    }),
    route(endpoints.leaveConversation, ({ caller, params }) => members.leave(caller, idOf(params))),
    route(endpoints.transferOwnership, ({ caller, params, body }) =>
      members.transfer(caller, idOf(params), userOf(body)),
    ),
    route(endpoints.listJoinRequests, ({ caller, params, query }) => members.joinRequests(caller, idOf(params), query)),
    route(endpoints.decideJoinRequest, ({ caller, params, body }) =>
      members.decideJoinRequest(caller, idOf(params), userOf(params), body.approved),
    ),
  ];
}
