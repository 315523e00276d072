import type { Message, ThreadPage } from "@parley/protocol";

/** What is held of a thread: its root, and its replies from the newest back without a gap. */
export interface Thread {
  readonly root: Message;
  /** In order. */
  readonly replies: readonly Message[];
  /** Leads to what is before them; null where they are all there. */
  readonly older: string | null;
}

/** A thread as the first page shows it, with what was held before where that reaches further back. */
export function threadOf(page: ThreadPage): Thread {
  return { root: page.root, replies: page.items.toReversed(), older: page.next_cursor };
}

/** The thread with an older page in front. */
export function withOlder(thread: Thread, page: ThreadPage): Thread {
  const before = { ...thread, root: newerOf(thread.root, page.root), older: page.next_cursor };
  return withMessages({ ...before, older: null }, page.items, page.next_cursor);
}

/**
 * The thread with messages as they are now. What is of no concern to it, is older than what it holds, or comes before
 * what it reaches back to, is left out.
 */
export function withMessages(thread: Thread, messages: Iterable<Message>, older: string | null = thread.older): Thread {
  const replies = new Map(thread.replies.map((reply) => [reply.id, reply]));
  const reach = thread.older === null ? 0 : (thread.replies[0]?.seq ?? 0);
  let { root } = thread;
  let isChanged = older !== thread.older;
  for (const message of messages) {
    const held = message.id === root.id ? root : replies.get(message.id);
    if (held ? held === message || held.version > message.version : message.seq < reach) continue;
    if (message.id === root.id) root = message;
    else if (message.thread_root_id === root.id) replies.set(message.id, message);
    else continue;
    isChanged = true;
  }
  if (!isChanged) return thread;
  return { root, replies: [...replies.values()].sort((a, b) => a.seq - b.seq), older };
}

function newerOf(one: Message, other: Message): Message {
  return other.version > one.version ? other : one;
}
