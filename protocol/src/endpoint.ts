import type * as z from "zod";
import type { ErrorCode } from "./errors.ts";

/**
 * Who may call an endpoint at all; what they may then do there is for the services.
 *
 * - `public`: anyone, without a token
 * - `user`: any valid token
 * - `staff`: staff, admins and service tokens
 * - `admin`: admins and service tokens
 * - `service`: service tokens alone
 */
export type Access = "public" | "user" | "staff" | "service" | "admin";

/** One row of the HTTP API: what its route validates with, its client speaks with and its documentation says. */
export interface Endpoint {
  readonly id: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With `:name` for parameters: "/v1/conversations/:conversation_id". */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  readonly access: Access;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** By status; null where there is no content. */
  readonly responses: Readonly<Record<number, z.ZodType | null>>;
  /** The content type of the answer where it is not JSON. */
  readonly produces?: "text/event-stream" | "text/plain";
  readonly errors: readonly ErrorCode[];
  /** `response` is the answer to that request, whichever its status. */
  readonly example?: {
    readonly params?: Readonly<Record<string, string>>;
    readonly query?: Readonly<Record<string, string>>;
    readonly body?: unknown;
    readonly response?: unknown;
  };
}

/** Keeps the exact type of a definition, so that handlers and clients infer from it. */
export function endpoint<const E extends Endpoint>(definition: E): E {
  return definition;
}

/** What every endpoint with a token and input may answer. */
export const COMMON_ERRORS = [
  "validation_failed",
  "unauthenticated",
  "rate_limited",
  "overloaded",
  "internal",
] as const satisfies ErrorCode[];

/** The same for endpoints that take a body. */
export const BODY_ERRORS = [...COMMON_ERRORS, "too_large", "unsupported_media_type"] as const satisfies ErrorCode[];
