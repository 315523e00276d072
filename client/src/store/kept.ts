import type { Clock } from "../clock.ts";
import type { Topic } from "../observable.ts";
import type { Replica } from "./replica.ts";
import type { ConversationState } from "./state.ts";

/** What an earlier life of the program knew, and of whose eyes and which epoch it is. */
export interface Kept extends Standing {
  readonly states: readonly ConversationState[];
}

export interface Standing {
  readonly userId: string;
  readonly epoch: string;
}

/** What a cache is told. */
export interface CacheHost {
  readonly clock: Clock;
  /** Every conversation that changes, comes or goes. */
  readonly changed: Topic<Replica>;
  /** Whose conversations these are; undefined while that, or what they are, is being found out. */
  standing(): Standing | undefined;
  isOnline(): boolean;
}

/** A cache in use by one client. */
export interface OpenCache {
  /** What it has kept. Never rejects and never takes long. */
  readonly kept: Promise<Kept | undefined>;
  /** Removes everything, and keeps nothing more, here and in other tabs. */
  clear(): Promise<void>;
  /** Writes what is not written yet, and ends. */
  close(): void;
}

/** Keeps conversations on the device: what `createCache()` answers and `connect` takes. Its parts may change at any time. */
export type Cache = (name: string, host: CacheHost) => OpenCache;
