import { endpoints } from "@parley/protocol";
import type { MessageId } from "../../domain/ids.ts";
import type { Reactions } from "../../services/reactions.ts";
import { route, type Route } from "./pipeline.ts";

export function reactionRoutes({ reactions }: { readonly reactions: Reactions }): Route[] {
  return [
    route(endpoints.listReactions, ({ caller, params }) => reactions.list(caller, params.message_id as MessageId)),
    route(endpoints.addReaction, async ({ caller, params, body }) => {
      const { change, added } = await reactions.add(caller, params.message_id as MessageId, body.reaction);
      return { status: added ? 201 : 200, body: change };
    }),
    route(endpoints.removeReaction, ({ caller, params }) =>
      reactions.remove(caller, params.message_id as MessageId, params.reaction),
    ),
  ];
}
