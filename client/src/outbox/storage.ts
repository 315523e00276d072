import { createTopic } from "../observable.ts";
import { inOrder, type OutboxEntry } from "./entry.ts";

/**
 * Where an outbox is kept. Tabs of one account share one. `put` and `remove` resolve once the change would survive a
 * crash of the program.
 */
export interface OutboxStorage {
  /** Everything that is kept, in the order of sending. */
  load(): Promise<readonly OutboxEntry[]>;
  /** Keeps an entry, in the place of one with the same id. */
  put(entry: OutboxEntry): Promise<void>;
  /** Lets go of an entry; one that is not there is no mistake. */
  remove(id: string): Promise<void>;
  /** Calls back when another tab changed it. Answers what ends it. */
  onChange(listener: () => void): () => void;
  /** Ends the use, not what is kept. */
  close(): void;
}

/** An outbox for the life of the program. Clients that are given the same one share it. */
export function createMemoryStorage(): OutboxStorage {
  const entries = new Map<string, OutboxEntry>();
  const topic = createTopic<undefined>();
  return {
    load: () => Promise.resolve(inOrder(entries.values())),
    put(entry) {
      entries.set(entry.id, entry);
      topic.tell(undefined);
      return Promise.resolve();
    },
    remove(id) {
      if (entries.delete(id)) topic.tell(undefined);
      return Promise.resolve();
    },
    onChange: (listener) => topic.subscribe(listener),
    close: () => undefined,
  };
}
