import { endpoints } from "@parley/protocol";
import type { ConversationId } from "../../domain/ids.ts";
import type { Changes } from "../../services/changes/changes.ts";
import type { ChangesEverywhere } from "../../services/changes/changes-everywhere.ts";
import { route, type Route } from "./pipeline.ts";

export interface ChangeRoutesDeps {
  readonly changes: Pick<Changes, "changesAfter">;
  readonly everywhere: ChangesEverywhere;
}

/** The streamed form of these, `GET /v1/events`, is with the other live events. */
export function changeRoutes({ changes, everywhere }: ChangeRoutesDeps): Route[] {
  return [
    route(endpoints.listChanges, ({ caller, params, query }) =>
      changes.changesAfter(caller, params.conversation_id as ConversationId, query),
    ),
    route(endpoints.listAllChanges, ({ caller, query }) => everywhere.allChanges(caller, query)),
  ];
}
