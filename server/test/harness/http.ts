import { endpoints, type Problem } from "@parley/protocol";
import { SignJWT } from "jose";
import { pino } from "pino";
import { agentRoutes } from "../../src/adapters/http/agents.ts";
import { addApiReference } from "../../src/adapters/http/api-reference.ts";
import { addLandingPage } from "../../src/adapters/http/landing-page.ts";
import { operationRoutes } from "../../src/adapters/http/operations.ts";
import type { Route } from "../../src/adapters/http/pipeline.ts";
import { createHttpServer, type HttpServerDeps } from "../../src/adapters/http/server.ts";
import { userRoutes } from "../../src/adapters/http/users.ts";
import type { UserId } from "../../src/domain/ids.ts";
import { createAgents } from "../../src/services/agents.ts";
import { createAuthentication } from "../../src/services/authentication.ts";
import { createJwtVerifier } from "../../src/services/authentication/verify-jwt.ts";
import { createRateLimits, type Rates } from "../../src/services/rate-limits.ts";
import { createUserCache } from "../../src/services/user-cache.ts";
import { createUsers } from "../../src/services/users.ts";
import type { Database } from "../../src/store/database.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { startCore } from "./core-services.ts";

const SECRET = "the secret that the tests sign their tokens with";

export interface HttpHarnessOptions {
  /** Default: nothing is limited. */
  readonly rates?: Rates;
  /** Beside those of users, agents and operations. */
  readonly routes?: readonly Route[];
  readonly server?: Partial<HttpServerDeps>;
}

export interface Asked {
  readonly token?: string;
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: T;
}

export type HttpHarness = Awaited<ReturnType<typeof startHttp>>;

/** One node's HTTP server on a free port, with users, agents, operations and pages; every answer is compared with its definition. */
export async function startHttp(
  database: Database,
  { rates, routes = [], server: overrides = {} }: HttpHarnessOptions = {},
) {
  const core = startCore(database);
  const users = createUserCache({ db: database });
  const limits = createRateLimits({ rates });
  const verifyJwt = createJwtVerifier({ secret: SECRET, keySet: undefined, issuer: undefined, audience: undefined });
  const authentication = createAuthentication({ db: database, users, verifyJwt, limits });
  const deactivated: UserId[] = [];
  const logged: string[] = [];
  const metrics = createMetrics();
  const logger = pino({ level: "trace" }, { write: (line: string) => void logged.push(line) });

  const server = await createHttpServer({
    routes: [
      ...userRoutes({ users: createUsers({ db: database, users, onDeactivated: (id) => deactivated.push(id) }) }),
      ...agentRoutes({
        agents: createAgents({ db: database, onTokensRevoked: () => authentication.noteRevocation() }),
        postMessage: async (caller, id, sent) => {
          const { message, duplicate } = await core.send(caller, id, sent);
          return duplicate ? { status: 200, body: { ...message, duplicate } } : { status: 201, body: message };
        },
      }),
      ...operationRoutes({
        checkDatabase: async () => void (await database.query({ text: "SELECT 1" })),
        checkBus: async () => undefined,
        metrics: () => metrics.registry.metrics(),
      }),
      ...routes,
    ],
    pages: [
      addApiReference(Object.values(endpoints), "0.0.0"),
      addLandingPage({ version: "0.0.0", url: () => "http://localhost:8080", logins: () => [] }),
    ],
    authenticate: authentication.authenticate,
    limits,
    checkResponses: true,
    logger,
    isUnavailable: () => false,
    metrics,
    corsOrigins: [],
    trustProxy: undefined,
    tls: undefined,
    isSecure: false,
    ...overrides,
  });
  const url = await server.listen("127.0.0.1", 0);

  /** One request; its answer is read as JSON where it is some. */
  async function ask<T = Record<string, unknown>>(
    method: string,
    path: string,
    asked: Asked = {},
  ): Promise<Answered<T>> {
    const { token, body, headers = {} } = asked;
    const response = await fetch(url + path, {
      method,
      redirect: "manual",
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = text !== "" && response.headers.get("content-type")?.includes("json") === true;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson ? JSON.parse(text) : undefined) as T,
    };
  }

  return {
    url,
    server,
    database,
    core,
    users,
    authentication,
    deactivated,
    /** Lines of the log, as they were written. */
    logged,
    ask,
    /** Asks for something that is refused. */
    refused: (method: string, path: string, asked?: Asked) => ask<Problem>(method, path, asked),
    close: async (): Promise<void> => {
      await server.close(1_000);
      await core.close();
    },
  };
}

/** A token for the user with this external id, an hour long unless the claims say otherwise. */
export function tokenFor(sub: string, claims: Record<string, unknown> = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({ sub, iat: now, exp: now + 3_600, ...claims })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .sign(Buffer.from(SECRET));
}

export function serviceToken(): Promise<string> {
  return tokenFor("host", { scope: "service" });
}
