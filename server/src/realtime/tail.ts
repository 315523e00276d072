import type { ConversationId } from "../domain/ids.ts";
import type { Change } from "../store/changes.ts";
import type { Reader } from "../store/database.ts";
import { findHorizon, readChangesAfter, readTail, type TailEntry } from "../store/live-conversations.ts";

export interface TailDeps {
  readonly db: Reader;
  /** There is a change of this version. Answers whether somebody listens to the conversation. */
  readonly reach: (conversationId: ConversationId, version: number) => boolean;
  /** Whether changes of a conversation that nobody listens to may still concern somebody. */
  readonly mayConcern: (entry: TailEntry) => boolean;
  readonly take: (change: Change) => void;
  readonly onTrouble: (error: unknown, message: string) => void;
  /** How often the log is looked at; default 500 ms. */
  readonly intervalMs?: number;
}

const PAGE = 500;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Looks at the end of the log now and then, so that nothing stays untold: what another process has written, a hint that the bus
 * has lost, a commit whose answer was lost with the connection. In a quiet second it is one small query.
 */
export class Tail implements AsyncDisposable {
  readonly #deps: TailDeps;
  readonly #done: Promise<void>;
  /** Resolved once it is known where to begin: what is committed from then on is seen. */
  readonly started: Promise<void>;
  #isStopped = false;
  #wake: (() => void) | undefined;

  constructor(deps: TailDeps) {
    this.#deps = deps;
    const { promise, resolve } = deferred();
    this.started = promise;
    this.#done = this.#run(resolve);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    this.#wake?.();
    await this.#done;
  }

  async #run(begun: () => void): Promise<void> {
    const { db, intervalMs = 500, onTrouble } = this.#deps;
    let xid: string | undefined;
    let failures = 0;
    while (!this.#isStopped) {
      try {
        if (xid === undefined) {
          xid = await findHorizon(db);
          begun();
        }
        xid = await this.#look(xid);
        failures = 0;
      } catch (error) {
        failures += 1;
        onTrouble(error, "the end of the log could not be read");
      }
      await this.#sleep(failures === 0 ? intervalMs : Math.min(LONGEST_PAUSE_MS, intervalMs * 2 ** failures));
    }
    begun();
  }

  async #look(xid: string): Promise<string> {
    const { entries, nextXid } = await readTail(this.#deps.db, xid);
    for (const entry of entries) {
      if (this.#isStopped) break;
      if (!this.#deps.reach(entry.conversationId, entry.last) && this.#deps.mayConcern(entry))
        await this.#takeAll(entry);
    }
    return nextXid;
  }

  async #takeAll({ conversationId, first, last }: TailEntry): Promise<void> {
    for (let after = first - 1; after < last;) {
      const changes = await readChangesAfter(this.#deps.db, conversationId, after, Math.min(PAGE, last - after));
      const end = changes.at(-1);
      if (!end) return;
      for (const change of changes) this.#deps.take(change);
      after = end.version;
    }
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.#wake = done;
    });
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
