import { ParleyError, type Access, type Endpoint } from "@parley/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type * as z from "zod";
import type { Caller } from "../../domain/caller.ts";
import type { Authentication, Identity } from "../../services/authentication.ts";
import type { RateLimits } from "../../services/rate-limits.ts";
import { ignoreBodies } from "./request-body.ts";
import { validate } from "./validate.ts";

type OutputOf<E extends Endpoint, Part extends "params" | "query" | "body"> =
  E extends Record<Part, infer Schema extends z.ZodType> ? z.output<Schema> : undefined;
type CallerOf<E extends Endpoint> = E["access"] extends "public" ? undefined : Caller;
type IdentityOf<E extends Endpoint> = E["access"] extends "public" ? undefined : Identity;

/** A request that has come through the pipeline: who asks, and what, checked against the endpoint's definition. */
export interface Exchange<E extends Endpoint> {
  readonly caller: CallerOf<E>;
  /** The caller with what proved it: the token's kind and end. */
  readonly identity: IdentityOf<E>;
  readonly params: OutputOf<E, "params">;
  readonly query: OutputOf<E, "query">;
  readonly body: OutputOf<E, "body">;
  readonly address: string;
  readonly requestId: string;
  /** A header of the request; its name in lower case. */
  readonly header: (name: string) => string | undefined;
}

type StatusOf<E extends Endpoint> = keyof E["responses"] & number;
type BodyOf<E extends Endpoint, Status extends StatusOf<E>> = E["responses"][Status] extends z.ZodType
  ? Unchanging<z.output<E["responses"][Status]>>
  : void;
/** Answers are only read: lists in them may be readonly ones. */
type Unchanging<T> = T extends readonly (infer Item)[]
  ? readonly Unchanging<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Unchanging<T[Key]> }
    : T;
type IsUnion<T, Whole = T> = T extends unknown ? ([Whole] extends [T] ? false : true) : never;

/** A status of the endpoint with its body. */
export type Answer<E extends Endpoint> = {
  [Status in StatusOf<E>]: E["responses"][Status] extends z.ZodType
    ? { readonly status: Status; readonly body: BodyOf<E, Status> }
    : { readonly status: Status };
}[StatusOf<E>];

/** What a handler returns: the body where the endpoint has one status (nothing for 204), else the status with its body. */
export type Result<E extends Endpoint> = IsUnion<StatusOf<E>> extends true ? Answer<E> : BodyOf<E, StatusOf<E>>;

/** An endpoint with the function that serves it; made by `route` or `streamRoute`. */
export type Route = PlainRoute | StreamRoute;

interface PlainRoute {
  readonly endpoint: Endpoint;
  readonly handle: (exchange: Exchange<Endpoint>) => Promise<unknown>;
}

interface StreamRoute {
  readonly endpoint: Endpoint;
  readonly stream: (exchange: Exchange<Endpoint>, stream: Stream) => void;
}

/** An answer that goes on: the handler writes it, from the status line to the end. */
export interface Stream {
  readonly response: FastifyReply["raw"];
  /** Headers that every answer has; to be sent along with the handler's own. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * One row of the API: `route(endpoints.getUser, ({ caller, params }) => users.get(caller, params.user_id))`.
 * `R` is a parameter of its own so that `{ status: 201 }` in a handler is a 201 and not any number.
 */
export function route<const E extends Endpoint, const R extends Result<E>>(
  endpoint: E,
  handle: (exchange: Exchange<E>) => Promise<R> | R,
): Route {
  return { endpoint, handle: async (exchange) => await handle(exchange) };
}

/** The same for an answer without an end, such as events. The handler must not throw once it has written. */
export function streamRoute<const E extends Endpoint>(
  endpoint: E,
  stream: (exchange: Exchange<E>, stream: Stream) => void,
): Route {
  return { endpoint, stream: (exchange, output) => stream(exchange, output) };
}

export interface PipelineDeps {
  readonly authenticate: Authentication["authenticate"];
  readonly limits: Pick<RateLimits, "admitRequest">;
  /** Compares every answer with the endpoint's definition: for tests, as it costs more than answering. Default false. */
  readonly checkResponses?: boolean;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set by the pipeline; null on public routes. */
    identity: Identity | null;
  }
}

/**
 * Puts the routes in place. Every request goes the same way: authenticate → limit → validate → the service authorises and does →
 * present. The first two come before the body is read, so that nobody without a token makes the server parse anything. Failed
 * authentications are limited by authentication itself.
 */
