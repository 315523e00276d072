import { endpoints } from "@parley/protocol";
import type { ConversationId } from "../../domain/ids.ts";
import type { ConversationsService } from "../../services/conversations/conversations.ts";
import { route, type Route } from "./pipeline.ts";

export interface ConversationRoutesDeps {
  readonly conversations: ConversationsService;
}

export function conversationRoutes({ conversations }: ConversationRoutesDeps): Route[] {
  const idOf = (params: { conversation_id: string }): ConversationId => params.conversation_id as ConversationId;
  return [
    route(endpoints.createConversation, async ({ caller, body }) => {
      const { conversation, created } = await conversations.create(caller, body);
      return created ? { status: 201 as const, body: conversation } : { status: 200 as const, body: conversation };
    }),
    route(endpoints.listConversations, ({ caller, query }) => conversations.list(caller, query)),
    route(endpoints.getConversation, ({ caller, params }) => conversations.get(caller, idOf(params))),
    route(endpoints.updateConversation, ({ caller, params, body }) => conversations.update(caller, idOf(params), body)),
    route(endpoints.putConversation, ({ caller, params, body }) => conversations.update(caller, idOf(params), body)),
    route(endpoints.deleteConversation, ({ caller, params }) => conversations.remove(caller, idOf(params))),
    route(endpoints.restoreConversation, ({ caller, params }) => conversations.restore(caller, idOf(params))),
    route(endpoints.archiveConversation, ({ caller, params, body }) =>
      conversations.archive(caller, idOf(params), body.archived),
    ),
  ];
}
