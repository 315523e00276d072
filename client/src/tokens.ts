import type { Clock } from "./clock.ts";
import { ParleyError } from "./errors.ts";

/** Asks the host application for a token. `renew`: the last one is ending or was refused. Null: nobody is signed in. */
export type GetToken = (reason: { readonly renew: boolean }) => Promise<string | null> | string | null;

export interface Tokens {
  /** The present token, or a new one where it has ended. */
  current(): Promise<string>;
  /** A new one, whatever the present one is worth. */
  renew(): Promise<string>;
  /** Milliseconds since the epoch; undefined where the token does not say, or there is none yet. */
  expiresAt(): number | undefined;
  /** Whom the present token is for, as the host application calls them. */
  subject(): string | undefined;
  /** Whether a new one can be had at all. */
  readonly renewable: boolean;
}

/** A token is not used in its last seconds: clocks differ, and the way to the service takes time. */
const LEEWAY_MS = 5_000;

export function createTokens(source: { readonly token?: string; readonly getToken?: GetToken }, clock: Clock): Tokens {
  const { token: fixed, getToken } = source;
  let held = fixed;
  let asking: Promise<string> | undefined;

  async function ask(renew: boolean): Promise<string> {
    const token = getToken ? await askHost(getToken, renew) : fixed;
    if (token == null) throw new ParleyError("unauthenticated", "There is no token: nobody is signed in.");
    held = token;
    return token;
  }
  const askOnce = (renew: boolean): Promise<string> =>
    (asking ??= ask(renew).finally(() => {
      asking = undefined;
    }));
  const expiresAt = (): number | undefined => {
    const { exp } = claimsOf(held);
    return typeof exp === "number" ? exp * 1_000 : undefined;
  };

  return {
    current() {
      const hasEnded = (expiresAt() ?? Infinity) - LEEWAY_MS <= clock.now();
      return held !== undefined && !(hasEnded && getToken) ? Promise.resolve(held) : askOnce(held !== undefined);
    },
    renew: () => askOnce(true),
    expiresAt,
    subject() {
      const { sub } = claimsOf(held);
      return typeof sub === "string" ? sub : undefined;
    },
    renewable: getToken !== undefined,
  };
}

/** Where the host application cannot be reached, the service is not asked either. */
async function askHost(getToken: GetToken, renew: boolean): Promise<string | null> {
  try {
    return await getToken({ renew });
  } catch (cause) {
    throw cause instanceof ParleyError ? cause : new ParleyError("offline", "There is no token now.", { cause });
  }
}

/** What a JWT says of itself. The service decides whether it is true; here it only tells when to ask for the next. */
function claimsOf(token: string | undefined): { exp?: unknown; sub?: unknown } {
  const part = token?.split(".")[1];
  if (part === undefined) return {};
  try {
    const binary = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)))) as object;
  } catch {
    return {};
  }
}
