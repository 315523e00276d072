import { connect } from "node:net";
import { endpoint, problem, type Problem } from "@parley/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { route } from "../src/adapters/http/pipeline.ts";
import { useTestDatabase } from "./harness/database.ts";
import { startHttp, tokenFor, type Answered, type Asked, type HttpHarness } from "./harness/http.ts";

/** What is wrong with a request is said clearly, whatever it is: a problem document, never a stack, never a 5xx. */
const store = useTestDatabase();
let http: HttpHarness;
let token: string;

const common = { summary: "For these tests", tag: "Tests", access: "user", errors: [] } as const;
/** An endpoint that answers what it got, and some that fail. */
const routes = [
  route(
    endpoint({
      ...common,
      id: "echo",
      method: "POST",
      path: "/v1/echo/:name",
      params: z.object({ name: z.string() }),
      query: z.object({ q: z.exactOptional(z.string()) }),
      body: z.strictObject({ text: z.string(), count: z.exactOptional(z.int()), inner: z.exactOptional(z.unknown()) }),
      responses: { 200: z.unknown() },
    }),
    ({ params, query, body }) => ({ params, query, body }),
  ),
  route(
    endpoint({
      ...common,
      id: "optional",
      method: "POST",
      path: "/v1/optional",
      body: z.strictObject({}).default({}),
      responses: { 204: null },
    }),
    () => undefined,
  ),
  route(endpoint({ ...common, id: "fail", method: "GET", path: "/v1/fail", responses: { 200: z.unknown() } }), () => {
    throw new Error("the password is s3cret");
  }),
  route(endpoint({ ...common, id: "away", method: "GET", path: "/v1/away", responses: { 200: z.unknown() } }), () => {
    throw Object.assign(new Error("connection terminated"), { isAway: true });
  }),
  route(
    endpoint({
      ...common,
      id: "lie",
      method: "GET",
      path: "/v1/lie",
      responses: { 200: z.object({ is: z.literal("so") }) },
    }),
    () => ({
      is: "otherwise" as "so",
    }),
  ),
];

beforeAll(async () => {
  const isUnavailable = (error: unknown): boolean => error instanceof Error && "isAway" in error;
  http = await startHttp(store.database, {
    routes,
    server: { isUnavailable, corsOrigins: ["https://app.example.com"] },
  });
  token = await tokenFor("ada");
});
afterAll(() => http.close());

const refused = (method: string, path: string, asked: Asked = {}) => http.refused(method, path, { token, ...asked });
const echo = (body: unknown, headers?: Record<string, string>) =>
  refused("POST", "/v1/echo/x", { body, ...(headers ? { headers } : {}) });

