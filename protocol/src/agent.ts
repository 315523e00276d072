import * as z from "zod";
import { displayName, description, timestamp, timestampInput, username, uuid, webUrl } from "./primitives.ts";

export const agentToken = z
  .object({
    id: uuid,
    name: z.string().nullable(),
    created_at: timestamp,
    expires_at: timestamp.nullable(),
    last_used_at: timestamp.nullable(),
  })
  .meta({ id: "AgentToken" });
export type AgentToken = z.infer<typeof agentToken>;

/** The answer to making a token: the one time that it is shown. */
export const issuedAgentToken = z.object({ ...agentToken.shape, token: z.string() }).meta({ id: "IssuedAgentToken" });
export type IssuedAgentToken = z.infer<typeof issuedAgentToken>;

export const agent = z
  .object({
    id: uuid.meta({ description: "The id of its user" }),
    username: z.string(),
    display_name: z.string(),
    avatar_url: z.string().nullable(),
    description: z.string().nullable(),
    tokens: z.array(agentToken).meta({ description: "Those not revoked" }),
    created_by: uuid.nullable(),
    created_at: timestamp,
    deactivated_at: timestamp.nullable(),
  })
  .meta({ id: "Agent" });
export type Agent = z.infer<typeof agent>;

export const createAgent = z.strictObject({
  username,
  display_name: displayName,
  description: z.exactOptional(description.nullable()),
  avatar_url: z.exactOptional(webUrl.nullable()),
});
export type CreateAgent = z.infer<typeof createAgent>;

export const createAgentToken = z
  .strictObject({ name: z.exactOptional(displayName), expires_at: z.exactOptional(timestampInput) })
  .default({});
export type CreateAgentToken = z.infer<typeof createAgentToken>;
