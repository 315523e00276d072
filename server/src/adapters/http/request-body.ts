import { isUtf8 } from "node:buffer";
import { LIMITS, ParleyError, invalid, isStorableText } from "@parley/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";

/** JSON by any of its names: application/json, application/merge-patch+json … */
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
/** Values in one body: the largest honest one names 10,000 members. Each costs more to check than to send. */
const MOST_VALUES = 50_000;

type ParseJson = (request: FastifyRequest, text: string, done: (error: Error | null, body?: unknown) => void) => void;

/**
 * Bodies are JSON in UTF-8 and nothing else. Refused with what is wrong: invalid UTF-8, malformed JSON, keys that would reach a
 * prototype, too deep nesting, too many values, and texts that no database takes (NUL, half of a surrogate pair).
 */
export function addBodyParser(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser("error", "error") as ParseJson;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(JSON_TYPE, { parseAs: "buffer" }, (request, bytes: Buffer, done) => {
    const problem = encodingProblem(request);
    if (problem) return done(problem);
    // Clients send the header with requests that have no body: that is none, not a malformed one.
    if (bytes.length === 0) return done(null, undefined);
    if (!isUtf8(bytes)) return done(invalid("body", "Must be UTF-8"));
    const text = bytes.toString("utf8");
    parseJson(request, text, (error, body) => {
      if (error)
        return done(
          invalid("body", isPoisoned(error) ? "Must not have the keys __proto__ or constructor" : "Must be JSON"),
        );
      const message = problemOf(body, mayHoldUnstorableText(text));
      return message === undefined ? done(null, body) : done(invalid("body", message));
    });
  });
}

/** For routes without a body: what comes as one, of whatever type and length, is not looked at, and dropped by the connection. */
export function ignoreBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  // The framework refuses what is no media type before it asks any parser.
  app.addHook("onRequest", (request, _reply, done) => {
    delete request.raw.headers["content-type"];
    done();
  });
}

function encodingProblem({ headers }: FastifyRequest): ParleyError | undefined {
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    return new ParleyError("unsupported_media_type", { detail: "Send the body as it is, without a content encoding." });
  }
  const charset = /charset="?([^";\s]+)/i.exec(headers["content-type"] ?? "")?.[1]?.toLowerCase();
  if (charset !== undefined && charset !== "utf-8" && charset !== "utf8") {
    return new ParleyError("unsupported_media_type", { detail: "Send the body in UTF-8." });
  }
  return undefined;
}

function isPoisoned(error: Error): boolean {
  return /forbidden/i.test(error.message);
}

/** Bytes that are UTF-8 hold no lone surrogates, and JSON no bare NUL: either needs an escape. */
function mayHoldUnstorableText(text: string): boolean {
  return text.includes(String.raw`\u`);
}

function problemOf(body: unknown, checksText: boolean): string | undefined {
  let left = MOST_VALUES;

  /** `depth` is how many more levels may begin here. */
  function look(value: unknown, depth: number): string | undefined {
    left -= 1;
    if (left < 0) return `Must not hold more than ${MOST_VALUES} values`;
    if (typeof value === "string") return textProblem(value);
    if (typeof value !== "object" || value === null) return undefined;
    if (depth === 0) return `Must not nest deeper than ${LIMITS.jsonDepth}`;
    if (Array.isArray(value)) return first(value, (item) => look(item, depth - 1));
    return first(Object.entries(value), ([key, inner]) => textProblem(key) ?? look(inner, depth - 1));
  }

  function textProblem(text: string): string | undefined {
    return checksText && !isStorableText(text) ? UNSTORABLE : undefined;
  }

  return look(body, LIMITS.jsonDepth);
}

export const UNSTORABLE = "Must not contain NUL or half of a surrogate pair in any text";

function first<T>(items: readonly T[], problem: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const message = problem(item);
    if (message !== undefined) return message;
  }
  return undefined;
}
