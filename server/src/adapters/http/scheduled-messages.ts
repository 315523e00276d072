import { endpoints } from "@parley/protocol";
import type { ScheduledMessages } from "../../services/scheduled-messages.ts";
import { route, type Route } from "./pipeline.ts";

export function scheduledMessageRoutes({ scheduled }: { readonly scheduled: ScheduledMessages }): Route[] {
  return [
    route(endpoints.listScheduledMessages, ({ caller, query }) => scheduled.list(caller, query)),
    route(endpoints.getScheduledMessage, ({ caller, params }) => scheduled.get(caller, params.scheduled_message_id)),
    route(endpoints.updateScheduledMessage, ({ caller, params, body }) =>
      scheduled.update(caller, params.scheduled_message_id, body),
    ),
    route(endpoints.deleteScheduledMessage, ({ caller, params }) =>
      scheduled.cancel(caller, params.scheduled_message_id),
    ),
  ];
}
