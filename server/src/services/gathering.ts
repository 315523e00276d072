import { ParleyError } from "@parley/protocol";

export interface GatheringOptions<Ask, Answer> {
  /** Answers several asks together, each in its place. What it throws is thrown to all of them. */
  readonly serve: (asks: readonly Ask[]) => Promise<readonly Answer[]>;
  /** How many are served together at most, by weight; a single ask may be heavier. */
  readonly maxWeight: number;
  readonly weigh: (ask: Ask) => number;
  /** How many servings run at once. */
  readonly width: number;
  /** How many asks may wait; more are refused with `overloaded`. */
  readonly maxWaiting: number;
}

interface Waiting<Ask, Answer> {
  readonly ask: Ask;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Serves asks together that come while others are being served: alone, an ask waits for nobody; a crowd is served by few statements.
 * First come, first served.
 */
export class Gathering<Ask, Answer> {
  readonly #options: GatheringOptions<Ask, Answer>;
  #waiting: Waiting<Ask, Answer>[] = [];
  #running = 0;
  #isScheduled = false;

  constructor(options: GatheringOptions<Ask, Answer>) {
    this.#options = options;
  }

  /** Answers in its turn. Throws `overloaded` when the line is full, and whatever serving it throws. */
  ask(ask: Ask): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length >= this.#options.maxWaiting) throw tooMany();
      this.#waiting.push({ ask, resolve, reject });
      this.#schedule();
    });
  }

  /** After this turn of the event loop, which may bring more of them. */
  #schedule(): void {
    if (this.#isScheduled || this.#running >= this.#options.width) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      while (this.#running < this.#options.width && this.#waiting.length > 0) void this.#serve(this.#take());
    });
  }

  #take(): Waiting<Ask, Answer>[] {
    const { maxWeight, weigh } = this.#options;
    let weight = 0;
    let count = 0;
    for (const { ask } of this.#waiting) {
      weight += weigh(ask);
      if (count > 0 && weight > maxWeight) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #serve(batch: readonly Waiting<Ask, Answer>[]): Promise<void> {
    this.#running += 1;
    try {
      const answers = await this.#options.serve(batch.map(({ ask }) => ask));
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#running -= 1;
      if (this.#waiting.length > 0) this.#schedule();
    }
  }
}

function tooMany(): ParleyError {
  return new ParleyError("overloaded", {
    detail: "Too many clients are catching up. Try again in a moment.",
    retryAfterSeconds: 2,
  });
}
