import { laterMark, type Mark } from "../../domain/marks.ts";

/** How long a written mark is remembered at least; at most twice as long. */
const REMEMBERED_MS = 1_000;

/**
 * Marks written in the last moments, for readers that asked the database just before they were committed. In two generations, so that
 * forgetting is dropping the older one.
 */
export class RecentMarks {
  #young = new Map<string, Mark>();
  #old = new Map<string, Mark>();
  #since = performance.now();

  get(key: string): Mark | undefined {
    this.#age();
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: string, mark: Mark): void {
    this.#age();
    this.#young.set(key, laterMark(mark, this.#young.get(key)));
  }

  #age(): void {
    const age = performance.now() - this.#since;
    if (age < REMEMBERED_MS) return;
    this.#old = age < 2 * REMEMBERED_MS ? this.#young : new Map();
    this.#young = new Map();
    this.#since = performance.now();
  }
}
