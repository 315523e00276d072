import { endpoints } from "@parley/protocol";
import type { ConversationId, MessageId } from "../../domain/ids.ts";
import type { DeliveryStatusService } from "../../services/delivery-status.ts";
import type { Marks } from "../../services/marks.ts";
import { route, type Route } from "./pipeline.ts";

export interface MarkRoutesDeps {
  readonly marks: Pick<Marks, "markRead" | "markDelivered" | "markManyRead" | "listMarks">;
  readonly statuses: DeliveryStatusService;
}

export function markRoutes({ marks, statuses }: MarkRoutesDeps): Route[] {
  return [
    route(endpoints.markRead, ({ caller, params, body }) =>
      marks.markRead(caller, params.conversation_id as ConversationId, body),
    ),
    route(endpoints.markDelivered, ({ caller, params, body }) =>
      marks.markDelivered(caller, params.conversation_id as ConversationId, body),
    ),
    route(endpoints.listMarks, ({ caller, params, query }) =>
      marks.listMarks(caller, params.conversation_id as ConversationId, query),
    ),
    route(endpoints.markManyRead, ({ caller, body }) =>
      marks.markManyRead(caller, body.conversation_ids as ConversationId[]),
    ),
    route(endpoints.listMessageStatus, ({ caller, params, query }) =>
      statuses.listMessageStatus(
        caller,
        params.conversation_id as ConversationId,
        params.message_id as MessageId,
        query,
      ),
    ),
  ];
}
