import { request as requestSecurely } from "node:https";
import { connect as connectSecurely } from "node:tls";
import { endpoint, endpoints } from "@parley/protocol";
import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { operationRoutes } from "../src/adapters/http/operations.ts";
import { route, streamRoute } from "../src/adapters/http/pipeline.ts";
import { CERTIFICATE } from "./harness/certificate.ts";
import { useTestDatabase } from "./harness/database.ts";
import { startHttp, tokenFor, type HttpHarness } from "./harness/http.ts";

/** The server around the API: streams, proxies, TLS, operation, and how it ends. */
const store = useTestDatabase();
let token: string;

beforeAll(async () => {
  token = await tokenFor("ada");
});

async function withServer(
  options: Parameters<typeof startHttp>[1],
  work: (http: HttpHarness) => Promise<void>,
): Promise<void> {
  const http = await startHttp(store.database, options);
  try {
    await work(http);
  } finally {
    await http.close();
  }
}

const common = { summary: "For these tests", tag: "Tests", access: "user", errors: [] } as const;

/** Answers when it is let go, with the address that asked. */
function slowRoute() {
  let letGo = (): void => undefined;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  let arrived = (): void => undefined;
  const arrival = new Promise<void>((resolve) => (arrived = resolve));
  const definition = endpoint({
    ...common,
    id: "slow",
    method: "GET",
    path: "/v1/slow",
    responses: { 200: z.object({ address: z.string() }) },
  });
  const slow = route(definition, async ({ address }) => {
    arrived();
    await gate;
    return { address };
  });
  return { slow, letGo: () => letGo(), arrival };
}

describe("streams", () => {
  const events = endpoint({
    ...common,
    id: "events",
    method: "GET",
    path: "/v1/test-events",
    responses: { 200: z.string() },
    produces: "text/event-stream",
  });
  const stream = streamRoute(events, ({ caller }, { response, headers }) => {
    response.writeHead(200, { ...headers, "content-type": "text/event-stream" });
    response.end(`data: ${caller.userId}\n\n`);
  });

  test("come through the same pipeline and carry the same headers", async () => {
    await withServer({ routes: [stream], server: { corsOrigins: ["*"] } }, async (http) => {
      const { status, text, headers } = await http.ask("GET", "/v1/test-events", {
        token,
        headers: { origin: "https://x.example" },
      });
      expect([status, headers.get("content-type"), headers.get("x-content-type-options")]).toEqual([
        200,
        "text/event-stream",
        "nosniff",
      ]);
      expect(headers.get("x-request-id")).toMatch(/^\w+-\w+$/);
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(text).toMatch(/^data: [\w-]{36}\n\n$/);
      expect((await http.refused("GET", "/v1/test-events")).status).toBe(401);
    });
  });

  test("take the token from the query, since browsers give them no headers; nothing else does", async () => {
    await withServer({ routes: [stream] }, async (http) => {
      expect((await http.ask("GET", `/v1/test-events?token=${token}`)).status).toBe(200);
      expect((await http.refused("GET", `/v1/users/me?token=${token}`)).status).toBe(401);
      expect((await http.ask("HEAD", "/v1/test-events", { token })).status).toBe(405);
    });
  });
});

describe("proxies in front", () => {
  const asking = {
    token: "",
    headers: { "x-forwarded-for": "203.0.113.9, 198.51.100.7", "x-request-id": "from-outside" },
  };

  test.each([
    [undefined, "127.0.0.1"],
    [1, "198.51.100.7"],
    [2, "203.0.113.9"],
    [["127.0.0.1"], "198.51.100.7"],
    [["10.0.0.0/8"], "127.0.0.1"],
  ] as const)("trusting %j the address is %s", async (trustProxy, address) => {
    const { slow, letGo } = slowRoute();
    letGo();
    await withServer({ routes: [slow], server: { trustProxy } }, async (http) => {
      const answer = await http.ask<{ address: string }>("GET", "/v1/slow", { ...asking, token });
      expect(answer.body.address).toBe(address);
      expect(answer.headers.get("x-request-id") === "from-outside").toBe(trustProxy !== undefined);
    });
  });
});

