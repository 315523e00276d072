import type { MessageId } from "../domain/ids.ts";
import { runLoop, type Loop } from "./loop.ts";

export interface ScheduledMessagesDeps {
  /** Ids of those whose time has come, the earliest first, with those that somebody left half done. */
  readonly findDue: (limit: number) => Promise<readonly MessageId[]>;
  /** Sends one; safe to call again, also at once on several nodes. Throws what is nobody's refusal. */
  readonly sendScheduled: (id: MessageId) => Promise<unknown>;
  readonly onTrouble: (error: unknown, message: string) => void;
  /** How often it looks; default 500 ms: so much too late is a message at most, as long as somebody runs. */
  readonly everyMs?: number;
}

const AT_ONCE = 16;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;

interface Failing {
  readonly count: number;
  /** Not tried before this (`performance.now()`). */
  readonly until: number;
}

/**
 * Sends scheduled messages when their time has come, by looking for them in the table: that survives restarts and the death of any
 * node, and is more exact than a job for each, which the library would look for once a second. One that cannot be sent for no fault
 * of its author's is tried again after a growing pause, and holds up no other.
 */
export function runScheduledMessages(deps: ScheduledMessagesDeps): Loop {
  const { everyMs = 500, onTrouble } = deps;
  const failing = new Map<MessageId, Failing>();

  async function send(id: MessageId): Promise<void> {
    try {
      await deps.sendScheduled(id);
      failing.delete(id);
    } catch (error) {
      const count = (failing.get(id)?.count ?? 0) + 1;
      failing.set(id, { count, until: performance.now() + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** count) });
      onTrouble(error, "a scheduled message could not be sent; it is tried again");
    }
  }

  return runLoop({
    name: "sending scheduled messages",
    onTrouble,
    async round() {
      const ids = await deps.findDue(AT_ONCE + failing.size);
      for (const id of failing.keys()) if (!ids.includes(id)) failing.delete(id);
      const now = performance.now();
      const due = ids.filter((id) => (failing.get(id)?.until ?? 0) <= now);
      await Promise.all(due.map(send));
      return due.length >= AT_ONCE ? 0 : everyMs;
    },
  });
}
