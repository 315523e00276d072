import type { UserId } from "../../domain/ids.ts";
import { findUsableAgentToken, touchAgentToken } from "../../store/agents.ts";
import type { Database } from "../../store/database.ts";
import type { UserCache } from "../user-cache.ts";
import { hashAgentToken, isAgentToken } from "./agent-tokens.ts";
import { createIdentities } from "./identities.ts";
import { deactivated, refusedToken } from "./refusals.ts";
import { CLOCK_SKEW_SECONDS, type JwtVerifier } from "./verify-jwt.ts";

/** What a token has been found to prove. */
export type Proof = UserProof | ServiceProof | AgentProof;

interface Validity {
  /** When the token ends, in milliseconds since 1970; null where it does not. */
  readonly expiresAt: number | null;
  /** Until then this may be believed without looking again. */
  readonly goodUntil: number;
}
interface UserProof extends Validity {
  readonly kind: "user";
  readonly userId: UserId;
  readonly tokenId: null;
}
interface ServiceProof extends Validity {
  readonly kind: "service";
  readonly tokenId: null;
}
interface AgentProof extends Validity {
  readonly kind: "agent";
  readonly userId: UserId;
  readonly tokenId: string;
  /** How many revocations this node had seen before the token was looked up. */
  readonly revocations: number;
}

export interface Prover {
  /** Throws `unauthenticated`, and `overloaded` when an identity provider does not answer. */
  prove(token: string): Promise<Proof>;
  isStillGood(proof: Proof): boolean;
  /** Agent tokens were revoked: all are looked up again, also those that are being looked up right now. */
  readonly noteRevocation: () => void;
}

/** So late is a token noticed that another node revoked. */
const AGENT_RECHECK_MS = 3_000;
/** `last_used_at` says when an agent was last seen, not each time it was. */
const TOUCH_MS = 5 * 60_000;

export function createProver({
  db,
  users,
  verifyJwt,
}: {
  db: Database;
  users: UserCache;
  verifyJwt: JwtVerifier;
}): Prover {
  const findOrCreateUser = createIdentities({ db, users });
  let revocations = 0;

  async function proveJwt(token: string): Promise<Proof> {
    const claims = await verifyJwt(token);
    const expiresAt = claims.expiresAt ?? null;
    const goodUntil = expiresAt === null ? Number.POSITIVE_INFINITY : expiresAt + CLOCK_SKEW_SECONDS * 1_000;
    if (claims.isService) return { kind: "service", tokenId: null, expiresAt, goodUntil };
    const user = await findOrCreateUser(claims);
    if (user.deactivatedAt) throw deactivated();
    return { kind: "user", userId: user.id, tokenId: null, expiresAt, goodUntil };
  }

  async function proveAgent(token: string): Promise<Proof> {
    const seen = revocations;
    const row = await findUsableAgentToken(db, hashAgentToken(token));
    if (!row) throw refusedToken("The agent token is not valid: it is unknown, expired or revoked.");
    if (row.lastUsedAt === null || Date.now() - row.lastUsedAt.getTime() > TOUCH_MS) {
      await db.transaction((tx) => touchAgentToken(tx, row.id));
    }
    const expiresAt = row.expiresAt?.getTime() ?? null;
    const goodUntil = Math.min(Date.now() + AGENT_RECHECK_MS, expiresAt ?? Number.POSITIVE_INFINITY);
    return { kind: "agent", userId: row.agentId, tokenId: row.id, expiresAt, goodUntil, revocations: seen };
  }

  return {
    prove: (token) => (isAgentToken(token) ? proveAgent(token) : proveJwt(token)),
    isStillGood: (proof) =>
      Date.now() < proof.goodUntil && (proof.kind !== "agent" || proof.revocations === revocations),
    noteRevocation() {
      revocations += 1;
    },
  };
}
