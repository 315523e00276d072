/** A value that tells when it changes. Values are never changed in place: a new one is another object. */
export interface Observable<T> {
  /** The present value. */
  readonly value: T;
  /** `listener` hears of later values, not of the present one. Answers what ends it. */
  subscribe(listener: (value: T) => void): () => void;
}

export interface Cell<T> extends Observable<T> {
  set(value: T): void;
}

export function createCell<T>(initial: T): Cell<T> {
  const topic = createTopic<T>();
  let value = initial;
  return {
    get value() {
      return value;
    },
    subscribe: topic.subscribe,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      topic.tell(next);
    },
  };
}

export interface Topic<T> {
  subscribe(listener: (value: T) => void): () => void;
  tell(value: T): void;
}

/** What a listener throws is its own trouble: it is thrown where the host's error handling finds it, and the others are still told. */
export function createTopic<T>(): Topic<T> {
  const listeners = new Set<(value: T) => void>();
  return {
    subscribe(listener) {
      // So that the same function may subscribe twice.
      const own = (value: T): void => listener(value);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    tell(value) {
      for (const listener of listeners) {
        try {
          listener(value);
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
  };
}

/** Resolves with the first value, the present one included, for which `test` holds. Rejects with the signal's reason. */
export function when<T>(observable: Observable<T>, test: (value: T) => boolean, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    if (test(observable.value)) {
      resolve(observable.value);
      return;
    }
    const end = (): void => {
      stop();
      signal?.removeEventListener("abort", onAbort);
    };
    const onAbort = (): void => {
      end();
      reject(signal?.reason as Error);
    };
    const stop = observable.subscribe((value) => {
      if (!test(value)) return;
      end();
      resolve(value);
    });
    signal?.addEventListener("abort", onAbort);
  });
}
