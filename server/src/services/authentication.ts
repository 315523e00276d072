import { hash } from "node:crypto";
import { ParleyError, uuid } from "@parley/protocol";
import { LRUCache } from "lru-cache";
import { HOST } from "../domain/access.ts";
import type { Caller } from "../domain/caller.ts";
import { SYSTEM_USER, type UserId } from "../domain/ids.ts";
import { isAgentTokenUsable } from "../store/agents.ts";
import type { Database } from "../store/database.ts";
import type { UserRow } from "../store/users.ts";
import { createProver, type Proof } from "./authentication/prove.ts";
import { deactivated, missingToken, refusedToken } from "./authentication/refusals.ts";
import type { JwtVerifier } from "./authentication/verify-jwt.ts";
import type { RateLimits } from "./rate-limits.ts";
import type { UserCache } from "./user-cache.ts";

export interface AuthenticationDeps {
  readonly db: Database;
  readonly users: UserCache;
  readonly verifyJwt: JwtVerifier;
  readonly limits: Pick<RateLimits, "requireFewFailures" | "countFailure">;
}

export interface AuthenticationRequest {
  /** As the client sent it, without `Bearer`. */
  readonly token: string | undefined;
  /** `Parley-Act-As`: the user that a service token speaks for. */
  readonly actAs?: string | undefined;
  /** Where the request comes from; failed attempts are counted by it. */
  readonly address: string;
}

export type TokenKind = "user" | "service" | "agent";

/** Who asks, proven by a token. */
export interface Identity {
  readonly caller: Caller;
  /** When the token ends, in milliseconds since 1970; null where it does not. */
  readonly expiresAt: number | null;
  readonly tokenKind: TokenKind;
  /** Which of an agent's tokens it was; null for others. */
  readonly tokenId: string | null;
}

export interface Authentication {
  /**
   * Checks a token. What was proven is remembered, so that active callers cost neither cryptography nor the database; users who are
   * deactivated and tokens that are revoked are noticed at once on this node and within five seconds on others.
   *
   * Throws `unauthenticated` (missing, malformed, forged, expired or revoked token; deactivated user), `rate_limited` (too many
   * failures from this address; tokens that were proven before still pass), `permission_denied` (acting for others without a
   * service token), `not_found` (nobody to act for), `validation_failed` (no id to act for) and `overloaded` (the identity provider
   * does not answer).
   */
  readonly authenticate: (request: AuthenticationRequest) => Promise<Identity>;
  /**
   * For what lives longer than a request: the identity as it is now. Throws `unauthenticated` once the user is deactivated or the
   * agent's token revoked; the token's end is for the holder to watch.
   */
  readonly recheck: (identity: Identity) => Promise<Identity>;
  /** To be called after agent tokens were revoked: what was proven by any agent's token is looked up again. */
  readonly noteRevocation: () => void;
}

const REMEMBERED_TOKENS = 20_000;

export function createAuthentication({ db, users, verifyJwt, limits }: AuthenticationDeps): Authentication {
  /** By the hash of the token: shorter by far, and nothing that anybody could use. */
  const proofs = new LRUCache<string, Proof>({ max: REMEMBERED_TOKENS });
  const prover = createProver({ db, users, verifyJwt });

  /** Requests that come with the same new token at once are one attempt. */
  const running = new Map<string, Promise<Proof>>();
  function prove(key: string, token: string, address: string): Promise<Proof> {
    const attempt = running.get(key) ?? start(key, token, address);
    running.set(key, attempt);
    return attempt;
  }

  async function start(key: string, token: string, address: string): Promise<Proof> {
    try {
      const proof = await prover.prove(token);
      proofs.set(key, proof);
      return proof;
    } catch (error) {
      proofs.delete(key);
      if (error instanceof ParleyError && error.code === "unauthenticated") limits.countFailure(address);
      throw error;
    } finally {
      running.delete(key);
    }
  }

  async function activeUser(id: UserId): Promise<UserRow | undefined> {
    const row = users.peek(id) ?? (await users.get(id));
    if (row?.deactivatedAt) throw deactivated();
    return row;
  }

  async function callerOf(proof: Proof, actAs: string | undefined): Promise<Caller> {
    if (actAs !== undefined && proof.kind !== "service") {
      throw new ParleyError("permission_denied", { detail: "Only service tokens may act for a user (Parley-Act-As)." });
    }
    if (proof.kind !== "service") {
      const row = await activeUser(proof.userId);
      if (!row) throw refusedToken("The user of this token is not there any more.");
      return toCaller(row, false);
    }
    if (actAs === undefined) return HOST;
    const row = await activeUser(userIdOf(actAs));
    if (!row) throw new ParleyError("not_found", { detail: "There is no such user to act for (Parley-Act-As)." });
    return row.id === SYSTEM_USER ? HOST : toCaller(row, true);
  }

  return {
    async authenticate({ token, actAs, address }) {
      if (token === undefined || token === "") throw missingToken();
      const key = hash("sha256", token, "base64url");
      let proof = proofs.get(key);
      if (proof === undefined || !prover.isStillGood(proof)) {
        // An address that guesses must not lock out those who share it and are known: they never come here.
        if (proof === undefined) limits.requireFewFailures(address);
        proof = await prove(key, token, address);
      }
      return {
        caller: await callerOf(proof, actAs),
        expiresAt: proof.expiresAt,
        tokenKind: proof.kind,
        tokenId: proof.tokenId,
      };
    },

    async recheck(identity) {
      const { caller, tokenId } = identity;
      if (tokenId !== null && !(await isAgentTokenUsable(db, tokenId))) throw refusedToken("The token was revoked.");
      if (caller.userId === SYSTEM_USER) return identity;
      const row = await activeUser(caller.userId);
      return row ? { ...identity, caller: toCaller(row, caller.isService) } : identity;
    },

    noteRevocation: prover.noteRevocation,
  };
}

/** The user as a caller. */
export function toCaller(row: UserRow, isService: boolean): Caller {
  return { userId: row.id, kind: row.kind, isAdmin: row.isAdmin, isStaff: row.isStaff || row.isAdmin, isService };
}

function userIdOf(text: string): UserId {
  const id = uuid.safeParse(text);
  if (id.success) return id.data as UserId;
  const message = "Must be the id of a user (a UUID)";
  throw new ParleyError("validation_failed", { detail: message, errors: [{ path: "headers.parley-act-as", message }] });
}
