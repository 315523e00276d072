import { ParleyError } from "@parley/protocol";
import { createRemoteJWKSet, customFetch, errors, type FetchImplementation, type JWTVerifyGetKey } from "jose";

export interface KeySetDeps {
  /** The JWKS document of the identity provider. */
  readonly url: string;
  /** Told when the keys cannot be read; the reason holds no secrets. */
  readonly onFailure?: (error: unknown) => void;
  /** How long an answer may take; default 5,000 ms. */
  readonly timeoutMs?: number;
  /** Between two readings because of an unknown key id; default 10,000 ms. So late is a rotated key noticed at most. */
  readonly coolDownMs?: number;
  /** Between two attempts while the provider does not answer; default 5,000 ms. */
  readonly retryMs?: number;
  /** After this the keys are read again, so that a withdrawn one ends; default 10 minutes. */
  readonly freshMs?: number;
  /** While the provider does not answer its last keys are used up to this age; default 24 hours. */
  readonly staleMs?: number;
}

const LARGEST_DOCUMENT = 1_048_576;

/** The provider's keys could not be read: no word about the token, so nobody is refused for it. */
class KeysUnavailableError extends Error {}

/**
 * The public keys of an identity provider, read when needed and kept. An unknown key id makes them be read again (rotation), at most
 * once per cool-down, so that forged ids do not become requests to the provider.
 *
 * The key function throws `overloaded` when there are no keys and the provider does not answer.
 */
export function createKeySet(deps: KeySetDeps): JWTVerifyGetKey {
  const {
    url,
    timeoutMs = 5_000,
    coolDownMs = 10_000,
    retryMs = 5_000,
    freshMs = 600_000,
    staleMs = 86_400_000,
  } = deps;
  let readAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;

  const read: FetchImplementation = async (address, options) => {
    if (Date.now() - failedAt < retryMs)
      throw new KeysUnavailableError("the identity provider did not answer a moment ago");
    try {
      const document = await readDocument(await fetch(address, options));
      readAt = Date.now();
      return document;
    } catch (error) {
      failedAt = Date.now();
      deps.onFailure?.(error);
      throw new KeysUnavailableError("the identity provider does not answer", { cause: error });
    }
  };
  // Age is minded here: the library would refuse everyone as soon as the provider does not answer a reload.
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: timeoutMs,
    cooldownDuration: coolDownMs,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    [customFetch]: read,
  });

  async function refresh(): Promise<void> {
    if (Date.now() - readAt < freshMs) return;
    try {
      await keys.reload();
    } catch (error) {
      if (Date.now() - readAt > staleMs) throw error;
    }
  }

  return async (header, token) => {
    try {
      await refresh();
      return await keys(header, token);
    } catch (error) {
      if (isAboutTheToken(error)) throw error;
      throw new ParleyError("overloaded", {
        detail: "The keys of the identity provider cannot be read at the moment.",
        retryAfterSeconds: Math.ceil(retryMs / 1_000),
        cause: error,
      });
    }
  };
}

function isAboutTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

/** The document, unless the answer is a failure, longer than any key set, or none at all. */
async function readDocument(response: Response): Promise<Response> {
  if (response.status !== 200 || response.body === null) throw new Error(`the key set answered ${response.status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > LARGEST_DOCUMENT) throw new Error(`the key set is larger than ${LARGEST_DOCUMENT} bytes`);
    chunks.push(chunk);
  }
  const document: unknown = JSON.parse(Buffer.concat(chunks).toString());
  if (typeof document !== "object" || document === null || !("keys" in document) || !Array.isArray(document.keys)) {
    throw new Error("the key set has no keys");
  }
  return Response.json(document);
}
