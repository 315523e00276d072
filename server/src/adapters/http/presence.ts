import { endpoints } from "@parley/protocol";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { PresenceService } from "../../services/presence.ts";
import type { Typing } from "../../services/typing.ts";
import { route, type Route } from "./pipeline.ts";

export interface PresenceRoutesDeps {
  readonly presence: Pick<PresenceService<never>, "list">;
  readonly typing: Typing;
}

export function presenceRoutes({ presence, typing }: PresenceRoutesDeps): Route[] {
  return [
    route(endpoints.getPresence, async ({ caller, query }) => ({
      items: await presence.list(caller, query.user_ids as UserId[]),
    })),
    route(endpoints.setTyping, ({ caller, params, body }) =>
      typing.setTyping(caller, params.conversation_id as ConversationId, body.is_typing),
    ),
  ];
}