/** Every refusal is a sound problem document that gives nothing away. */
function expectProblem({ status, headers, body, text }: Answered<Problem>, expected: number, code: string): Problem {
  expect([status, body.code]).toEqual([expected, code]);
  expect(headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
  expect(problem.safeParse(body).error).toBeUndefined();
  expect(body.request_id).toBe(headers.get("x-request-id"));
  expect(text).not.toMatch(/\bat .*\.(ts|js):\d+|node_modules|FST_ERR/);
  return body;
}

/** Writes bytes to the server and answers what came back until the connection ended. */
function raw(bytes: string | Buffer, timeoutMs = 5_000): Promise<string> {
  const { hostname, port } = new URL(http.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let received = "";
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no end after ${timeoutMs} ms; got ${received}`)));
    socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
    socket.on("error", reject);
    socket.on("close", () => resolve(received));
  });
}

describe("what comes through", () => {
  test("is what was sent", async () => {
    const answer = await http.ask("POST", "/v1/echo/a%20%E2%82%AC%2Fb?q=%F0%9F%98%80+x&unknown=1", {
      token,
      body: { text: "Zoë 😀 \n", inner: { deep: [1, null, true] } },
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      params: { name: "a €/b" },
      query: { q: "😀 x" },
      body: { text: "Zoë 😀 \n", inner: { deep: [1, null, true] } },
    });
  });

  test("a body may be left out where it has a default, whatever the header says", async () => {
    for (const headers of [{}, { "content-type": "application/json" }]) {
      expect((await http.ask("POST", "/v1/optional", { token, headers })).status).toBe(204);
    }
  });

  test("every answer has a request id and is not cached, sniffed or framed", async () => {
    const answers = [
      await http.ask("GET", "/v1/users/me", { token }),
      await http.ask("GET", "/v1/users/me"),
      await http.ask("GET", "/nowhere"),
      await http.ask("GET", "/%zz"),
    ];
    const ids = answers.map(({ headers }) => {
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("x-powered-by")).toBeNull();
      return headers.get("x-request-id");
    });
    expect(new Set(ids).size).toBe(4);
  });
});

describe("bodies", () => {
  test("of wrong types are refused with every place that is wrong", async () => {
    const body = expectProblem(await echo({ text: 7, count: "1", more: true, other: 1 }), 400, "validation_failed");
    expect(body.errors?.map(({ path }) => path).toSorted()).toEqual([
      "body.count",
      "body.more",
      "body.other",
      "body.text",
    ]);
    for (const wrong of [[], "text", 7, null, true])
      expectProblem(await echo(JSON.stringify(wrong)), 400, "validation_failed");
  });

  test("a thousand mistakes are told in a bounded answer", async () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`x${i}`, i]));
    const body = expectProblem(await echo({ text: "x", ...many }), 400, "validation_failed");
    expect(body.errors?.length).toBeLessThanOrEqual(20);
  });

  test.each([
    "",
    " ",
    "{",
    '{"text": undefined}',
    "{'text':'x'}",
    '{"text":"x"}}',
    '{"text":"\u0000"}',
    "\uFEFF[",
    "NaN",
  ])("%j is malformed", async (body) => {
    const { errors } = expectProblem(await echo(body), 400, "validation_failed");
    expect(errors?.[0]?.path).toMatch(/^body/);
  });

  test("invalid UTF-8 is refused, not guessed at", async () => {
    const body = Buffer.concat([Buffer.from('{"text":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    const response = await fetch(`${http.url}/v1/echo/x`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: "validation_failed",
      errors: [{ path: "body", message: "Must be UTF-8" }],
    });
  });

  test.each([
    ["NUL in a text", String.raw`{"text":"a\u0000b"}`],
    ["half of a surrogate pair in a text", String.raw`{"text":"a\ud83d"}`],
    ["the other half", String.raw`{"text":"\ude00"}`],
    ["NUL in a key, deep inside", String.raw`{"text":"x","inner":[{"a\u0000":1}]}`],
    ["half of a pair, deep inside", String.raw`{"text":"x","inner":{"a":["\udfff"]}}`],
  ])("%s is refused", async (_, body) => {
    expectProblem(await echo(body), 400, "validation_failed");
  });

  test("a whole surrogate pair, however it is written, is a character like any other", async () => {
    const answer = await http.ask<{ body: { text: string } }>("POST", "/v1/echo/x", {
      token,
      body: String.raw`{"text":"\ud83d\ude00"}`,
    });
    expect(answer.body.body.text).toBe("😀");
  });

  test("deep JSON is refused, however deep", async () => {
    const nested = (depth: number): string => `{"text":"x","inner":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    expect((await http.ask("POST", "/v1/echo/x", { token, body: nested(31) })).status).toBe(200);
    for (const depth of [32, 1_000, 500_000]) expectProblem(await echo(nested(depth)), 400, "validation_failed");
    expectProblem(await echo("[".repeat(1_000_000)), 400, "validation_failed");
    expectProblem(await echo(`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`), 400, "validation_failed");
  });

  test("more values than any honest request has are refused before they are checked", async () => {
    expectProblem(await echo(`{"text":"x","inner":[${"1,".repeat(400_000)}1]}`), 400, "validation_failed");
  });

  test.each(['{"text":"x","__proto__":{"count":1}}', '{"text":"x","inner":{"constructor":{"prototype":{"a":1}}}}'])(
    "%s poisons no prototype",
    async (body) => {
      expectProblem(await echo(body), 400, "validation_failed");
      expect(({} as { a?: number; count?: number }).count).toBeUndefined();
    },
  );

  test("larger than 1 MiB is too large, told or untold", async () => {
    const large = JSON.stringify({ text: "x".repeat(1_048_576) });
    expectProblem(await echo(large), 413, "too_large");
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    const head = `POST /v1/echo/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
    const answer = await raw(`${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(17)}`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('"code":"too_large"');
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "application/json; charset=utf-16",
    "application/json; charset=latin1",
    "nonsense",
  ])("of type %s are unsupported", async (type) => {
    expectProblem(await echo('{"text":"x"}', { "content-type": type }), 415, "unsupported_media_type");
  });

  test("compressed ones are unsupported", async () => {
    expectProblem(await echo('{"text":"x"}', { "content-encoding": "gzip" }), 415, "unsupported_media_type");
  });

  test.each(["application/json; charset=UTF-8", 'application/json;charset="utf-8"', "application/merge-patch+json"])(
    "of type %s are JSON",
    async (type) => {
      const headers = { "content-type": type };
      expect((await http.ask("POST", "/v1/echo/x", { token, body: '{"text":"x"}', headers })).status).toBe(200);
    },
  );
});

describe("addresses", () => {
  test("that are unknown are not found", async () => {
    for (const path of ["/v1", "/v1/", "/v1/nothing", "/v2/users", "/v1/users/me/x", "//", "/index.php"]) {
      expectProblem(await refused("GET", path), 404, "not_found");
    }
  });

  test("with another method say which they take", async () => {
    const { headers, ...answer } = await refused("DELETE", "/v1/users/me");
    expectProblem({ headers, ...answer }, 405, "method_not_allowed");
    expect(headers.get("allow")?.split(", ")).toEqual(expect.arrayContaining(["GET", "HEAD", "PATCH"]));
    for (const [method, path] of [
      ["POST", "/healthz"],
      ["PUT", "/v1/agents"],
      ["PROPFIND", "/"],
    ] as const) {
      const other = await refused(method, path);
      expect([method, other.status]).toEqual([method, 405]);
    }
  });

  test.each(["/v1/echo/%zz", "/%", "/v1/echo/%c3%28", "/v1/echo/%ed%a0%80"])(
    "%s is not percent-encoded UTF-8",
    async (path) => {
      expectProblem(await refused("POST", path, { body: { text: "x" } }), 400, "validation_failed");
    },
  );

  test.each(["?q=%zz", "?q=%ff", "?%c3=1", "?q=%ed%a0%80"])("the query %s is not either", async (query) => {
    expectProblem(await refused("POST", `/v1/echo/x${query}`, { body: { text: "x" } }), 400, "validation_failed");
  });

  test("NUL is refused in path and query", async () => {
    const body = { text: "x" };
    expect(
      expectProblem(await refused("POST", "/v1/echo/a%00b", { body }), 400, "validation_failed").errors?.[0]?.path,
    ).toBe("params.name");
    expect(
      expectProblem(await refused("POST", "/v1/echo/x?q=%00", { body }), 400, "validation_failed").errors?.[0]?.path,
    ).toBe("query.q");
  });

  test("a parameter that comes twice is no text", async () => {
    const body = expectProblem(
      await refused("POST", "/v1/echo/x?q=1&q=2", { body: { text: "x" } }),
      400,
      "validation_failed",
    );
    expect(body.errors?.[0]?.path).toBe("query.q");
  });

  test("poisonous query keys reach no prototype", async () => {
    const answer = await http.ask("POST", "/v1/echo/x?__proto__=1&constructor=2&__proto__[a]=3", {
      token,
      body: { text: "x" },
    });
    expect(answer.status).toBe(200);
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });

  test.each([
    "0",
    "x",
    "0195c9a0",
    "0195c9a0-0000-7000-8000-00000000000g",
    "'; DROP TABLE users; --",
    "a".repeat(2_000),
  ])("%s is no id", async (id) => {
    const { errors } = expectProblem(
      await refused("GET", `/v1/users/${encodeURIComponent(id)}`),
      400,
      "validation_failed",
    );
    expect(errors?.[0]?.path).toBe("params.user_id");
  });

  test("a part longer than any that is known is refused", async () => {
    expectProblem(await refused("GET", `/v1/users/${"a".repeat(5_000)}`), 400, "validation_failed");
  });
});

describe("faults of ours", () => {
  test("are masked, and logged under the request's id", async () => {
    const body = expectProblem(await refused("GET", "/v1/fail"), 500, "internal");
    expect(JSON.stringify(body)).not.toContain("s3cret");
    const line = http.logged.find((logged) => logged.includes(body.request_id));
    expect(JSON.parse(line ?? "{}")).toMatchObject({ route: "/v1/fail", err: { message: "the password is s3cret" } });
  });

  test("a database that is away is no fault of the request", async () => {
    const answer = await refused("GET", "/v1/away");
    expectProblem(answer, 503, "overloaded");
    expect(answer.headers.get("retry-after")).toBe("1");
  });

  test("an answer that is not as documented is found in tests", async () => {
    expectProblem(await refused("GET", "/v1/lie"), 500, "internal");
  });

  test("requests that work leave nothing in the log", async () => {
    const before = http.logged.length;
    await http.ask("GET", "/v1/users/me", { token });
    await refused("GET", "/v1/nothing");
    expect(http.logged).toHaveLength(before);
  });
});

describe("connections", () => {
  test("what is not HTTP is told so and ended", async () => {
    for (const bytes of [
      "\x16\x03\x01\x02\x00\x01\x00",
      "GARBAGE\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nHost : y\r\n\r\n",
    ]) {
      const answer = await raw(bytes);
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(answer).toContain("application/problem+json");
    }
    expect((await http.ask("GET", "/healthz")).status).toBe(200);
  });

  test("headers beyond any measure are refused", async () => {
    expect(await raw(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(40_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  test("a request smuggled by two lengths is refused", async () => {
    const head = "POST /v1/echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect(await raw(`${head}0\r\n\r\nGET / HTTP/1.1\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("a client that goes away in the middle of its body does no harm", async () => {
    const { hostname, port } = new URL(http.url);
    for (let i = 0; i < 20; i += 1) {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => undefined);
      const head = `POST /v1/echo/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
      socket.write(`${head}Content-Length: 1000\r\n\r\n{"text":`, () => socket.resetAndDestroy());
    }
    expect((await http.ask("GET", "/healthz")).status).toBe(200);
  });

  test("half-open requests are ended after ten seconds", { timeout: 20_000 }, async () => {
    const began = Date.now();
    const answer = await raw("GET /healthz HTTP/1.1\r\nHost: x\r\n", 15_000);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(Date.now() - began).toBeLessThan(14_000);
  });
});

describe("other origins", () => {
  test("those that are listed may call, with a token and nothing of the browser's", async () => {
    const headers = { origin: "https://app.example.com", "access-control-request-method": "POST" };
    const preflight = await http.ask("OPTIONS", "/v1/echo/x", { headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
    expect(preflight.headers.get("access-control-allow-headers")).toContain("authorization");
    expect(preflight.headers.get("access-control-allow-credentials")).toBeNull();
    const answer = await http.ask("GET", "/v1/users/me", { token, headers: { origin: "https://app.example.com" } });
    expect(answer.headers.get("access-control-expose-headers")).toContain("retry-after");
    const error = await http.ask("GET", "/v1/users/me", { headers: { origin: "https://app.example.com" } });
    expect(error.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
  });

  test("others may not", async () => {
    const answer = await http.ask("GET", "/v1/users/me", { token, headers: { origin: "https://evil.example" } });
    expect(answer.headers.get("access-control-allow-origin")).not.toBe("https://evil.example");
  });
});
