import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { errorEntry, problemType, type ErrorCode } from "@parley/protocol";

const REFUSALS: Readonly<Record<400 | 404 | 503, { code: ErrorCode; detail: string }>> = {
  400: { code: "validation_failed", detail: "This does not open a WebSocket of version 13 (RFC 6455)." },
  404: { code: "not_found", detail: "There is no socket at this path." },
  503: { code: "overloaded", detail: "This node takes no more sockets now. Try again in a moment." },
};

/** Answers a request to open a socket with a problem document, and ends the connection. */
export function refuseUpgrade(socket: Duplex, status: 400 | 404 | 503): void {
  const { code, detail } = REFUSALS[status];
  const body = JSON.stringify({
    type: problemType(code),
    title: errorEntry(code).title,
    status,
    detail,
    code,
    request_id: "none",
  });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Connection: close",
    "Content-Type: application/problem+json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(status === 400 ? ["Sec-WebSocket-Version: 13"] : []),
    ...(status === 503 ? ["Retry-After: 1"] : []),
  ];
  socket.on("error", () => undefined);
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
