import { displayName, externalId, isStorableText, webUrl } from "@parley/protocol";
import type { JWTPayload } from "jose";
import { refusedToken } from "./refusals.ts";

/** What a verified token says about who holds it (DESIGN section 4). */
export interface Claims {
  /** `sub`: the id that the host application or the identity provider knows them by. */
  readonly subject: string;
  readonly name: string | undefined;
  readonly preferredUsername: string | undefined;
  readonly email: string | undefined;
  readonly picture: string | undefined;
  /** undefined where the token does not say. */
  readonly isAdmin: boolean | undefined;
  readonly isStaff: boolean | undefined;
  readonly isService: boolean;
  /** Milliseconds since 1970. */
  readonly issuedAt: number | undefined;
  readonly expiresAt: number | undefined;
}

const LONGEST_EMAIL = 320;

/**
 * Reads the claims. `sub` has to be there and sound, since it is the identity; anything else that makes no sense is passed over,
 * because a provider's odd name must not lock people out.
 */
export function readClaims(payload: JWTPayload): Claims {
  const subject = externalId.safeParse(payload.sub);
  if (!subject.success || subject.data !== payload.sub)
    throw refusedToken("The token's `sub` is missing or not usable as an id.");
  return {
    subject: subject.data,
    name: displayName.safeParse(payload["name"]).data,
    preferredUsername: displayName.safeParse(payload["preferred_username"]).data,
    email: email(payload["email"]),
    picture: webUrl.safeParse(payload["picture"]).data,
    isAdmin: flag(payload["admin"]),
    isStaff: flag(payload["staff"]),
    isService: scopesOf(payload["scope"]).includes("service"),
    issuedAt: payload.iat === undefined ? undefined : payload.iat * 1_000,
    expiresAt: payload.exp === undefined ? undefined : payload.exp * 1_000,
  };
}

function flag(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

function email(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > LONGEST_EMAIL) return undefined;
  return isStorableText(value) && /^[^\s@]+@[^\s@]+$/.test(value) ? value : undefined;
}

/** A list in one string as RFC 8693 has it, or an array, as some providers write it. */
function scopesOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === "string" ? value.split(" ") : [];
}
