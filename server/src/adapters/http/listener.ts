import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { invalid } from "@parley/protocol";
import { toProblem } from "./errors.ts";

export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Ends connections on which nothing arrives: half-open ones, and those that send a byte a minute. */
const OPTIONS: ServerOptions = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
  // Longer than the usual 60 s of balancers, so that it is they who end an idle connection, and never in the face of a request.
  keepAliveTimeout: 65_000,
  // Finds out about peers that are gone without a word.
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
  // Refused like any other bad request, with a problem document.
  requireHostHeader: false,
};
/** Without a byte either way. Streams of events send something every 30 s; sockets watch over themselves. */
const SILENCE_MS = 120_000;
const TLS_HANDSHAKE_MS = 10_000;

/** The HTTP/1.1 server beneath the framework: TLS 1.3 where there is a certificate. */
export function createListener(handler: RequestListener, tls: TlsFiles | undefined): Server {
  const server = tls
    ? createSecureServer({ ...OPTIONS, ...tls, minVersion: "TLSv1.3", handshakeTimeout: TLS_HANDSHAKE_MS }, handler)
    : createServer(OPTIONS, handler);
  // What is expected beyond `100-continue` is passed over.
  server.on("checkExpectation", handler);
  server.setTimeout(SILENCE_MS);
  return server;
}

interface BrokenRequest extends Error {
  readonly code?: string;
}

const REASONS: Readonly<Record<string, readonly [number, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout"],
  HPE_HEADER_OVERFLOW: [431, "Request Header Fields Too Large"],
};

/** Watches over connections, so that what is not HTTP on one of them is answered in its turn. */
export interface BrokenRequests {
  /** The handler, with its requests counted until they are answered. */
  watch(handler: RequestListener): RequestListener;
  /** What is not even HTTP has no route and no reply: the answer is written to the connection, which then ends. */
  answer(error: BrokenRequest, socket: Socket): void;
}

/** How long requests that came before the broken one may take until they are answered. */
const EARLIER_MS = 5_000;

export function createBrokenRequests(): BrokenRequests {
  const unanswered = new WeakMap<Duplex, Map<ServerResponse, IncomingMessage>>();
  const waiting = new WeakMap<Duplex, () => void>();

  /** Those that were read to their end: of another one, it is the body that cannot be read. */
  function isAnswered(socket: Duplex): boolean {
    return ![...(unanswered.get(socket)?.values() ?? [])].some(({ complete }) => complete);
  }

  return {
    watch: (handler) => (request, response) => {
      const { socket } = request;
      const own = unanswered.get(socket) ?? new Map<ServerResponse, IncomingMessage>();
      unanswered.set(socket, own.set(response, request));
      response.once("close", () => {
        own.delete(response);
        if (isAnswered(socket)) waiting.get(socket)?.();
      });
      handler(request, response);
    },
    answer(error, socket) {
      if (error.code === "ECONNRESET" || !socket.writable) socket.destroy();
      else if (isAnswered(socket)) refuse(error, socket);
      else {
        // Written now, it would be taken for the answer to the request before it.
        waiting.set(socket, () => refuse(error, socket));
        setTimeout(() => socket.destroy(), EARLIER_MS).unref();
      }
    },
  };
}

function refuse(error: BrokenRequest, socket: Socket): void {
  if (!socket.writable) return;
  const [status, reason] = REASONS[error.code ?? ""] ?? [400, "Bad Request"];
  const problem = toProblem(invalid("request", `The request cannot be read as HTTP: ${reason}.`), "none");
  const body = JSON.stringify({ ...problem, status });
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    "Content-Type: application/problem+json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
  // A peer that does not read must not keep it.
  socket.setTimeout(1_000, () => socket.destroy());
}
