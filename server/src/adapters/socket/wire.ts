import type { Socket } from "node:net";
import { Sender, type WebSocket } from "ws";
import type { Frame } from "../../realtime/frames.ts";

declare module "ws" {
  /** Exported, but not in the library's types. */
  export const Sender: {
    frame(
      data: Buffer,
      options: { fin: boolean; rsv1: boolean; opcode: number; mask: boolean; readOnly: boolean },
    ): Buffer[];
  };
}

/** How text becomes a WebSocket frame, and frames become bytes on the connection. */

const TEXT = 1;

/**
 * A text as a whole WebSocket frame. Servers do not mask and nothing is compressed, so the same bytes are good for every socket,
 * and framing them once saves a quarter of the work of a fan-out.
 */
export function frameText(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat(Sender.frame(payload, { fin: true, rsv1: false, opcode: TEXT, mask: false, readOnly: true }));
}

/** A whole frame: its bytes, or pieces of it that follow each other, of which some are written to many sockets. */
export type Framed = Buffer | readonly Buffer[];

/** JSON of which some is text, and some bytes already because it is the same for many. */
export type Piece = string | Buffer;

/** The pieces together as one frame. Bytes are not copied: they may wait for many sockets and are there once. */
export function framePieces(pieces: readonly Piece[]): readonly Buffer[] {
  const parts: Buffer[] = [];
  let text = "";
  let length = 0;
  const add = (part: Buffer): void => {
    parts.push(part);
    length += part.length;
  };
  for (const piece of pieces) {
    if (typeof piece === "string") text += piece;
    else {
      if (text !== "") add(Buffer.from(text));
      text = "";
      add(piece);
    }
  }
  if (text !== "") add(Buffer.from(text));
  return [headerFor(length), ...parts];
}

/** RFC 6455, section 5.2: final, text, no mask. */
function headerFor(length: number): Buffer {
  const fin = 0x80 | TEXT;
  if (length < 126) return Buffer.from([fin, length]);
  const header = Buffer.alloc(length < 65_536 ? 4 : 10);
  header[0] = fin;
  header[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) header.writeUInt16BE(length, 2);
  else header.writeUInt32BE(length, 6);
  return header;
}

export function bytesOf(frame: Framed): number {
  return Buffer.isBuffer(frame)
    ? frame.length
    : (frame as readonly Buffer[]).reduce((sum, { length }) => sum + length, 0);
}

/** The event as bytes: made for the first socket, there for all others. */
export function encoded(frame: Frame): Buffer {
  return (frame.encoded ??= frameText(frame.text));
}

/** What `ws` does not show. The version is pinned; where it looks otherwise, frames take the long way. */
interface Internals {
  readonly _socket?: Socket | null;
  readonly _sender?: { readonly _queue?: readonly unknown[]; readonly _state?: number };
}

/**
 * The connection below the WebSocket, if whole frames may be written to it now: nothing of the library's own is half sent or
 * waits in its queue.
 */
function connectionOf(socket: WebSocket): Socket | undefined {
  const { _socket: connection, _sender: sender } = socket as unknown as Internals;
  if (!connection || sender?._state !== 0 || sender._queue?.length !== 0) return undefined;
  return connection;
}

/** Frames up to this size together are copied into one piece: one write for the kernel instead of many. */
const COPY_UP_TO = 65_536;

/** Writes whole frames. Whatever happens to the connection is told by its events. */
export function writeFrames(socket: WebSocket, frames: readonly Framed[], bytes: number): void {
  if (socket.readyState !== socket.OPEN) return;
  const connection = connectionOf(socket);
  if (!connection) {
    for (const frame of frames) sendTheLongWay(socket, frame);
    return;
  }
  const pieces = frames.flat() as readonly Buffer[];
  const [first] = pieces;
  if (pieces.length === 1 && first) connection.write(first);
  else if (bytes <= COPY_UP_TO) connection.write(Buffer.concat(pieces, bytes));
  else {
    connection.cork();
    for (const piece of pieces) connection.write(piece);
    connection.uncork();
  }
}

function sendTheLongWay(socket: WebSocket, frame: Framed): void {
  const whole = Buffer.isBuffer(frame) ? frame : Buffer.concat(frame);
  socket.send(whole.subarray(headerLength(whole)), { binary: false, compress: false }, ignore);
}

/** The error comes again as the socket's event. */
function ignore(): void {
  // Nothing to do.
}

/** RFC 6455, section 5.2. */
function headerLength(frame: Buffer): number {
  const length = frame[1] ?? 0;
  if (length === 126) return 4;
  return length === 127 ? 10 : 2;
}
