import { endpoints } from "@parley/protocol";
import type { UserId } from "../../domain/ids.ts";
import type { ContactService } from "../../services/contact/contact.ts";
import { route, type Route } from "./pipeline.ts";

export interface ContactRoutesDeps {
  readonly contact: ContactService;
}

export function contactRoutes({ contact }: ContactRoutesDeps): Route[] {
  const userOf = (params: { user_id: string }): UserId => params.user_id as UserId;
  return [
    route(endpoints.blockUser, ({ caller, params }) => contact.block(caller, userOf(params))),
    route(endpoints.unblockUser, ({ caller, params }) => contact.unblock(caller, userOf(params))),
    route(endpoints.listBlocks, ({ caller, query }) => contact.blocks(caller, query)),
    route(endpoints.befriendUser, ({ caller, params }) => contact.befriend(caller, userOf(params))),
    route(endpoints.unfriendUser, ({ caller, params }) => contact.unfriend(caller, userOf(params))),
    route(endpoints.listFriends, ({ caller, query }) => contact.friends(caller, query)),
    route(endpoints.getConsents, ({ caller }) => contact.consents(caller)),
    route(endpoints.setConsents, ({ caller, body }) => contact.setConsents(caller, body)),
  ];
}
