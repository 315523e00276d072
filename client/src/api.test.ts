import { endpoints, type Endpoint } from "@parley/protocol";
import { expect, test } from "vitest";
import { METHODS } from "./api-table.ts";
import { createApi } from "./api.ts";
import { ParleyError } from "./errors.ts";
import { createHttp } from "./http.ts";
import { createTokens } from "./tokens.ts";
import { systemClock } from "./clock.ts";

test("there is a method for every endpoint, at its address", () => {
  const expected = (Object.values(endpoints) as Endpoint[])
    .filter(({ path, produces }) => path.startsWith("/v1/") && produces === undefined)
    .map(({ id, method, path }) => [id, `${method} ${path.slice("/v1/".length)}`]);
  expect(Object.fromEntries(expected)).toEqual(METHODS);
});

test("no field could go to two places", () => {
  for (const { id, method, params, query, body } of Object.values(endpoints) as Endpoint[]) {
    const fields = [params, query, body].flatMap((schema) =>
      Object.keys((schema as { shape?: object } | undefined)?.shape ?? {}),
    );
    expect(new Set(fields).size, id).toBe(fields.length);
    expect(method === "GET" ? body : query, id).toBeUndefined();
  }
});

function apiWith(
  answer: (url: string, init: RequestInit) => Response | Promise<Response>,
  tokens = createTokens({ token: "t" }, systemClock),
) {
  return createApi(
    createHttp({
      url: "http://parley",
      tokens,
      timeoutMs: 1_000,
      fetch: async (url, init = {}) => await answer(url as string, init),
    }),
  );
}
const ok = (): Response => Response.json({ items: [], next_cursor: null });

test("fields go where they belong", async () => {
  const asked: unknown[] = [];
  const api = apiWith((url, { method, body }) => {
    asked.push([method, url, body]);
    return ok();
  });
  await api.listMessages({ conversation_id: "c 1", before: 118, limit: 20 });
  await api.sendMessage({ conversation_id: "c1", content: "hello" });
  await api.removeReaction({ message_id: "m1", reaction: "👍" });
  await api.updateOwnMembership({ conversation_id: "c1" });
  await api.getMe();
  expect(asked).toEqual([
    ["GET", "http://parley/v1/conversations/c%201/messages?before=118&limit=20", undefined],
    ["POST", "http://parley/v1/conversations/c1/messages", '{"content":"hello"}'],
    ["DELETE", `http://parley/v1/messages/m1/reactions/${encodeURIComponent("👍")}`, undefined],
    ["PATCH", "http://parley/v1/conversations/c1/members/me", "{}"],
    ["GET", "http://parley/v1/users/me", undefined],
  ]);
});

test("a refusal is a ParleyError with what the problem document says", async () => {
  const problem = { code: "rate_limited", detail: "Wait.", request_id: "r1", retry_after_seconds: 3 };
  const error = await apiWith(() => Response.json(problem, { status: 429 }))
    .getMe()
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ParleyError);
  expect(error).toMatchObject({
    code: "rate_limited",
    message: "Wait.",
    status: 429,
    requestId: "r1",
    retryAfterSeconds: 3,
  });
});

test("no network is offline, a proxy's error page overloaded, an abort what the signal says", async () => {
  const fails = (): never => {
    throw new TypeError("fetch failed");
  };
  await expect(apiWith(fails).getMe()).rejects.toMatchObject({ code: "offline" });
  await expect(apiWith(() => new Response("<html>", { status: 502 })).getMe()).rejects.toMatchObject({
    code: "overloaded",
  });
  const reason = new Error("the user left");
  await expect(apiWith(ok).getMe({}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("a refused token is renewed once, and the call made again", async () => {
  let given = 0;
  const tokens = createTokens({ getToken: () => `token-${++given}` }, systemClock);
  const seen: unknown[] = [];
  const api = apiWith((_, { headers }) => {
    const { authorization } = headers as Record<string, string>;
    seen.push(authorization);
    return authorization === "Bearer token-2"
      ? ok()
      : Response.json({ code: "unauthenticated", detail: "" }, { status: 401 });
  }, tokens);
  await api.getMe();
  expect(seen).toEqual(["Bearer token-1", "Bearer token-2"]);
});