describe("the end", () => {
  test("answers what has arrived, ends idle connections, and takes no new ones", async () => {
    const { slow, letGo, arrival } = slowRoute();
    const http = await startHttp(store.database, { routes: [slow] });
    await http.ask("GET", "/healthz");
    const pending = http.ask("GET", "/v1/slow", { token });
    await arrival;
    const closing = http.close();
    await expect
      .poll(() =>
        http.ask("GET", "/healthz").then(
          () => "answered",
          () => "refused",
        ),
      )
      .toBe("refused");
    letGo();
    expect((await pending).status).toBe(200);
    await closing;
  });

  test("does not wait for ever for an answer that does not come", async () => {
    const { slow, letGo, arrival } = slowRoute();
    const http = await startHttp(store.database, { routes: [slow] });
    const pending = http.ask("GET", "/v1/slow", { token }).catch(() => "cut off");
    await arrival;
    const began = Date.now();
    await http.server.close(200);
    expect(Date.now() - began).toBeLessThan(2_000);
    expect(await pending).toBe("cut off");
    letGo();
    await http.close();
  });
});

describe("operation", () => {
  test("alive, ready, and counted", async () => {
    await withServer({}, async (http) => {
      expect((await http.ask("GET", "/healthz")).body).toEqual({ status: "ok" });
      expect((await http.ask("GET", "/readyz")).body).toEqual({
        status: "ready",
        checks: { database: "ok", bus: "ok" },
      });
      await http.ask("GET", "/v1/users/me", { token });
      await http.refused("GET", "/v1/secret-path-17");
      const { text, headers } = await http.ask("GET", "/metrics");
      expect(headers.get("content-type")).toBe("text/plain; charset=utf-8");
      expect(text).toContain('parley_http_requests_total{method="GET",route="/v1/users/me",status="200"} 1');
      expect(text).toContain('route="unknown",status="404"} 1');
      expect(text).not.toContain("secret-path");
    });
  });

  test("a database that is away, or says nothing, makes it not ready", async () => {
    for (const checkDatabase of [() => Promise.reject(new Error("away")), () => new Promise<void>(() => undefined)]) {
      const [, ready] = operationRoutes({ checkDatabase, checkBus: async () => undefined, metrics: async () => "" });
      const definition = endpoint({ ...endpoints.getReadiness, id: "readyToo", path: "/readyz-too" });
      if (!ready || !("handle" in ready)) throw new Error("readiness is no plain route");
      await withServer({ routes: [{ ...ready, endpoint: definition }] }, async (http) => {
        const { status, body } = await http.ask("GET", "/readyz-too");
        expect([status, body]).toEqual([503, { status: "not_ready", checks: { database: "failing", bus: "ok" } }]);
      });
    }
  });
});

describe("TLS", () => {
  test("is 1.3 or nothing, and browsers are told to keep to it", async () => {
    const tls = CERTIFICATE;
    await withServer({ server: { tls, isSecure: true } }, async (http) => {
      expect(http.url).toMatch(/^https:/);
      const port = Number(new URL(http.url).port);
      const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
        const asking = requestSecurely(
          { host: "127.0.0.1", port, path: "/healthz", ca: tls.cert, agent: false },
          (response) => {
            response.resume();
            resolve(response.headers);
          },
        );
        asking.on("error", reject).end();
      });
      expect(headers["strict-transport-security"]).toContain("max-age=");
      const outcome = await new Promise<string>((resolve) => {
        const socket = connectSecurely({ host: "127.0.0.1", port, ca: tls.cert, maxVersion: "TLSv1.2" }, () =>
          resolve("connected"),
        );
        socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "failed"));
      });
      expect(outcome).toMatch(/PROTOCOL_VERSION/);
    });
  });
});
