import { endpoints } from "@parley/protocol";
import type { ConversationId, MessageId } from "../../domain/ids.ts";
import type { Pins } from "../../services/pins.ts";
import { route, type Route } from "./pipeline.ts";

export function pinRoutes({ pins }: { readonly pins: Pins }): Route[] {
  return [
    route(endpoints.pinMessage, ({ caller, params }) =>
      pins.pin(caller, params.conversation_id as ConversationId, params.message_id as MessageId),
    ),
    route(endpoints.unpinMessage, ({ caller, params }) =>
      pins.unpin(caller, params.conversation_id as ConversationId, params.message_id as MessageId),
    ),
    route(endpoints.listPins, ({ caller, params, query }) =>
      pins.list(caller, params.conversation_id as ConversationId, query),
    ),
  ];
}
