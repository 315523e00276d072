import { endpoints } from "@parley/protocol";
import type { MessageId } from "../../domain/ids.ts";
import type { SavedMessages } from "../../services/saved-messages.ts";
import { route, type Route } from "./pipeline.ts";

export function savedRoutes({ saved }: { readonly saved: SavedMessages }): Route[] {
  return [
    route(endpoints.saveMessage, ({ caller, params }) => saved.save(caller, params.message_id as MessageId)),
    route(endpoints.unsaveMessage, ({ caller, params }) => saved.unsave(caller, params.message_id as MessageId)),
    route(endpoints.listSavedMessages, ({ caller, query }) => saved.list(caller, query)),
  ];
}
