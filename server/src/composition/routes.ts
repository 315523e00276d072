import { agentRoutes } from "../adapters/http/agents.ts";
import { auditRoutes } from "../adapters/http/audit.ts";
import { changeRoutes } from "../adapters/http/changes.ts";
import { contactRoutes } from "../adapters/http/contact.ts";
import { conversationRoutes } from "../adapters/http/conversations.ts";
import { draftRoutes } from "../adapters/http/drafts.ts";
import { markRoutes } from "../adapters/http/marks.ts";
import { memberRoutes } from "../adapters/http/members.ts";
import { messageRoutes } from "../adapters/http/messages.ts";
import { notificationRoutes } from "../adapters/http/notifications.ts";
import { operationRoutes } from "../adapters/http/operations.ts";
import { pinRoutes } from "../adapters/http/pins.ts";
import type { Route } from "../adapters/http/pipeline.ts";
import { presenceRoutes } from "../adapters/http/presence.ts";
import { reactionRoutes } from "../adapters/http/reactions.ts";
import { savedRoutes } from "../adapters/http/saved.ts";
import { scheduledMessageRoutes } from "../adapters/http/scheduled-messages.ts";
import { searchRoutes } from "../adapters/http/search.ts";
import { answerSent, namedByKey } from "../adapters/http/sends.ts";
import { spaceRoutes } from "../adapters/http/spaces.ts";
import { threadRoutes } from "../adapters/http/threads.ts";
import { userRoutes } from "../adapters/http/users.ts";
import type { Core, Foundation } from "./core.ts";
import type { Services } from "./services.ts";

/** Every endpoint of the HTTP API, in no order. */
export function createRoutes(foundation: Foundation, core: Core, services: Services): Route[] {
  return [
    ...conversationRoutes(services),
    ...memberRoutes(services),
    ...messageRoutes(services),
    ...threadRoutes(services),
    ...reactionRoutes(services),
    ...pinRoutes(services),
    ...markRoutes(services),
    ...changeRoutes(services),
    ...draftRoutes(services),
    ...savedRoutes(services),
    ...scheduledMessageRoutes(services),
    ...userRoutes(services),
    ...contactRoutes(services),
    ...spaceRoutes(services),
    ...auditRoutes(services),
    ...presenceRoutes(services),
    ...searchRoutes(services),
    ...notificationRoutes(services),
    ...agentRoutes({
      agents: services.agents,
      postMessage: async (caller, conversationId, sent, key) =>
        answerSent(await services.sending.sendInto(caller, conversationId, namedByKey(sent, key))),
    }),
    ...operationRoutes({
      checkDatabase: async () => void (await foundation.database.query({ name: "ready", text: "SELECT 1" })),
      // The in-process bus has nobody to lose.
      checkBus: async () => undefined,
      metrics: () => readMetrics(foundation, core),
    }),
  ];
}

function readMetrics({ metrics }: Foundation, { committer, marks, hub }: Core): Promise<string> {
  metrics.queueDepth.set({ queue: "committer" }, committer.queued());
  metrics.queueDepth.set({ queue: "marks" }, marks.queued());
  metrics.queueDepth.set({ queue: "hub" }, hub.stats().lag);
  return metrics.registry.metrics();
}
