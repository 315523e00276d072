import { agent, createAgent, createAgentToken, issuedAgentToken } from "../agent.ts";
import { BODY_ERRORS, COMMON_ERRORS, endpoint } from "../endpoint.ts";
import { sendMessage } from "../message.ts";
import { page, pageQuery } from "../primitives.ts";
import * as examples from "./examples.ts";
import { SEND_ERRORS, SEND_RESPONSES } from "./messages.ts";
import { agentConversationParams, agentParams, agentTokenParams } from "./params.ts";

const tag = "Agents";
const ofAgent = { agent_id: examples.IDS.agent } as const;

const deployToken = {
  id: examples.IDS.token,
  name: "deploys",
  created_at: examples.AT,
  expires_at: null,
  last_used_at: null,
} as const;

const deployer = {
  id: examples.IDS.agent,
  username: "deployer",
  display_name: "Deployer",
  avatar_url: null,
  description: "Says what went live",
  tokens: [],
  created_by: examples.IDS.ada,
  created_at: examples.AT,
  deactivated_at: null,
} as const;

export const agentEndpoints = {
  createAgent: endpoint({
    id: "createAgent",
    method: "POST",
    path: "/v1/agents",
    summary: "Create an agent",
    tag,
    access: "admin",
    body: createAgent,
    responses: { 201: agent },
    errors: [...BODY_ERRORS, "permission_denied", "conflict"],
    example: {
      body: { username: "deployer", display_name: "Deployer", description: "Says what went live" },
      response: deployer,
    },
  }),
  listAgents: endpoint({
    id: "listAgents",
    method: "GET",
    path: "/v1/agents",
    summary: "List agents",
    tag,
    access: "admin",
    query: pageQuery,
    responses: { 200: page(agent) },
    errors: [...COMMON_ERRORS, "permission_denied"],
    example: { response: examples.onePage({ ...deployer, tokens: [deployToken] }) },
  }),
  createAgentToken: endpoint({
    id: "createAgentToken",
    method: "POST",
    path: "/v1/agents/:agent_id/tokens",
    summary: "Make a token for an agent",
    description: "The token is shown this once; only its hash is kept.",
    tag,
    access: "admin",
    params: agentParams,
    body: createAgentToken,
    responses: { 201: issuedAgentToken },
    errors: [...BODY_ERRORS, "permission_denied", "not_found", "conflict"],
    example: {
      params: ofAgent,
      body: { name: "deploys" },
      response: { ...deployToken, token: "parley_agent_9hX2…" },
    },
  }),
  revokeAgentTokens: endpoint({
    id: "revokeAgentTokens",
    method: "DELETE",
    path: "/v1/agents/:agent_id/tokens",
    summary: "Revoke all tokens of an agent",
    description: "Its sockets are closed with 4403.",
    tag,
    access: "admin",
    params: agentParams,
    responses: { 204: null },
    errors: [...COMMON_ERRORS, "permission_denied", "not_found"],
    example: { params: ofAgent },
  }),
  revokeAgentToken: endpoint({
    id: "revokeAgentToken",
    method: "DELETE",
    path: "/v1/agents/:agent_id/tokens/:token_id",
    summary: "Revoke a token of an agent",
    description: "Its sockets are closed with 4403.",
    tag,
    access: "admin",
    params: agentTokenParams,
    responses: { 204: null },
    errors: [...COMMON_ERRORS, "permission_denied", "not_found"],
    example: { params: { ...ofAgent, token_id: examples.IDS.token } },
  }),
  postAsAgent: endpoint({
    id: "postAsAgent",
    method: "POST",
    path: "/v1/agents/:agent_id/conversations/:conversation_id/messages",
    summary: "Post as an agent",
    description: "By the agent itself, an admin or a service token. The agent is a member of the conversation.",
    tag,
    access: "user",
    params: agentConversationParams,
    body: sendMessage,
    responses: SEND_RESPONSES,
    errors: SEND_ERRORS,
    example: {
      params: { ...ofAgent, ...examples.inConversation },
      body: { content: "v2.1 is live" },
      response: {
        ...examples.message,
        sender_id: examples.IDS.agent,
        sender: {
          id: examples.IDS.agent,
          username: "deployer",
          display_name: "Deployer",
          kind: "agent",
          is_admin: false,
        },
        content: "v2.1 is live",
        mentions: [],
      },
    },
  }),
} as const;
