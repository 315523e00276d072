import type { UserId } from "../domain/ids.ts";
import type { Reader, Writer } from "./database.ts";

/** An agent and its user. */
export interface AgentRow {
  readonly id: UserId;
  readonly username: string;
  readonly displayName: string;
  readonly avatarUrl: string | null;
  readonly description: string;
  readonly createdBy: UserId;
  readonly createdAt: Date;
  readonly deactivatedAt: Date | null;
}

/** A row of `agent_tokens` that is not revoked; what it hashes stays in the table. */
export interface AgentTokenRow {
  readonly id: string;
  readonly agentId: UserId;
  readonly name: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
}

interface AgentRecord {
  id: string;
  username: string;
  display_name: string;
  avatar_url: string | null;
  description: string;
  created_by: string;
  created_at: Date;
  deactivated_at: Date | null;
}

interface TokenRecord {
  id: string;
  agent_id: string;
  name: string;
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
}

const SELECT_AGENT = `SELECT u.id, u.username, u.display_name, u.avatar_url, a.description, a.created_by, a.created_at,
    coalesce(a.deactivated_at, u.deactivated_at) AS deactivated_at
  FROM agents a JOIN users u ON u.id = a.user_id`;

const TOKEN_COLUMNS = "t.id, t.agent_id, t.name, t.created_at, t.expires_at, t.last_used_at";

function toAgentRow(record: AgentRecord): AgentRow {
  return {
    id: record.id as UserId,
    username: record.username,
    displayName: record.display_name,
    avatarUrl: record.avatar_url,
    description: record.description,
    createdBy: record.created_by as UserId,
    createdAt: record.created_at,
    deactivatedAt: record.deactivated_at,
  };
}

function toTokenRow(record: TokenRecord): AgentTokenRow {
  return {
    id: record.id,
    agentId: record.agent_id as UserId,
    name: record.name,
    createdAt: record.created_at,
    expiresAt: record.expires_at,
    lastUsedAt: record.last_used_at,
  };
}

/** Makes an agent of a user that was just written. */
export async function insertAgent(
  tx: Writer,
  agent: { userId: UserId; description: string; createdBy: UserId },
): Promise<void> {
  await tx.execute({
    name: "insert_agent",
    text: "INSERT INTO agents (user_id, description, created_by) VALUES ($1, $2, $3)",
    values: [agent.userId, agent.description, agent.createdBy],
  });
}

export async function findAgent(db: Reader, id: UserId): Promise<AgentRow | undefined> {
  const [record] = await db.query<AgentRecord>({
    name: "find_agent",
    text: `${SELECT_AGENT} WHERE a.user_id = $1`,
    values: [id],
  });
  return record && toAgentRow(record);
}

/** Agents in the order of their ids, which is that of their making. */
export async function listAgents(db: Reader, after: UserId | undefined, limit: number): Promise<AgentRow[]> {
  const records = await db.query<AgentRecord>({
    name: "list_agents",
    text: `${SELECT_AGENT} WHERE $1::uuid IS NULL OR a.user_id > $1 ORDER BY a.user_id LIMIT $2`,
    values: [after ?? null, limit],
  });
  return records.map(toAgentRow);
}

/** The tokens of these agents that are not revoked, oldest first. */
export async function listAgentTokens(db: Reader, agentIds: readonly UserId[]): Promise<AgentTokenRow[]> {
  if (agentIds.length === 0) return [];
  const records = await db.query<TokenRecord>({
    name: "list_agent_tokens",
    text: `SELECT ${TOKEN_COLUMNS} FROM agent_tokens t
           WHERE t.agent_id = ANY ($1::uuid[]) AND t.revoked_at IS NULL ORDER BY t.id`,
    values: [agentIds],
  });
  return records.map(toTokenRow);
}

export interface NewAgentToken {
  readonly id: string;
  readonly agentId: UserId;
  readonly name: string;
  /** SHA-256 of the token. */
  readonly hash: Buffer;
  readonly expiresAt: Date | null;
  readonly createdBy: UserId;
}

/**
 * Adds a token unless the agent has `most` already: then nothing is written, and nothing is answered. The agent's row is locked, so
 * that two requests cannot pass the bound together.
 */
export async function insertAgentToken(
  tx: Writer,
  token: NewAgentToken,
  most: number,
): Promise<AgentTokenRow | undefined> {
  await tx.execute({
    name: "lock_agent",
    text: "SELECT FROM agents WHERE user_id = $1 FOR UPDATE",
    values: [token.agentId],
  });
  const [record] = await tx.query<TokenRecord>({
    name: "insert_agent_token",
    text: `INSERT INTO agent_tokens AS t (id, agent_id, name, token_hash, expires_at, created_by)
           SELECT $1::uuid, $2::uuid, $3::text, $4::bytea, $5::timestamptz, $6::uuid
           WHERE (SELECT count(*) FROM agent_tokens WHERE agent_id = $2::uuid AND revoked_at IS NULL) < $7
           RETURNING ${TOKEN_COLUMNS}`,
    values: [token.id, token.agentId, token.name, token.hash, token.expiresAt, token.createdBy, most],
  });
  return record && toTokenRow(record);
}

/** Revokes one token of an agent, or all; answers how many were valid until then. */
export async function revokeAgentTokens(tx: Writer, agentId: UserId, tokenId: string | undefined): Promise<number> {
  return await tx.execute({
    name: "revoke_agent_tokens",
    text: `UPDATE agent_tokens SET revoked_at = now()
           WHERE agent_id = $1 AND ($2::uuid IS NULL OR id = $2) AND revoked_at IS NULL`,
    values: [agentId, tokenId ?? null],
  });
}

/** Whether the agent ever had this token, revoked or not. */
export async function hasAgentToken(db: Reader, agentId: UserId, tokenId: string): Promise<boolean> {
  const rows = await db.query({
    name: "has_agent_token",
    text: "SELECT FROM agent_tokens WHERE agent_id = $1 AND id = $2",
    values: [agentId, tokenId],
  });
  return rows.length > 0;
}

const USABLE = "t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now()) AND a.deactivated_at IS NULL";

/** The token with this SHA-256, if it may be used now. Unique index on token_hash. */
export async function findUsableAgentToken(db: Reader, hash: Buffer): Promise<AgentTokenRow | undefined> {
  const [record] = await db.query<TokenRecord>({
    name: "find_usable_agent_token",
    text: `SELECT ${TOKEN_COLUMNS} FROM agent_tokens t JOIN agents a ON a.user_id = t.agent_id
           WHERE t.token_hash = $1 AND ${USABLE}`,
    values: [hash],
  });
  return record && toTokenRow(record);
}

export async function isAgentTokenUsable(db: Reader, tokenId: string): Promise<boolean> {
  const rows = await db.query({
    name: "is_agent_token_usable",
    text: `SELECT FROM agent_tokens t JOIN agents a ON a.user_id = t.agent_id WHERE t.id = $1 AND ${USABLE}`,
    values: [tokenId],
  });
  return rows.length > 0;
}

export async function touchAgentToken(tx: Writer, tokenId: string): Promise<void> {
  await tx.execute({
    name: "touch_agent_token",
    text: "UPDATE agent_tokens SET last_used_at = now() WHERE id = $1",
    values: [tokenId],
  });
}
