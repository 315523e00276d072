import type { Clock } from "./clock.ts";

/** A start that is not repeated ends by itself: who vanished does not type for ever. */
const HEARD_MS = 6_000;
const REPEAT_MS = 3_000;
const IDLE_MS = 5_000;

export interface Typists {
  start(conversationId: string, userId: string): void;
  stop(conversationId: string, userId: string): void;
  clear(): void;
}

/** Keeps who is typing; `onChange` hears the users of a conversation whenever they change. */
export function createTypists(
  clock: Clock,
  onChange: (conversationId: string, userIds: readonly string[]) => void,
): Typists {
  const timers = new Map<string, Map<string, () => void>>();
  const tell = (id: string): void => onChange(id, [...(timers.get(id)?.keys() ?? [])]);

  function stop(conversationId: string, userId: string): void {
    const users = timers.get(conversationId);
    users?.get(userId)?.();
    if (users?.delete(userId)) tell(conversationId);
  }

  return {
    start(conversationId, userId) {
      const users = timers.get(conversationId) ?? new Map<string, () => void>();
      timers.set(conversationId, users);
      const isNew = !users.has(userId);
      users.get(userId)?.();
      users.set(
        userId,
        clock.after(HEARD_MS, () => stop(conversationId, userId)),
      );
      if (isNew) tell(conversationId);
    },
    stop,
    clear() {
      for (const [id, users] of timers) for (const userId of users.keys()) stop(id, userId);
    },
  };
}

/** Tells that oneself is typing: call it at each keystroke. It tells the service now and then, and that one has stopped. */
export function createOwnTyping(clock: Clock, tell: (isTyping: boolean) => void): (isTyping: boolean) => void {
  let toldAt: number | undefined;
  let cancel: (() => void) | undefined;
  const stop = (): void => {
    cancel?.();
    if (toldAt === undefined) return;
    toldAt = undefined;
    tell(false);
  };
  return (isTyping) => {
    if (!isTyping) {
      stop();
      return;
    }
    cancel?.();
    cancel = clock.after(IDLE_MS, stop);
    if (toldAt !== undefined && clock.now() - toldAt < REPEAT_MS) return;
    toldAt = clock.now();
    tell(true);
  };
}
