import { ParleyError } from "@parley/protocol";

export interface GateOptions {
  /** How much runs at once. */
  readonly width: number;
  /** How much may wait for its turn; more is refused with `overloaded`. Default: no bound, where the callers are bounded. */
  readonly maxWaiting?: number;
}

/** Lets a bounded number of tasks run at once; the others wait in line. */
export class Gate {
  readonly #options: GateOptions;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Runs the task when it is its turn and answers what it answers. Throws `overloaded` when the line is full. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await task();
    } finally {
      // The place goes to the next in line, so that nobody slips in between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }

  async #enter(): Promise<void> {
    const { width, maxWaiting = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#running >= width) {
      if (this.#waiting.length >= maxWaiting) {
        throw new ParleyError("overloaded", {
          detail: "Too many clients are catching up. Try again in a moment.",
          retryAfterSeconds: 2,
        });
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      return;
    }
    this.#running += 1;
  }
}
