import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { deferred } from "../deferred.ts";
import { createFrameReader, encodeFrame, OPCODES } from "./frames.ts";

/** A socket whose every byte is ours. */
export interface FuzzSocket {
  /** The status of the handshake and, where it was refused, the body. */
  readonly opened: Promise<{ readonly status: number; readonly body: string }>;
  readonly isClosed: boolean;
  /** The code of the close frame that came; 1006 where the connection ended without one. */
  readonly closed: Promise<number>;
  send(bytes: Buffer): void;
  /** Says good-bye, or does not. */
  leave(isPolite: boolean): void;
}

export interface HandshakeOptions {
  readonly port: number;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly onText: (text: string) => void;
}

/** How long the service may take to answer a good-bye. */
const GOODBYE_MS = 10_000;

/** Headers that open a socket. */
export function upgradeHeaders(): [string, string][] {
  return [
    ["Host", "localhost"],
    ["Connection", "Upgrade"],
    ["Upgrade", "websocket"],
    ["Sec-WebSocket-Version", "13"],
    ["Sec-WebSocket-Key", randomBytes(16).toString("base64")],
  ];
}

export function openSocket({ port, target, headers, onText }: HandshakeOptions): FuzzSocket {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const reader = createFrameReader();
  let head: Buffer | undefined = Buffer.alloc(0);
  let isClosed = false;
  let code = 1006;
  const opening = deferred<{ status: number; body: string }>();
  const closing = deferred<number>();
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.write(Buffer.from(`GET ${target} HTTP/1.1\r\n${lines}\r\n`, "latin1"));
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => {
    if (head === undefined) {
      read(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0 || !head.toString("latin1", 0, 13).startsWith("HTTP/1.1 101")) return;
    const rest = head.subarray(end + 4);
    head = undefined;
    opening.resolve({ status: 101, body: "" });
    read(rest);
  });
  socket.on("end", () => socket.end());
  socket.on("close", over);

  function over(): void {
    isClosed = true;
    const text = head?.toString("latin1") ?? "";
    opening.resolve({
      status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0),
      body: text.slice(text.indexOf("\r\n\r\n") + 4),
    });
    closing.resolve(code);
  }

  function read(chunk: Buffer): void {
    for (const { opcode, payload } of reader.take(chunk)) {
      if (opcode === OPCODES.text) onText(payload.toString());
      else if (opcode === OPCODES.ping) socket.write(encodeFrame(payload, { opcode: OPCODES.pong }));
      else if (opcode === OPCODES.close) {
        code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
        // Answered as it has to be; the service ends the connection.
        socket.end(encodeFrame(payload.subarray(0, 2), { opcode: OPCODES.close }));
      }
    }
  }

  return {
    opened: opening.promise,
    get isClosed() {
      return isClosed;
    },
    closed: closing.promise,
    send: (bytes) => void socket.write(bytes),
    leave(isPolite) {
      if (!isPolite) {
        // Where the kernel has nothing left to reset, Node tells an error and never that it is closed.
        socket.once("error", over);
        socket.resetAndDestroy();
        return;
      }
      socket.write(encodeFrame(Buffer.from([3, 0xe8]), { opcode: OPCODES.close }));
      const timer = setTimeout(() => socket.destroy(), GOODBYE_MS);
      socket.once("close", () => clearTimeout(timer));
    },
  };
}
