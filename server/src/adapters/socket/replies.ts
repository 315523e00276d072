import { randomUUID } from "node:crypto";
import { ERRORS, ParleyError, type ErrorFrame, type Reply } from "@parley/protocol";
import type { Logger } from "../../telemetry/logger.ts";
import { framePieces, frameText, type Framed, type Piece } from "./wire.ts";

/** What a command is answered with; the id of the command is put in when it is sent. */
export type ReplyBody =
  | { [Type in Reply["type"]]: Omit<Extract<Reply, { type: Type }>, "id"> }[Reply["type"]]
  | EncodedReply;

/** A reply whose large parts are JSON already. */
export interface EncodedReply {
  readonly type: Reply["type"];
  /** What stands behind the type and the id, as JSON without the brace at its end. */
  readonly pieces: readonly Piece[];
}

export function frameReply(reply: ReplyBody, id: string | undefined): Framed {
  if (!("pieces" in reply)) {
    const { type, ...rest } = reply;
    return frameText(JSON.stringify(id === undefined ? reply : { type, id, ...rest }));
  }
  const named = id === undefined ? "" : `"id":${JSON.stringify(id)},`;
  return framePieces([`{"type":"${reply.type}",${named}`, ...reply.pieces, "}"]);
}

export interface ErrorReplyDeps {
  readonly logger: Logger;
  /** Whether an error means that the database is away, so that trying again later makes sense. */
  readonly isUnavailable: (error: unknown) => boolean;
}

export type ErrorReply = (error: unknown, command: string) => Omit<ErrorFrame, "id">;

/** Answers any error. What is not one of ours is logged and masked: its text may hold what nobody outside should read. */
export function createErrorReply({ logger, isUnavailable }: ErrorReplyDeps): ErrorReply {
  function translate(error: unknown, command: string): ParleyError {
    if (error instanceof ParleyError) return error;
    if (isUnavailable(error)) {
      logger.warn({ err: error, command }, "the database is away");
      return new ParleyError("overloaded", { detail: "The database cannot be reached. Try again in a moment." });
    }
    const reference = randomUUID();
    logger.error({ err: error, command, reference }, "a socket command failed");
    return new ParleyError("internal", {
      detail: `Something went wrong here. Name ${reference} to whoever runs this server.`,
    });
  }

  return (error, command) => {
    const { code, message, errors, retryAfterSeconds } = translate(error, command);
    const retryAfter = retryAfterSeconds ?? (ERRORS[code].status === ERRORS.overloaded.status ? 1 : undefined);
    return {
      type: "error",
      data: {
        code,
        message,
        ...(errors ? { errors: errors.map((each) => ({ ...each, path: onSocket(each.path) })) } : {}),
        ...(retryAfter === undefined ? {} : { retry_after_seconds: retryAfter }),
      },
    };
  };
}

/** Services name places as HTTP has them. */
function onSocket(path: string): string {
  return path.replace(/^(?:body|query|params)(?=\.|$)/, "data");
}
