import { endpoints, type EndpointId } from "@parley/protocol";
import { fastify } from "fastify";
import { pino } from "pino";
import { expect } from "vitest";
import { createErrorAnswer } from "../../src/adapters/http/errors.ts";
import { serveRoutes, type Route } from "../../src/adapters/http/pipeline.ts";
import type { Caller } from "../../src/domain/caller.ts";

export interface RouteServer extends AsyncDisposable {
  /** The status and the body. A refusal must be one that the endpoint documents; every answer is compared with its definition. */
  call(
    who: Caller,
    id: EndpointId,
    call?: { readonly query?: Record<string, string>; readonly body?: unknown },
  ): Promise<{ status: number; body: Record<string, unknown> }>;
}

/** Serves routes without parameters in their paths, with the caller's id for a token. */
export async function serve(routes: readonly Route[]): Promise<RouteServer> {
  const callers = new Map<string, Caller>();
  const app = fastify();
  app.setErrorHandler(createErrorAnswer({ logger: pino({ level: "silent" }), isUnavailable: () => false }));
  serveRoutes(app, routes, {
    authenticate: async ({ token = "" }) => {
      const caller = callers.get(token);
      if (!caller) throw new Error("the test knows no such token");
      return { caller, expiresAt: null, tokenKind: "user", tokenId: null };
    },
    limits: { admitRequest: () => undefined },
    checkResponses: true,
  });
  await app.ready();
  return {
    async call(who, id, { query, body } = {}) {
      callers.set(who.userId, who);
      const { method, path, errors } = endpoints[id];
      const response = await app.inject({
        method,
        url: path,
        headers: { authorization: `Bearer ${who.userId}` },
        ...(query ? { query } : {}),
        ...(body === undefined ? {} : { payload: body as object }),
      });
      const answer = response.body === "" ? {} : response.json<Record<string, unknown>>();
      if (response.statusCode >= 400) expect(errors).toContain(answer["code"]);
      return { status: response.statusCode, body: answer };
    },
    [Symbol.asyncDispose]: () => app.close().then(() => undefined),
  };
}
