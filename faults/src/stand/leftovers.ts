import { isAlive } from "@parley/server/store/postgres/embedded/processes.js";
import { descendantsOf, signalAll } from "./processes.ts";

/**
 * What must not outlive the harness, whichever way it ends. Each is undone once: by who made it, or else at the exit of the process,
 * when nothing can be waited for but by standing still.
 */
export interface Leftovers {
  /** Answers how to say that it is undone. */
  add(undo: () => void): () => void;
  /** Undoes whatever is left, the last first. Does not throw. */
  clear(): void;
}

export function createLeftovers(onTrouble: (error: unknown) => void): Leftovers {
  const left = new Set<() => void>();
  return {
    add(undo) {
      left.add(undo);
      return () => void left.delete(undo);
    },
    clear() {
      for (const undo of [...left].toReversed()) {
        left.delete(undo);
        try {
          undo();
        } catch (error) {
          onTrouble(error);
        }
      }
    },
  };
}

const POLITE_MS = 5_000;
const FORCED_MS = 2_000;

/**
 * Ends processes and waits for it without the event loop: PostgreSQL's servers with what they have started, so that they can tidy up,
 * and all others by force.
 */
export function endNow(servers: readonly number[], others: readonly number[]): void {
  const theirs = servers.flatMap(descendantsOf);
  const byForce = others.filter((pid) => !servers.includes(pid) && !theirs.includes(pid));
  signalAll([...servers, ...theirs], "SIGCONT");
  // First, since a node starts its server again.
  signalAll(byForce, "SIGKILL");
  signalAll(servers, "SIGQUIT");
  if (areGone([...servers, ...theirs, ...byForce], POLITE_MS)) return;
  signalAll([...servers, ...theirs], "SIGKILL");
  areGone([...servers, ...theirs], FORCED_MS);
}

function areGone(pids: readonly number[], withinMs: number): boolean {
  const deadline = performance.now() + withinMs;
  const clock = new Int32Array(new SharedArrayBuffer(4));
  while (pids.some(isAlive)) {
    if (performance.now() > deadline) return false;
    Atomics.wait(clock, 0, 0, 20);
  }
  return true;
}
