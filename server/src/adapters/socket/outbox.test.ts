import type { WebSocket } from "ws";
import { expect, test } from "vitest";
import { Flusher, Outbox } from "./outbox.ts";
import { frameText } from "./wire.ts";

/** A socket whose every write takes so long, and what was written when. */
function slowSocket(writeMs: number): { socket: WebSocket; writes: { at: number; text: string }[] } {
  const writes: { at: number; text: string }[] = [];
  const write = (bytes: Buffer): void => {
    const at = performance.now();
    writes.push({ at, text: bytes.toString("latin1") });
    while (performance.now() - at < writeMs);
  };
  const socket = { readyState: 1, OPEN: 1, bufferedAmount: 0, _socket: { write }, _sender: { _state: 0, _queue: [] } };
  return { socket: socket as unknown as WebSocket, writes };
}

const add = (outbox: Outbox, text: string): void => {
  const frame = frameText(text);
  outbox.add(frame, frame.length);
};

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test("what one turn brings is one write for each socket, in order", async () => {
  const { socket, writes } = slowSocket(0);
  const outbox = new Outbox(socket, new Flusher());
  for (const text of ["one", "two", "three"]) add(outbox, text);
  await expect.poll(() => writes).toHaveLength(1);
  expect(writes[0]?.text).toMatch(/one.*two.*three/s);
});

test("where writing takes long, rounds come less often and bring everything that came meanwhile", async () => {
  const { socket, writes } = slowSocket(5);
  const outbox = new Outbox(socket, new Flusher());
  add(outbox, "first");
  while (writes.length === 0) await turn();
  for (let number = 0; number < 5; number += 1) {
    add(outbox, `later ${number}`);
    await turn();
  }
  await expect.poll(() => writes).toHaveLength(2);
  expect(writes[1]?.text.match(/later \d/g)).toEqual(["later 0", "later 1", "later 2", "later 3", "later 4"]);
  const [first, second] = writes.map(({ at }) => at) as [number, number];
  expect(second - first).toBeGreaterThanOrEqual(5 + 3 * 5 - 1);
});

test("while there is little to write, it does not wait", async () => {
  const { socket, writes } = slowSocket(0);
  const outbox = new Outbox(socket, new Flusher());
  for (let number = 0; number < 20; number += 1) {
    add(outbox, "ping");
    await turn();
    await turn();
  }
  expect(writes.length).toBeGreaterThanOrEqual(10);
});
