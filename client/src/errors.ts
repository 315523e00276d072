import type { ErrorCode, FieldError } from "@parley/protocol";

/**
 * What can fail on this side:
 *
 * - `offline`: the service was not reached, or the connection broke before it answered
 * - `timeout`: it did not answer in time
 * - `closed`: the client was closed
 */
export type LocalErrorCode = "offline" | "timeout" | "closed";

export interface ParleyErrorOptions {
  readonly status?: number | undefined;
  /** Each place that is wrong; only with `validation_failed`. */
  readonly errors?: readonly FieldError[] | undefined;
  readonly retryAfterSeconds?: number | undefined;
  /** What the service's operators find it by. */
  readonly requestId?: string | undefined;
  readonly cause?: unknown;
}

/** The one error of the SDK. Decide by `code`; `message` is for people. */
export class ParleyError extends Error {
  /** Always `ParleyError`. */
  override readonly name = "ParleyError";
  /** What failed: one of the service's catalogue, or of this side. */
  readonly code: ErrorCode | LocalErrorCode;
  /** The HTTP status; undefined where the service was not asked, or over the socket. */
  readonly status: number | undefined;
  /** Each place of the input that is wrong; only with `validation_failed`. */
  readonly errors: readonly FieldError[] | undefined;
  /** When it may be tried again; with `rate_limited` and `overloaded`. */
  readonly retryAfterSeconds: number | undefined;
  /** What the service's operators find it by. */
  readonly requestId: string | undefined;

  /** For tests and stand-ins; the SDK makes its own. */
  constructor(code: ErrorCode | LocalErrorCode, message: string, options: ParleyErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.requestId = options.requestId;
  }
}

const PASSING: ReadonlySet<string> = new Set(["offline", "timeout", "rate_limited", "overloaded", "internal"]);

/** Whether the same may work later. */
export function isPassing(error: unknown): boolean {
  return error instanceof ParleyError && PASSING.has(error.code);
}

export function hasCode(error: unknown, code: ParleyError["code"]): boolean {
  return error instanceof ParleyError && error.code === code;
}
