import type { GetToken } from "@parley/client";

/** Where tokens come from. Another way to sign in (OpenID Connect, say) is another of these. */
export interface TokenSource {
  readonly getToken: GetToken;
  /** Names the outbox on this device before there is a token; undefined where the token's subject will. */
  readonly account?: string;
}
