/** Decides which of several tabs sends. */
export interface OutboxLock {
  /** Waits for the lock, calls `work` and holds it until that resolves. Gives up waiting when the signal says so. */
  hold(name: string, signal: AbortSignal, work: () => Promise<void>): Promise<void>;
}

/** Web Locks: the browser gives the lock to the next tab when this one ends, however it ends. */
export const webLock: OutboxLock = {
  hold: (name, signal, work) => navigator.locks.request(name, { signal }, work),
};

/** For programs that have their outbox for themselves. */
export const noLock: OutboxLock = {
  hold: (_name, _signal, work) => work(),
};

/** One lock within one program: for several clients there that share an outbox, and for tests of tabs. */
export function createMemoryLock(): OutboxLock {
  const last = new Map<string, Promise<void>>();
  return {
    async hold(name, signal, work) {
      const before = last.get(name) ?? Promise.resolve();
      const mine = before.then(() => (signal.aborted ? undefined : work()));
      last.set(
        name,
        mine.catch(() => undefined),
      );
      await mine;
    },
  };
}
