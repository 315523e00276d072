/** What went wrong, as far as the caller can act on it. Codes: PostgreSQL manual, appendix A. */

const SERIALIZATION_FAILURE = "40001";
const DEADLOCK_DETECTED = "40P01";
const LOCK_NOT_AVAILABLE = "55P03";
const QUERY_CANCELED = "57014";
const UNIQUE_VIOLATION = "23505";
/** The class of disk_full, out_of_memory, too_many_connections. */
const INSUFFICIENT_RESOURCES = "53";

const LOST_STATES = new Set(["57P01", "57P02", "57P03", "08000", "08001", "08003", "08004", "08006", "08P01"]);
const LOST_ERRNOS = new Set(["ECONNRESET", "ECONNREFUSED", "EPIPE", "ENOENT", "ETIMEDOUT", "EHOSTUNREACH"]);
/** What the driver says when the time for an answer (`query_timeout`) is over. */
const SILENCE_MESSAGE = /query read timeout/i;
const LOST_MESSAGE =
  /query read timeout|connection terminated|connection ended|client has encountered a connection error|not queryable|client was closed|closing|timeout exceeded when trying to connect|timeout expired/i;

/** The SQLSTATE or the operating system's error name; undefined for anything else. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** PostgreSQL rolled the transaction back and says: try again. */
export function isConflict(error: unknown): boolean {
  const code = errorCode(error);
  return code === SERIALIZATION_FAILURE || code === DEADLOCK_DETECTED;
}

/** The connection is gone (or never came about). Whether a COMMIT in flight took effect is then unknown. */
export function isConnectionLoss(error: unknown): boolean {
  const code = errorCode(error);
  if (code !== undefined) return LOST_STATES.has(code) || LOST_ERRNOS.has(code);
  return error instanceof Error && LOST_MESSAGE.test(error.message);
}

/**
 * The answer did not come long after PostgreSQL itself would have given up: the connection is half open. It is good for nothing any
 * more, not even for a ROLLBACK.
 */
export function isSilence(error: unknown): boolean {
  return error instanceof Error && (SILENCE_MESSAGE.test(error.message) || isSilence(error.cause));
}

/** The statement waited longer for a lock, or ran longer, than it may, or there was no room for it: it did nothing. */
export function isCutShort(error: unknown): boolean {
  const code = errorCode(error);
  return code === LOCK_NOT_AVAILABLE || code === QUERY_CANCELED || isOutOfRoom(error);
}

/** The disk is full, or memory or connections are used up: not for ever, it is hoped. */
export function isOutOfRoom(error: unknown): boolean {
  return errorCode(error)?.startsWith(INSUFFICIENT_RESOURCES) ?? false;
}

/** A row with this key is there already; `constraint` is the name of the unique index, without it any. */
export function isDuplicateKey(error: unknown, constraint?: string): boolean {
  if (errorCode(error) !== UNIQUE_VIOLATION) return false;
  return constraint === undefined || (error as { constraint?: unknown }).constraint === constraint;
}
