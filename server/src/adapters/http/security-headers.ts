import { createHash } from "node:crypto";
import type { FastifyReply } from "fastify";

/** What every answer carries. Data is not cached, is never run as a page, and tells no other site where it was asked from. */
export const API_HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "cross-origin-opener-policy": "same-origin",
  // Readable by any page that CORS lets: the token is the key, not the origin.
  "cross-origin-resource-policy": "cross-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** A year, for instances that are reached by HTTPS: browsers then never try without it. */
export const STRICT_TRANSPORT: Readonly<Record<string, string>> = {
  "strict-transport-security": "max-age=31536000; includeSubDomains",
};

export interface PagePolicy {
  /** Directives beyond `default-src 'none'`, such as `script-src 'self'`. */
  readonly allow: readonly string[];
  /** How long browsers keep it; default not at all. */
  readonly cacheSeconds?: number;
}

/** Sends a page that may use what its policy names, and nothing from anywhere else. */
export function sendPage(reply: FastifyReply, html: string, { allow, cacheSeconds = 0 }: PagePolicy): FastifyReply {
  const policy = ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", ...allow];
  return reply
    .header("content-security-policy", policy.join("; "))
    .header("cache-control", cacheSeconds === 0 ? "no-store" : `public, max-age=${cacheSeconds}`)
    .header("cross-origin-resource-policy", "same-origin")
    .type("text/html; charset=utf-8")
    .send(html);
}

/** Names a piece of inline style or script, so that the policy allows it and no other. */
export function sourceHash(content: string): string {
  return `'sha256-${createHash("sha256").update(content).digest("base64")}'`;
}
