import type { ConversationId } from "../domain/ids.ts";

/**
 * The seam between reading where a conversation stands and hearing what happens in it. What is told while the reading is under
 * way may be missing from what was read, and nobody listens to the conversation yet: so the versions told meanwhile are kept
 * until the reader has looked, and whoever begins to listen knows that there is something to catch up with.
 *
 * Bounded by the conversations that change while something is being read.
 */
export class Seam {
  readonly #heads = new Map<ConversationId, number>();
  #readings = 0;

  /** A change was told. */
  note(id: ConversationId, version: number): void {
    if (this.#readings > 0 && version > (this.#heads.get(id) ?? 0)) this.#heads.set(id, version);
  }

  /** The highest version told while anything was being read; 0 for none. */
  headOf(id: ConversationId): number {
    return this.#heads.get(id) ?? 0;
  }

  /** Runs a reading together with what follows from it: the versions are kept until `work` has ended. */
  async across<T>(work: () => Promise<T>): Promise<T> {
    this.#readings += 1;
    try {
      return await work();
    } finally {
      this.#readings -= 1;
      if (this.#readings === 0) this.#heads.clear();
    }
  }
}
