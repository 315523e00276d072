/** A background loop: does something again and again until it is disposed. */
export interface Loop extends AsyncDisposable {
  /** There may be something to do: the next round begins without waiting for the pause to end. */
  readonly wake: () => void;
}

export interface LoopOptions {
  readonly name: string;
  /** One round; answers how long to wait before the next one, in milliseconds. Wakes cut the wait short. */
  readonly round: (signal: AbortSignal) => Promise<number>;
  /** Told of each failed round. Must not throw. */
  readonly onTrouble: (error: unknown, message: string) => void;
  /** Rounds never begin closer together than this, however often the loop is woken; default 0 ms. */
  readonly paceMs?: number;
  /** The longest pause after failures, which double from 100 ms; default 10,000 ms. */
  readonly longestBackOffMs?: number;
}

const FIRST_BACK_OFF_MS = 100;

/**
 * Runs rounds one after the other. A failed round is reported and tried again after a growing pause, which a wake does not
 * shorten: a hint does not make what failed any better. Disposing waits for the round in progress.
 */
export function runLoop(options: LoopOptions): Loop {
  const { paceMs = 0, longestBackOffMs = 10_000 } = options;
  const stopping = new AbortController();
  const alarm = createAlarm(stopping.signal);
  let failures = 0;
  const done = rounds();

  async function rounds(): Promise<void> {
    while (!stopping.signal.aborted) {
      const started = performance.now();
      alarm.clear();
      try {
        const pause = await options.round(stopping.signal);
        failures = 0;
        await alarm.sleep(paceMs - (performance.now() - started), false);
        await alarm.sleep(pause - (performance.now() - started), true);
      } catch (error) {
        failures += 1;
        options.onTrouble(error, `${options.name} failed; it tries again`);
        await alarm.sleep(Math.min(longestBackOffMs, FIRST_BACK_OFF_MS * 2 ** (failures - 1)), false);
      }
    }
  }

  return {
    wake: alarm.ring,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await done;
    },
  };
}

interface Alarm {
  readonly ring: () => void;
  /** Forgets that it rang. */
  clear(): void;
  /** Waits; not at all once stopping. With `light`, until it rings, or not at all if it rang since `clear`. */
  sleep(milliseconds: number, light: boolean): Promise<void>;
}

function createAlarm(stopped: AbortSignal): Alarm {
  let rang = false;
  let wakeUp: (() => void) | undefined;
  return {
    ring() {
      rang = true;
      wakeUp?.();
    },
    clear() {
      rang = false;
    },
    sleep(milliseconds, light) {
      if (milliseconds <= 0 || stopped.aborted || (light && rang)) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(finish, milliseconds);
        stopped.addEventListener("abort", finish, { once: true });
        if (light) wakeUp = finish;
        function finish(): void {
          clearTimeout(timer);
          stopped.removeEventListener("abort", finish);
          wakeUp = undefined;
          resolve();
        }
      });
    },
  };
}
