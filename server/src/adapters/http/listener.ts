import { createServer, type RequestListener, type Server, type ServerOptions } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
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

/** What is not even HTTP has no route and no reply: the answer is written to the connection, which then ends. */
export function answerBrokenRequest(error: BrokenRequest, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
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
