import type { WebSocket } from "ws";
import { writeFrames, type Framed } from "./wire.ts";

/** Outboxes with something to send, emptied together once a turn of the event loop. */
export class Flusher {
  #dirty: Outbox[] = [];
  #isScheduled = false;

  add(outbox: Outbox): void {
    this.#dirty.push(outbox);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // After everything that this turn has brought (answers, events of a whole batch): one write for each socket.
    setImmediate(() => {
      this.#isScheduled = false;
      const dirty = this.#dirty;
      this.#dirty = [];
      for (const outbox of dirty) outbox.flush();
    });
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
