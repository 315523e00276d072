import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import cors from "@fastify/cors";
import { LIMITS, invalid } from "@parley/protocol";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Metrics } from "../../telemetry/metrics.ts";
import { createErrorAnswer, type ErrorDeps } from "./errors.ts";
import { createBrokenRequests, createListener, type TlsFiles } from "./listener.ts";
import { serveRoutes, type PipelineDeps, type Route } from "./pipeline.ts";
import { parseQueryString } from "./query-string.ts";
import { addBodyParser } from "./request-body.ts";
import { API_HEADERS, STRICT_TRANSPORT } from "./security-headers.ts";
import { answerUnknownRoutes } from "./unknown-routes.ts";

export interface HttpServerDeps extends PipelineDeps, ErrorDeps {
  readonly routes: readonly Route[];
  /** Pages beside the API, which add their own routes. */
  readonly pages: readonly AddPages[];
  readonly metrics: Pick<Metrics, "httpRequests" | "httpSeconds">;
  /** Web origins that may call; `*` for all, empty for none but its own. */
  readonly corsOrigins: readonly string[];
  /** Proxies whose X-Forwarded-For is believed: how many, or which. */
  readonly trustProxy: number | readonly string[] | undefined;
  readonly tls: TlsFiles | undefined;
  /** Reached by HTTPS, here or at a proxy in front: browsers are told to keep to it. */
  readonly isSecure: boolean;
}

export type AddPages = (app: FastifyInstance) => void;

export interface HttpServer extends AsyncDisposable {
  /** Its event `upgrade` is for sockets. */
  readonly server: Server;
  /** Answers the address it listens on, such as http://127.0.0.1:8080; port 0 takes a free one. */
  listen(host: string, port: number): Promise<string>;
  /** Takes no more connections, answers what has arrived, and ends what has not ended within the grace (default 5,000 ms). */
  close(graceMs?: number): Promise<void>;
}

/** A reaction or an external id, percent-encoded. */
const LONGEST_PARAM = 3_072;
/** Connections that may wait to be accepted: after a restart everyone comes back at once. The system may allow fewer. */
const BACKLOG = 4_096;
const DEFAULT_GRACE_MS = 5_000;

/** Makes the server with all its routes; it does not listen yet. */
export async function createHttpServer(deps: HttpServerDeps): Promise<HttpServer> {
  const { trustProxy, corsOrigins, routes, pages } = deps;
  const answerError = createErrorAnswer(deps);
  const broken = createBrokenRequests();
  const standing = { ...API_HEADERS, ...(deps.isSecure ? STRICT_TRANSPORT : {}) };
  const prepare = (request: FastifyRequest, reply: FastifyReply): void => {
    reply.headers(standing).header("x-request-id", request.id);
  };
  const app: FastifyInstance = fastify({
    serverFactory: (handler) => createListener(broken.watch(handler), deps.tls),
    bodyLimit: LIMITS.body,
    // Requests that still come on open connections are answered; the connection ends with the answer.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    requestIdHeader: trustProxy === undefined ? false : "x-request-id",
    genReqId: createRequestIds(),
    trustProxy: trustedProxies(trustProxy),
    routerOptions: { maxParamLength: LONGEST_PARAM, querystringParser: parseQueryString },
    // Refused before routing, so the hooks have not run.
    frameworkErrors: (error, request, reply) => {
      prepare(request, reply);
      answerError(error, request, reply);
    },
    clientErrorHandler: broken.answer,
  });
  app.setErrorHandler(answerError);
  app.addHook("onRequest", (request, reply, done) => {
    prepare(request, reply);
    const lacksHost = request.headers.host === undefined && request.raw.httpVersion === "1.1";
    done(lacksHost ? invalid("headers.host", "Must be there, as HTTP/1.1 has it") : undefined);
  });
  observe(app, deps.metrics);
  addBodyParser(app);
  answerUnknownRoutes(app);
  if (corsOrigins.length > 0) await app.register(cors, corsOptions(corsOrigins));
  for (const addPages of pages) addPages(app);
  serveRoutes(app, routes, deps);
  await app.ready();

  const close = (graceMs = DEFAULT_GRACE_MS): Promise<void> => closeWithin(app, graceMs);
  return {
    server: app.server,
    async listen(host, port) {
      const address = await app.listen({ host, port, backlog: BACKLOG });
      return deps.tls ? address.replace(/^http:/, "https:") : address;
    },
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}

/** Unique among nodes and cheap to make: a random prefix, then a count. */
function createRequestIds(): () => string {
  const prefix = randomBytes(6).toString("hex");
  let count = 0;
  return () => `${prefix}-${(count += 1).toString(36)}`;
}

function corsOptions(origins: readonly string[]) {
  return {
    origin: origins.includes("*") ? "*" : [...origins],
    methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    allowedHeaders: ["authorization", "content-type", "idempotency-key", "last-event-id", "parley-act-as"],
    exposedHeaders: ["retry-after", "x-request-id"],
    maxAge: 600,
    // Any OPTIONS is answered, since there is nothing else that it could mean here.
    strictPreflight: false,
  };
}

function observe(app: FastifyInstance, metrics: HttpServerDeps["metrics"]): void {
  app.addHook("onResponse", (request, reply, done) => {
    const { method } = request;
    // The pattern, never the path: labels have to stay few.
    const route = request.routeOptions.url ?? "unknown";
    metrics.httpRequests.inc({ method, route, status: reply.statusCode });
    // How long a stream was open says nothing about speed.
    if (reply.getHeader("content-type") !== undefined)
      metrics.httpSeconds.observe({ method, route }, reply.elapsedTime / 1_000);
    done();
  });
}

/** Clients keep connections that they do not use, so the idle ones are ended again and again until none is left. */
async function closeWithin(app: FastifyInstance, graceMs: number): Promise<void> {
  const idle = setInterval(() => app.server.closeIdleConnections(), 50);
  const late = setTimeout(() => app.server.closeAllConnections(), graceMs);
  try {
    await app.close();
  } finally {
    clearInterval(idle);
    clearTimeout(late);
  }
}

/** A number counts the proxies in front of this server. */
function trustedProxies(
  proxies: HttpServerDeps["trustProxy"],
): boolean | string[] | ((address: string, hop: number) => boolean) {
  if (proxies === undefined) return false;
  return typeof proxies === "number" ? (_address, hop) => hop < proxies : [...proxies];
}
