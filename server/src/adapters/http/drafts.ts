import { endpoints } from "@parley/protocol";
import type { ConversationId } from "../../domain/ids.ts";
import type { Drafts } from "../../services/drafts.ts";
import { route, type Route } from "./pipeline.ts";

export function draftRoutes({ drafts }: { readonly drafts: Drafts }): Route[] {
  return [
    route(endpoints.putDraft, ({ caller, params, body }) =>
      drafts.put(caller, params.conversation_id as ConversationId, body),
    ),
    route(endpoints.getDraft, ({ caller, params }) => drafts.get(caller, params.conversation_id as ConversationId)),
    route(endpoints.deleteDraft, ({ caller, params }) =>
      drafts.discard(caller, params.conversation_id as ConversationId),
    ),
  ];
}
