import { endpoints, type SendMessage } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { Agents } from "../../services/agents.ts";
import { route, type Answer, type Route } from "./pipeline.ts";

export interface AgentRoutesDeps {
  readonly agents: Agents;
  /** Sends as the message routes do; `idempotencyKey` is the header of that name. */
  readonly postMessage: (
    caller: Caller,
    conversationId: ConversationId,
    sent: SendMessage,
    idempotencyKey: string | undefined,
  ) => Promise<Answer<typeof endpoints.sendMessage>>;
}

export function agentRoutes({ agents, postMessage }: AgentRoutesDeps): Route[] {
  return [
    route(endpoints.createAgent, ({ caller, body }) => agents.create(caller, body)),
    route(endpoints.listAgents, ({ caller, query }) => agents.list(caller, query)),
    route(endpoints.createAgentToken, ({ caller, params, body }) =>
      agents.issueToken(caller, params.agent_id as UserId, body),
    ),
    route(endpoints.revokeAgentTokens, ({ caller, params }) => agents.revokeTokens(caller, params.agent_id as UserId)),
    route(endpoints.revokeAgentToken, ({ caller, params }) =>
      agents.revokeTokens(caller, params.agent_id as UserId, params.token_id),
    ),
    route(endpoints.postAsAgent, async ({ caller, params, body, header }) => {
      const agent = await agents.speakAs(caller, params.agent_id as UserId);
      return await postMessage(agent, params.conversation_id as ConversationId, body, header("idempotency-key"));
    }),
  ];
}
