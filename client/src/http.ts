import type { Problem } from "@parley/protocol";
import { hasCode, ParleyError } from "./errors.ts";
import type { Tokens } from "./tokens.ts";

/** What may be said about any call of the API. */
export interface CallOptions {
  /** Ends the call: it rejects with the signal's reason. What the service had begun it may finish. */
  readonly signal?: AbortSignal;
  /** For the host application's backend, with a service token: whom to act for. */
  readonly actAs?: string;
}

export interface Http {
  /** `path` is below /v1/, its query included. Answers the body as JSON, or undefined where there is none. */
  call(method: string, path: string, body: unknown, options?: CallOptions): Promise<unknown>;
}

export interface HttpDeps {
  readonly url: string;
  readonly tokens: Tokens;
  readonly fetch: typeof globalThis.fetch;
  readonly timeoutMs: number;
}

export function createHttp({ url, tokens, fetch, timeoutMs }: HttpDeps): Http {
  async function attempt(
    token: string,
    method: string,
    path: string,
    body: unknown,
    options: CallOptions,
  ): Promise<unknown> {
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(`${url}/v1/${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(options.actAs === undefined ? {} : { "parley-act-as": options.actAs }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: options.signal ? eitherOf(options.signal, limit) : limit,
      });
      const text = await response.text();
      if (!response.ok) throw refusal(response, text);
      return text === "" ? undefined : JSON.parse(text);
    } catch (error) {
      if (error instanceof ParleyError) throw error;
      options.signal?.throwIfAborted();
      if (limit.aborted) throw new ParleyError("timeout", "The service did not answer in time.", { cause: error });
      throw new ParleyError("offline", "The service cannot be reached.", { cause: error });
    }
  }

  return {
    async call(method, path, body, options = {}) {
      options.signal?.throwIfAborted();
      const token = await tokens.current();
      try {
        return await attempt(token, method, path, body, options);
      } catch (error) {
        if (!tokens.renewable || !hasCode(error, "unauthenticated")) throw error;
        // Another call may have renewed it meanwhile.
        const now = await tokens.current();
        return await attempt(now === token ? await tokens.renew() : now, method, path, body, options);
      }
    },
  };
}

/** What AbortSignal.any does, which older browsers lack. */
function eitherOf(one: AbortSignal, other: AbortSignal): AbortSignal {
  if (typeof AbortSignal.any === "function") return AbortSignal.any([one, other]);
  const controller = new AbortController();
  for (const signal of [one, other]) {
    signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true, signal: controller.signal });
    if (signal.aborted) controller.abort(signal.reason);
  }
  return controller.signal;
}

function refusal(response: Response, text: string): ParleyError {
  const { status } = response;
  const problem = problemIn(text);
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
  const retryAfterSeconds = problem?.retry_after_seconds ?? (Number.isFinite(retryAfter) ? retryAfter : undefined);
  // A proxy answers for a service that is away, in words of its own.
  if (!problem)
    return new ParleyError(status < 500 ? "internal" : "overloaded", `The answer was ${status}.`, {
      status,
      retryAfterSeconds,
    });
  const { code, detail, errors, request_id: requestId } = problem;
  return new ParleyError(code, detail, { status, errors, requestId, retryAfterSeconds });
}

function problemIn(text: string): Problem | undefined {
  try {
    const value = JSON.parse(text) as Partial<Problem> | null;
    return typeof value?.code === "string" ? (value as Problem) : undefined;
  } catch {
    return undefined;
  }
}
