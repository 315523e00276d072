import { createHmac } from "node:crypto";

/** What makes two sends with one id the same message. */
export interface FingerprintedContent {
  readonly contentType: string;
  readonly content: string;
  readonly metadata: unknown;
  readonly parentId: string | null;
  readonly attachments: unknown;
}

/**
 * Keyed hash of what was sent, as 32 hex digits: tells a retry from another message with the same id (DESIGN 2.5). Keyed, so that
 * whoever reads the table cannot test guesses of a content that was deleted since.
 */
export function fingerprint(key: Uint8Array, sent: FingerprintedContent): string {
  const hmac = createHmac("sha256", key);
  // JSON, so that a boundary between fields cannot be moved; metadata with sorted keys, since order means nothing there.
  hmac.update(
    JSON.stringify([sent.contentType, sent.content, sorted(sent.metadata), sent.parentId, sorted(sent.attachments)]),
  );
  return hmac.digest("hex").slice(0, 32);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value ?? null;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
