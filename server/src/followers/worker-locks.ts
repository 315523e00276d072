import type { Database, DedicatedConnection } from "../store/database.ts";
import { lockWorker, unlockWorker, watchConnection } from "../store/jobs-workers.ts";
import { runLoop } from "./loop.ts";

/** Says to the other nodes which job workers of this one are alive. */
export interface WorkerLocks extends AsyncDisposable {
  /** Resolves once every node can see it; from then on until it is released, whatever happens to the connection meanwhile. */
  hold(worker: string): Promise<void>;
  release(worker: string): void;
}

export interface WorkerLocksDeps {
  readonly database: Pick<Database, "connect">;
  readonly onTrouble: (error: unknown, message: string) => void;
}

/** How often a connection that says nothing is asked whether it is still there. */
const CHECK_MS = 10_000;

/** Keeps one connection that holds the locks, and makes a new one, with all of them, when it is lost. */
export function createWorkerLocks(deps: WorkerLocksDeps): WorkerLocks {
  const wanted = new Map<string, PromiseWithResolvers>();
  const held = new Set<string>();
  let connection: DedicatedConnection | undefined;

  const loop = runLoop({
    name: "holding the locks of job workers",
    onTrouble: deps.onTrouble,
    // Faster than others take a worker without its lock for dead.
    longestBackOffMs: 1_000,
    async round() {
      if (wanted.size === 0 && held.size === 0) return CHECK_MS;
      const present = await connected();
      for (const [worker, known] of wanted) {
        if (!held.has(worker)) await lockWorker(present, worker);
        held.add(worker);
        known.resolve();
      }
      for (const worker of [...held].filter((worker) => !wanted.has(worker))) {
        await unlockWorker(present, worker);
        held.delete(worker);
      }
      return CHECK_MS;
    },
  });

  async function connected(): Promise<DedicatedConnection> {
    if (connection && !connection.lost.aborted) {
      await connection.query({ text: "SELECT 1" });
      return connection;
    }
    held.clear();
    connection = await deps.database.connect();
    connection.lost.addEventListener("abort", loop.wake, { once: true });
    await watchConnection(connection);
    return connection;
  }

  return {
    hold(worker) {
      const known = wanted.get(worker) ?? withResolvers();
      wanted.set(worker, known);
      loop.wake();
      return known.promise;
    },
    release(worker) {
      wanted.delete(worker);
      loop.wake();
    },
    async [Symbol.asyncDispose]() {
      await loop[Symbol.asyncDispose]();
      await connection?.close();
    },
  };
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function withResolvers(): PromiseWithResolvers {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
