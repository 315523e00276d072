import type { WebSocket } from "ws";
import { writeFrames, type Framed } from "./wire.ts";

/** Writing takes a part of the time at most: after each round it rests so many times as long as the round took. */
const REST_FACTOR = 3;
/** Rest beyond this would be noticed. */
const LONGEST_REST_MS = 20;
/** A timer cannot wait for less. */
const SHORTEST_REST_MS = 1;

/**
 * Outboxes with something to send, emptied together once a turn of the event loop. Each write costs the same however much it
 * brings, so that where rounds take long (many receivers, many messages), they come less often and bring more: the rest between them
 * grows with what they take. While there is little to do there is none.
 */
export class Flusher {
  #dirty: Outbox[] = [];
  #isScheduled = false;
  /** In milliseconds of the clock below. */
  #restsUntil = 0;

  add(outbox: Outbox): void {
    this.#dirty.push(outbox);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // After everything that this turn has brought (answers, events of a whole batch): one write for each socket.
    setImmediate(() => {
      const rest = this.#restsUntil - performance.now();
      if (rest < SHORTEST_REST_MS) this.#flush();
      else setTimeout(() => this.#flush(), rest);
    });
  }

  #flush(): void {
    const began = performance.now();
    this.#isScheduled = false;
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const outbox of dirty) outbox.flush();
    const ended = performance.now();
    this.#restsUntil = ended + Math.min(LONGEST_REST_MS, REST_FACTOR * (ended - began));
  }
}

/** What waits to be sent to one socket. */
export class Outbox {
  readonly #socket: WebSocket;
  readonly #flusher: Flusher;
  #frames: Framed[] | undefined;
  #bytes = 0;

  constructor(socket: WebSocket, flusher: Flusher) {
    this.#socket = socket;
    this.#flusher = flusher;
  }

  /** Bytes that the peer has not taken yet, as far as this process knows. */
  get waiting(): number {
    return this.#bytes + this.#socket.bufferedAmount;
  }

  add(frame: Framed, bytes: number): void {
    if (this.#bytes === 0) this.#flusher.add(this);
    (this.#frames ??= []).push(frame);
    this.#bytes += bytes;
  }

  flush(): void {
    if (!this.#frames) return;
    writeFrames(this.#socket, this.#frames, this.#bytes);
    this.discard();
  }

  /** What is not written yet will never be. */
  discard(): void {
    this.#frames = undefined;
    this.#bytes = 0;
  }
}
