import { ERRORS, ParleyError, errorEntry, invalid, problemType, type Problem } from "@parley/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "../../telemetry/logger.ts";

export interface ErrorDeps {
  readonly logger: Logger;
  /** Whether an error means that the database is away, so that trying again later makes sense. */
  readonly isUnavailable: (error: unknown) => boolean;
}

export type AnswerError = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply;

/**
 * Answers any error as a problem document (RFC 9457). What is not one of ours is logged under the request's id and masked: its text
 * may hold what nobody outside should read.
 */
export function createErrorAnswer({ logger, isUnavailable }: ErrorDeps): AnswerError {
  function translate(error: unknown, request: FastifyRequest): ParleyError {
    const known = error instanceof ParleyError ? error : fromFramework(error);
    if (known !== undefined) return known;
    const context = { err: error, request_id: request.id, method: request.method, route: request.routeOptions.url };
    if (isUnavailable(error)) {
      logger.warn(context, "the database is away");
      return new ParleyError("overloaded", {
        detail: "The database cannot be reached. Nothing was done that was not answered.",
      });
    }
    logger.error(context, "a request failed");
    return new ParleyError("internal", {
      detail: "Something went wrong here. Name the request_id to whoever runs this server.",
    });
  }

  return (error, request, reply) => sendProblem(reply, request.id, translate(error, request));
}

export function sendProblem(reply: FastifyReply, requestId: string, error: ParleyError): FastifyReply {
  const problem = toProblem(error, requestId);
  if (problem.retry_after_seconds !== undefined) reply.header("retry-after", String(problem.retry_after_seconds));
  if (error.code === "unauthenticated") reply.header("www-authenticate", 'Bearer realm="parley"');
  return reply.code(problem.status).type("application/problem+json; charset=utf-8").send(JSON.stringify(problem));
}

export function toProblem(error: ParleyError, requestId: string): Problem {
  const { status, title } = errorEntry(error.code);
  const retryAfter = error.retryAfterSeconds ?? (error.code === "overloaded" ? 1 : undefined);
  return {
    type: problemType(error.code),
    title,
    status,
    detail: error.message,
    code: error.code,
    request_id: requestId,
    ...(error.errors === undefined ? {} : { errors: [...error.errors] }),
    ...(retryAfter === undefined ? {} : { retry_after_seconds: retryAfter }),
  };
}

/** What the framework refuses before anything of ours runs. */
const FRAMEWORK_ERRORS: Readonly<Record<string, () => ParleyError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => new ParleyError("too_large", { detail: "The body is larger than 1 MiB." }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new ParleyError("unsupported_media_type", { detail: "Send the body as `Content-Type: application/json`." }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => invalid("body", "Must be as long as Content-Length says"),
  FST_ERR_BAD_URL: () => invalid("path", "Must be percent-encoded UTF-8"),
  FST_ERR_MAX_PARAM_LENGTH: () => invalid("path", "Must not have a part that long"),
};

function fromFramework(error: unknown): ParleyError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  const known = typeof code === "string" ? FRAMEWORK_ERRORS[code] : undefined;
  if (known !== undefined) return known();
  // Anything else that it blames on the client, such as a body that breaks off.
  const isClients = typeof statusCode === "number" && statusCode >= 400 && statusCode < ERRORS.internal.status;
  return isClients
    ? new ParleyError("validation_failed", { detail: "The request could not be read.", cause: error })
    : undefined;
}
