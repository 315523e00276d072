import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { Receiver, type WebSocket } from "ws";
import { bytesOf, framePieces, frameText, writeFrames, type Framed } from "./wire.ts";

declare module "ws" {
  /** Exported, but not in the library's types. */
  export const Receiver: new (options: { isServer: boolean }) => PassThrough;
}

const TEXTS = ["{}", "ä".repeat(100), "x".repeat(126), "y".repeat(65_536), "🙂".repeat(20_000)];

test("framed texts are what a client reads, whatever their length", async () => {
  const receiver = new Receiver({ isServer: false });
  const heard: string[] = [];
  receiver.on("message", (data: Buffer) => heard.push(String(data)));
  for (const text of TEXTS) receiver.write(frameText(text));
  while (heard.length < TEXTS.length) await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toEqual(TEXTS);
});

test("many frames are written as one piece, many bytes piece by piece, and without the connection the long way", () => {
  const frames = TEXTS.map(frameText);
  const sent: string[] = [];
  const connection = new PassThrough();
  const socket = (sender: unknown) =>
    ({
      readyState: 1,
      OPEN: 1,
      _socket: connection,
      _sender: sender,
      send: (payload: Buffer) => void sent.push(String(payload)),
    }) as unknown as WebSocket;
  const few = frames.slice(0, 3);
  writeFrames(socket({ _state: 0, _queue: [] }), few, Buffer.concat(few).length);
  expect(connection.read()).toEqual(Buffer.concat(few));
  writeFrames(socket({ _state: 0, _queue: [] }), frames, Buffer.concat(frames).length);
  expect(connection.read()).toEqual(Buffer.concat(frames));
  writeFrames(socket({ _state: 1, _queue: [] }), frames, Buffer.concat(frames).length);
  writeFrames(socket(undefined), few, Buffer.concat(few).length);
  expect(sent).toEqual([...TEXTS, ...TEXTS.slice(0, 3)]);
  expect(connection.read()).toBeNull();
});

test("pieces are one frame, the same as their text would be, and bytes in them are not copied", () => {
  const shared = Buffer.from(`"${"ü".repeat(40_000)}"`);
  for (const pieces of [["{}"], ["[", Buffer.from("1"), ",", "2]"], [...TEXTS], ["[", shared, ",", shared, "]"]]) {
    const framed = framePieces(pieces);
    expect(Buffer.concat(framed)).toEqual(frameText(pieces.map(String).join("")));
    expect(bytesOf(framed)).toBe(Buffer.concat(framed).length);
    for (const piece of pieces) if (Buffer.isBuffer(piece)) expect(framed).toContain(piece);
  }
  const frames: Framed[] = [framePieces(["{", shared, "}"]), frameText("{}")];
  const bytes = frames.reduce((sum, frame) => sum + bytesOf(frame), 0);
  const whole = Buffer.concat(frames.flat());
  const connection = new PassThrough({ highWaterMark: 1_000_000 });
  const sent: string[] = [];
  const open = { readyState: 1, OPEN: 1, send: (payload: Buffer) => void sent.push(String(payload)) };
  writeFrames(
    { ...open, _socket: connection, _sender: { _state: 0, _queue: [] } } as unknown as WebSocket,
    frames,
    bytes,
  );
  expect(connection.read()).toEqual(whole);
  writeFrames(open as unknown as WebSocket, frames, bytes);
  expect(sent).toEqual([`{${String(shared)}}`, "{}"]);
});