export function serveRoutes(app: FastifyInstance, routes: readonly Route[], deps: PipelineDeps): void {
  app.decorateRequest("identity", null);
  for (const route of routes) if (route.endpoint.body !== undefined) serveRoute(app, route, deps);
  void app.register((bodiless, _options, done) => {
    ignoreBodies(bodiless);
    for (const route of routes) if (route.endpoint.body === undefined) serveRoute(bodiless, route, deps);
    done();
  });
}

function serveRoute(app: FastifyInstance, route: Route, deps: PipelineDeps): void {
  const { endpoint } = route;
  app.route({
    method: endpoint.method,
    url: endpoint.path,
    // HEAD would open a stream that nobody reads.
    exposeHeadRoute: endpoint.method === "GET" && !("stream" in route),
    ...(endpoint.access === "public" ? {} : { onRequest: (request: FastifyRequest) => admit(deps, endpoint, request) }),
    handler: "stream" in route ? streamHandler(route) : plainHandler(deps, route),
  });
}

async function admit(deps: PipelineDeps, endpoint: Endpoint, request: FastifyRequest): Promise<void> {
  const { headers, ip } = request;
  const identity = await deps.authenticate({
    token: tokenOf(request, endpoint),
    actAs: single(headers["parley-act-as"]),
    address: ip,
  });
  deps.limits.admitRequest(identity.caller, ip);
  requireAccess(endpoint.access, identity.caller);
  request.identity = identity;
}

function plainHandler({ checkResponses = false }: PipelineDeps, { endpoint, handle }: PlainRoute) {
  const statuses = Object.keys(endpoint.responses).map(Number);
  const [only = 200] = statuses;
  const hasOneStatus = statuses.length === 1;

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const exchange = validated(endpoint, request);
    const result = await handle(exchange);
    const { status, body } = hasOneStatus
      ? { status: only, body: result }
      : (result as { status: number; body?: unknown });
    if (checkResponses) requireDocumented(endpoint, status, body);
    reply.code(status);
    if (endpoint.responses[status] === null) return reply.send();
    if (endpoint.produces !== undefined) reply.type(`${endpoint.produces}; charset=utf-8`);
    return reply.send(body);
  };
}

function streamHandler({ endpoint, stream }: StreamRoute) {
  return (request: FastifyRequest, reply: FastifyReply): void => {
    const exchange = validated(endpoint, request);
    const headers = Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]);
    reply.hijack();
    stream(exchange, { response: reply.raw, headers: Object.fromEntries(headers) });
  };
}

function validated(endpoint: Endpoint, request: FastifyRequest): Exchange<Endpoint> {
  const { identity, headers } = request;
  return {
    caller: identity?.caller,
    identity: identity ?? undefined,
    params: validate("params", endpoint.params, request.params),
    query: validate("query", endpoint.query, request.query),
    body: validate("body", endpoint.body, request.body),
    address: request.ip,
    requestId: request.id,
    header: (name) => single(headers[name]),
  } as Exchange<Endpoint>;
}

function requireAccess(access: Access, caller: Caller): void {
  if (access === "user" || access === "public" || caller.isService) return;
  if (access === "staff" && caller.isStaff) return;
  if (access === "admin" && caller.isAdmin) return;
  const who = { staff: "staff", admin: "administrators", service: "service tokens" }[access];
  throw new ParleyError("permission_denied", { detail: `This is for ${who}.` });
}

/** Browsers cannot give a stream of events a header, so there the token may be in the query. It is never logged. */
function tokenOf({ headers, query }: FastifyRequest, endpoint: Endpoint): string | undefined {
  const { authorization } = headers;
  if (authorization === undefined && endpoint.produces === "text/event-stream") {
    const { token } = query as { token?: unknown };
    return typeof token === "string" ? token : undefined;
  }
  if (authorization === undefined) return undefined;
  const [, token] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
  if (token === undefined) {
    throw new ParleyError("unauthenticated", { detail: "The header must be `Authorization: Bearer <token>`." });
  }
  return token;
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

/** A difference between what is documented and what is answered is a fault of ours. */
function requireDocumented(endpoint: Endpoint, status: number, body: unknown): void {
  const schema = endpoint.responses[status];
  if (schema === undefined) throw new Error(`${endpoint.id} answered ${status}, which is not documented`);
  const result = schema?.safeParse(body);
  if (result?.success === false)
    throw new Error(`${endpoint.id} answered something else than documented: ${result.error.message}`);
}
