import * as z from "zod";
import { CLOSE_CODES } from "./close-codes.ts";
import type { CloseCode } from "./close-codes.ts";

/** Names of gRPC status codes that the catalogue uses. */
export type GrpcStatus =
  | "INVALID_ARGUMENT"
  | "UNAUTHENTICATED"
  | "PERMISSION_DENIED"
  | "FAILED_PRECONDITION"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "RESOURCE_EXHAUSTED"
  | "UNIMPLEMENTED"
  | "UNAVAILABLE"
  | "INTERNAL";

interface ErrorEntry {
  /** HTTP status. */
  readonly status: number;
  /** Short and the same for every occurrence. */
  readonly title: string;
  /** The close code, where this error can end a socket. */
  readonly socketCode?: CloseCode;
  readonly grpcStatus: GrpcStatus;
  /** What happened and what to do, for the reference. */
  readonly description: string;
}

/** Every error Parley answers with, whatever the protocol. docs/reference/errors.md lists exactly these; a test holds them equal. */
export const ERRORS = {
  validation_failed: {
    status: 400,
    title: "The request is not valid",
    grpcStatus: "INVALID_ARGUMENT",
    description:
      "Something in the path, query or body is not as documented. `errors` names each place and what is wrong there.",
  },
  invalid_frame: {
    status: 400,
    title: "The frame is not valid",
    socketCode: CLOSE_CODES.protocol_error,
    grpcStatus: "INVALID_ARGUMENT",
    description: "A socket frame is no JSON object, or has no known `type`. The tenth one closes the socket with 4400.",
  },
  unauthenticated: {
    status: 401,
    title: "Authentication is needed",
    socketCode: CLOSE_CODES.unauthenticated,
    grpcStatus: "UNAUTHENTICATED",
    description: "There is no token, or it is malformed, forged, expired or revoked. Get a new one and try again.",
  },
  permission_denied: {
    status: 403,
    title: "Permission denied",
    grpcStatus: "PERMISSION_DENIED",
    description: "You may see this, but not do that with it. `detail` says which permission or role it takes.",
  },
  not_a_member: {
    status: 403,
    title: "Not a member",
    grpcStatus: "PERMISSION_DENIED",
    description: "You may read this conversation, but only its members may do that. Join first.",
  },
  contact_refused: {
    status: 403,
    title: "Contact refused",
    grpcStatus: "PERMISSION_DENIED",
    description:
      "This person cannot be written to or added by you. Blocks, contact policies and consents all answer with this, so that none is told from another.",
  },
  edit_window_over: {
    status: 403,
    title: "The edit window is over",
    grpcStatus: "FAILED_PRECONDITION",
    description: "A message may be edited only for a while after it was sent. Send a new one.",
  },
  not_found: {
    status: 404,
    title: "Not found",
    grpcStatus: "NOT_FOUND",
    description: "There is no such thing, or you may not see it: the answer is the same.",
  },
  method_not_allowed: {
    status: 405,
    title: "Method not allowed",
    grpcStatus: "UNIMPLEMENTED",
    description: "The path exists, but not with this method. The `Allow` header lists those it has.",
  },
  conflict: {
    status: 409,
    title: "Conflict",
    grpcStatus: "ALREADY_EXISTS",
    description:
      "The request contradicts what is there: an id or name is taken, or the state does not allow it. Read the present state and decide again.",
  },
  message_deleted: {
    status: 409,
    title: "The message is deleted",
    grpcStatus: "FAILED_PRECONDITION",
    description: "A deleted message can be neither edited, pinned nor reacted to. Restore it first, if you may.",
  },
  transfer_required: {
    status: 409,
    title: "Ownership must be transferred first",
    grpcStatus: "FAILED_PRECONDITION",
    description:
      "The last owner can neither leave, be removed nor be given a lower role. Transfer the ownership first.",
  },
  too_large: {
    status: 413,
    title: "Too large",
    grpcStatus: "INVALID_ARGUMENT",
    description: "The body or frame is larger than the service takes (1 MiB unless configured).",
  },
  unsupported_media_type: {
    status: 415,
    title: "Unsupported media type",
    grpcStatus: "INVALID_ARGUMENT",
    description: "The body has a content type that this endpoint does not take. Send `application/json`.",
  },
  rate_limited: {
    status: 429,
    title: "Too many requests",
    socketCode: CLOSE_CODES.rate_limited,
    grpcStatus: "RESOURCE_EXHAUSTED",
    description:
      "A rate limit or the conversation's slow mode. Wait as many seconds as `Retry-After` (`retry_after_seconds` on the socket) says.",
  },
  internal: {
    status: 500,
    title: "Internal error",
    grpcStatus: "INTERNAL",
    description: "A fault of the service, logged with the `request_id`. A send with an `id` is safe to try again.",
  },
  overloaded: {
    status: 503,
    title: "Overloaded",
    grpcStatus: "UNAVAILABLE",
    description:
      "The service has more to do than it can queue, or its database is away. Try again after `Retry-After`; a send with an `id` is safe to repeat.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

export const ERROR_CODES = Object.keys(ERRORS) as ErrorCode[];

/** The catalogue's entry of a code, with `socketCode` where it has one. */
export function errorEntry(code: ErrorCode): ErrorEntry {
  return ERRORS[code];
}

export const errorCode = z.enum(ERROR_CODES as [ErrorCode, ...ErrorCode[]]).meta({ id: "ErrorCode" });

export const fieldError = z
  .object({
    path: z.string().meta({
      description: "Where: dotted, starting with `body`, `query` or `params` over HTTP, with `data` on the socket",
    }),
    message: z.string(),
  })
  .meta({ id: "FieldError" });
export type FieldError = z.infer<typeof fieldError>;

/** RFC 9457 problem document, `application/problem+json`. */
export const problem = z
  .object({
    type: z.string().meta({ description: "A URI that names the kind of error" }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    code: errorCode,
    request_id: z.string(),
    errors: z.array(fieldError).optional().meta({ description: "Only with `validation_failed`" }),
    retry_after_seconds: z.number().optional().meta({ description: "The value of `Retry-After`, where there is one" }),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem document" });
export type Problem = z.infer<typeof problem>;

/** The `type` of a problem document: a stable name, not an address. */
export function problemType(code: ErrorCode): string {
  return `urn:parley:error:${code}`;
}

export interface ParleyErrorOptions {
  /** What happened and what to do about it. Shown to the caller: never a secret, a stack or what they may not know. */
  detail: string;
  /** Each place that is wrong; only with `validation_failed`. */
  errors?: readonly FieldError[] | undefined;
  /** After how many seconds trying again makes sense; with `rate_limited` and `overloaded`. */
  retryAfterSeconds?: number | undefined;
  /** What led here: for the log alone. */
  cause?: unknown;
}

/** The one error that services throw and adapters translate. Anything else that reaches an adapter is an `internal`. */
export class ParleyError extends Error {
  override readonly name = "ParleyError";
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, options: ParleyErrorOptions) {
    super(options.detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** A `validation_failed` for one place. */
export function invalid(path: string, message: string): ParleyError {
  return new ParleyError("validation_failed", { detail: message, errors: [{ path, message }] });
}

/** A `not_found` that names what was looked for: "conversation", "message" … */
export function notFound(what: string): ParleyError {
  return new ParleyError("not_found", { detail: `There is no such ${what}, or you may not see it.` });
}
