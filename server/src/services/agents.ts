import { ParleyError, invalid, notFound } from "@parley/protocol";
import type { Agent, AgentToken, CreateAgent, CreateAgentToken, IssuedAgentToken, Page } from "@parley/protocol";
import { v7 as uuidv7 } from "uuid";
import * as z from "zod";
import type { Caller } from "../domain/caller.ts";
import type { UserId } from "../domain/ids.ts";
import { isReservedUsername, slugFrom } from "../domain/usernames.ts";
import {
  findAgent,
  hasAgentToken,
  insertAgent,
  insertAgentToken,
  listAgentTokens,
  listAgents,
  revokeAgentTokens,
  type AgentRow,
  type AgentTokenRow,
} from "../store/agents.ts";
import type { Database } from "../store/database.ts";
import { insertUser } from "../store/users.ts";
import { hashAgentToken, makeAgentToken } from "./authentication/agent-tokens.ts";
import { cutPage, decodeCursor } from "./page-cursor.ts";

export interface AgentsDeps {
  readonly db: Database;
  /** Called after tokens were revoked: authentication forgets them, and their sockets are closed. No token id means all. */
  readonly onTokensRevoked: (agentId: UserId, tokenId: string | undefined) => void;
}

/** For admins and the host's backend; everyone else gets `permission_denied`. */
export interface Agents {
  /** Throws `conflict` when the username is taken. */
  create(caller: Caller, wanted: CreateAgent): Promise<Agent>;
  list(caller: Caller, query: { limit: number; cursor?: string }): Promise<Page<Agent>>;
  /** The answer is the only place where the token is ever shown. Throws `not_found`, and `conflict` at 20 tokens. */
  issueToken(caller: Caller, agentId: UserId, wanted: CreateAgentToken): Promise<IssuedAgentToken>;
  /** One token, or all of them. Takes effect at once here, within seconds on other nodes. Throws `not_found`; again is fine. */
  revokeTokens(caller: Caller, agentId: UserId, tokenId?: string): Promise<void>;
  /**
   * The agent as a caller, for whoever may speak as it: itself, admins, the host's backend. Throws `not_found`,
   * `permission_denied`, and `conflict` when it is deactivated.
   */
  speakAs(caller: Caller, agentId: UserId): Promise<Caller>;
}

const MOST_TOKENS = 20;
const position = z.tuple([z.uuid()]);

export function createAgents({ db, onTokensRevoked }: AgentsDeps): Agents {
  async function read(id: UserId): Promise<AgentRow> {
    const row = await findAgent(db, id);
    if (!row) throw notFound("agent");
    return row;
  }

  return {
    async create(caller, wanted) {
      requireAdmin(caller);
      if (isReservedUsername(wanted.username)) {
        throw invalid("body.username", "Must not be a name with a meaning of its own, like all or here");
      }
      const userId = uuidv7() as UserId;
      await db.transaction(async (tx) => {
        const user = await insertUser(tx, {
          id: userId,
          externalId: null,
          username: wanted.username,
          slug: slugFrom(wanted.username),
          displayName: wanted.display_name,
          avatarUrl: wanted.avatar_url ?? null,
          kind: "agent",
        });
        if (!user) throw new ParleyError("conflict", { detail: "This username is taken: choose another." });
        await insertAgent(tx, { userId, description: wanted.description ?? "", createdBy: caller.userId });
      });
      return toAgent(await read(userId), []);
    },

    async list(caller, { limit, cursor }) {
      requireAdmin(caller);
      const after = decodeCursor(cursor, position)?.[0] as UserId | undefined;
      const { rows, nextCursor } = cutPage(await listAgents(db, after, limit + 1), limit, (row) => [row.id]);
      const ids = rows.map((row) => row.id);
      const tokens = await listAgentTokens(db, ids);
      const tokensOf = (id: UserId): AgentTokenRow[] => tokens.filter((token) => token.agentId === id);
      return { items: rows.map((row) => toAgent(row, tokensOf(row.id))), next_cursor: nextCursor };
    },

    async issueToken(caller, agentId, wanted) {
      requireAdmin(caller);
      requireActive(await read(agentId));
      const expiresAt = wanted.expires_at === undefined ? null : new Date(wanted.expires_at);
      if (expiresAt && expiresAt.getTime() <= Date.now()) throw invalid("body.expires_at", "Must be in the future");
      const token = makeAgentToken();
      const row = await db.transaction((tx) =>
        insertAgentToken(
          tx,
          {
            id: uuidv7(),
            agentId,
            name: wanted.name ?? "",
            hash: hashAgentToken(token),
            expiresAt,
            createdBy: caller.userId,
          },
          MOST_TOKENS,
        ),
      );
      if (!row)
        throw new ParleyError("conflict", { detail: `An agent has at most ${MOST_TOKENS} tokens: revoke one first.` });
      return { ...toAgentToken(row), token };
    },

    async revokeTokens(caller, agentId, tokenId) {
      requireAdmin(caller);
      await read(agentId);
      if (tokenId !== undefined && !(await hasAgentToken(db, agentId, tokenId))) throw notFound("token");
      await db.transaction((tx) => revokeAgentTokens(tx, agentId, tokenId));
      onTokensRevoked(agentId, tokenId);
    },

    async speakAs(caller, agentId) {
      requireActive(await read(agentId));
      if (caller.userId === agentId) return caller;
      requireAdmin(caller);
      return { userId: agentId, kind: "agent", isAdmin: false, isStaff: false, isService: false };
    },
  };
}

function requireAdmin(caller: Caller): void {
  if (!caller.isAdmin && !caller.isService)
    throw new ParleyError("permission_denied", { detail: "This is for administrators." });
}

function requireActive(agent: AgentRow): void {
  if (agent.deactivatedAt) throw new ParleyError("conflict", { detail: "This agent is deactivated." });
}

function toAgent(row: AgentRow, tokens: readonly AgentTokenRow[]): Agent {
  return {
    id: row.id,
    username: row.username,
    display_name: row.displayName,
    avatar_url: row.avatarUrl,
    description: row.description === "" ? null : row.description,
    tokens: tokens.map(toAgentToken),
    created_by: row.createdBy,
    created_at: row.createdAt.toISOString(),
    deactivated_at: row.deactivatedAt?.toISOString() ?? null,
  };
}

function toAgentToken(row: AgentTokenRow): AgentToken {
  return {
    id: row.id,
    name: row.name === "" ? null : row.name,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt?.toISOString() ?? null,
    last_used_at: row.lastUsedAt?.toISOString() ?? null,
  };
}
