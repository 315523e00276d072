import { ParleyError } from "@parley/protocol";

/** The token proves nothing. Says why, as far as it helps its honest holder; never what is in it. */
export function refusedToken(detail: string, cause?: unknown): ParleyError {
  return new ParleyError("unauthenticated", { detail, cause });
}

export function missingToken(): ParleyError {
  return new ParleyError("unauthenticated", { detail: "A token is needed: send `Authorization: Bearer <token>`." });
}

export function deactivated(): ParleyError {
  return new ParleyError("unauthenticated", { detail: "This account is deactivated." });
}
