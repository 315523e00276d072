import { endpoints } from "@parley/protocol";
import type { SpaceId, UserId } from "../../domain/ids.ts";
import type { SpacesService } from "../../services/spaces/spaces.ts";
import { route, type Route } from "./pipeline.ts";

export interface SpaceRoutesDeps {
  readonly spaces: SpacesService;
}

export function spaceRoutes({ spaces }: SpaceRoutesDeps): Route[] {
  const idOf = (params: { space_id: string }): SpaceId => params.space_id as SpaceId;
  return [
    route(endpoints.createSpace, ({ caller, body }) => spaces.createSpace(caller, body)),
    route(endpoints.listSpaces, ({ caller, query }) => spaces.spaces(caller, query)),
    route(endpoints.getSpace, ({ caller, params }) => spaces.space(caller, idOf(params))),
    route(endpoints.updateSpace, ({ caller, params, body }) => spaces.updateSpace(caller, idOf(params), body)),
    route(endpoints.deleteSpace, ({ caller, params }) => spaces.deleteSpace(caller, idOf(params))),
    route(endpoints.listSpaceMembers, ({ caller, params, query }) => spaces.spaceMembers(caller, idOf(params), query)),
    route(endpoints.addSpaceMembers, async ({ caller, params, body }) => {
      const { members, added } = await spaces.addSpaceMembers(caller, idOf(params), body);
      const page = { items: members, next_cursor: null };
      return added ? { status: 201 as const, body: page } : { status: 200 as const, body: page };
    }),
    route(endpoints.removeSpaceMember, ({ caller, params }) =>
      spaces.removeSpaceMember(caller, idOf(params), params.user_id as UserId),
    ),
    route(endpoints.listSpaceConversations, ({ caller, params, query }) =>
      spaces.spaceConversations(caller, idOf(params), query),
    ),
  ];
}
