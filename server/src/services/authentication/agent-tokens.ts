import { createHash, randomBytes } from "node:crypto";

/** What agent tokens begin with, so that they are told from JWTs, and found by scanners for leaked secrets. */
const PREFIX = "parley_agent_";
const BYTES = 32;

export function makeAgentToken(): string {
  return PREFIX + randomBytes(BYTES).toString("base64url");
}

export function isAgentToken(token: string): boolean {
  return token.startsWith(PREFIX);
}

/** What is kept of a token. Its 256 random bits need no slow hash: there is nothing to guess. */
export function hashAgentToken(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
