import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from "node:crypto";
import { ParleyError } from "@parley/protocol";
import {
  decodeProtectedHeader,
  errors,
  jwtVerify,
  UnsecuredJWT,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  type ProtectedHeaderParameters,
} from "jose";
import { readClaims, type Claims } from "./claims.ts";
import { createKeySet, type KeySetDeps } from "./key-set.ts";
import { refusedToken } from "./refusals.ts";

export interface JwtVerifierDeps {
  /** Of HS256 tokens; at least 32 bytes. */
  readonly secret: string;
  /** Where the keys of RS256, ES256 and EdDSA tokens are; without it such tokens are refused. */
  readonly keySet: KeySetDeps | undefined;
  /** Checked where they are set. */
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
}

/** Answers what the token says; throws `unauthenticated`, or `overloaded` when the provider's keys cannot be read. */
export type JwtVerifier = (token: string) => Promise<Claims>;

/** By how many seconds the clocks of issuer and server may differ. */
export const CLOCK_SKEW_SECONDS = 60;
/** Longer than any honest token, shorter than work for nothing. */
const LONGEST_TOKEN = 8_192;

const SECRET_ALGORITHMS = ["HS256"];
const KEY_ALGORITHMS = ["RS256", "ES256", "EdDSA", "Ed25519"];

/**
 * Which key a token is checked with follows from its algorithm, and each key is bound to its own algorithms: the shared secret never
 * checks anything but HS256, a public key never HS256 (algorithm confusion), and `none` is no algorithm.
 */
export function createJwtVerifier({ secret, keySet, issuer, audience }: JwtVerifierDeps): JwtVerifier {
  const secretKey = createSecretKey(Buffer.from(secret, "utf8"));
  const keys = keySet && createKeySet(keySet);
  const options: JWTVerifyOptions = {
    clockTolerance: CLOCK_SKEW_SECONDS,
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  };

  async function verify(token: string): Promise<JWTPayload> {
    const { alg: algorithm = "", crit } = headerOf(token);
    if (SECRET_ALGORITHMS.includes(algorithm)) {
      if (crit === undefined) return verifyBySecret(token, secretKey, options);
      return (await jwtVerify(token, secretKey, { ...options, algorithms: SECRET_ALGORITHMS })).payload;
    }
    if (keys !== undefined && KEY_ALGORITHMS.includes(algorithm)) {
      return await verifyByKeySet(token, keys, { ...options, algorithms: KEY_ALGORITHMS });
    }
    throw refusedToken("The token's algorithm is not accepted here.");
  }

  return async (token) => {
    if (token.length > LONGEST_TOKEN) throw refusedToken("The token is too long.");
    try {
      return readClaims(await verify(token));
    } catch (error) {
      throw error instanceof ParleyError ? error : explain(error);
    }
  };
}

function headerOf(token: string): ProtectedHeaderParameters {
  try {
    return decodeProtectedHeader(token);
  } catch (error) {
    throw refusedToken("The token is malformed.", error);
  }
}

const NO_SIGNATURE = Buffer.from('{"alg":"none"}').toString("base64url");

/**
 * An HS256 token without critical headers, checked on the spot: the library would hand a MAC of microseconds to another thread. What
 * is signed is read by the library, once the signature is known to be right.
 */
function verifyBySecret(token: string, secretKey: KeyObject, options: JWTVerifyOptions): JWTPayload {
  const end = token.lastIndexOf(".");
  const signed = token.slice(0, end);
  const claimed = Buffer.from(token.slice(end + 1));
  const right = Buffer.from(createHmac("sha256", secretKey).update(signed).digest("base64url"));
  if (claimed.length !== right.length || !timingSafeEqual(claimed, right))
    throw new errors.JWSSignatureVerificationFailed();
  const payload = signed.slice(signed.indexOf(".") + 1);
  return UnsecuredJWT.decode(`${NO_SIGNATURE}.${payload}.`, options).payload;
}

async function verifyByKeySet(token: string, keys: JWTVerifyGetKey, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    return await verifyByAny(token, error, options);
  }
}

/** A token without a key id, and several keys that could be it. */
async function verifyByAny(
  token: string,
  candidates: errors.JWKSMultipleMatchingKeys,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  for await (const key of candidates) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

/** Claims are looked at after the signature, so what is said about them is said to whoever the token was given to. */
function explain(error: unknown): ParleyError {
  if (error instanceof errors.JWTExpired) return refusedToken("The token has expired.", error);
  if (error instanceof errors.JWTClaimValidationFailed) return refusedToken(explainClaim(error), error);
  if (error instanceof errors.JWKSNoMatchingKey)
    return refusedToken("The token is signed with a key that is not known.", error);
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return refusedToken("The token's signature is not valid.", error);
  return refusedToken("The token is malformed.", error);
}

function explainClaim({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === "missing") return `The token's \`${claim}\` is missing.`;
  if (claim === "nbf") return "The token is not valid yet.";
  if (claim === "iss") return "The token is from another issuer.";
  if (claim === "aud") return "The token is for another audience.";
  return `The token's \`${claim}\` is not valid.`;
}
