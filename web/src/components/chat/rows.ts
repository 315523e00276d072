import type { ConversationState, Outgoing, Window } from "@parley/client";
import type { Message } from "@parley/protocol";

/**
 * One row of the timeline for each message. What stands between messages (the day, the line above what is unread)
 * belongs to the row below it: so the rows are the messages and nothing else, and putting older ones in front never
 * changes how many there are behind.
 */
export interface Row {
  readonly key: string;
  readonly senderId: string;
  readonly at: string;
  /** As the service has it; undefined while it is on its way. */
  readonly message: Message | undefined;
  readonly outgoing: Outgoing | undefined;
  /** It goes on where the one above ended: same sender, soon after. */
  readonly isGrouped: boolean;
  /** It is the first one of its day. */
  readonly beginsDay: boolean;
  readonly isFirstUnread: boolean;
  /** Nothing is before it. */
  readonly isBeginning: boolean;
}

export interface RowOptions {
  readonly myId: string;
  /** The seq up to which one had read when the conversation was opened; undefined for no line. */
  readonly unreadAfter: number | undefined;
  /** Only the replies of this thread, instead of what is outside threads. */
  readonly threadRootId?: string;
}

/** Later than this, a message of the same sender stands for itself. */
const GROUP_MS = 5 * 60_000;

/** The window that is to be shown: the live end, or the one that holds a seq. */
export function windowAt(windows: readonly Window[], seq: number): Window | undefined {
  if (seq === Infinity) return windows.findLast((window) => window.to === Infinity);
  return windows.find((window) => window.from <= seq && seq <= window.to);
}

export function rowsOf(state: ConversationState, window: Window | undefined, options: RowOptions): Row[] {
  if (!window) return [];
  const { threadRootId = null } = options;
  const shown = window.messages.filter(({ thread_root_id: root }) => root === threadRootId);
  const held = new Set(window.messages.map(({ id }) => id));
  const isLive = window.to === Infinity;
  const pending = isLive
    ? state.pending.filter(
        ({ id, draft, message }) =>
          !held.has(id) && (message?.thread_root_id ?? draft.parent_id ?? null) === threadRootId,
      )
    : [];

  const rows: Row[] = [];
  let hasUnreadLine = false;
  const add = (row: Pick<Row, "key" | "senderId" | "at" | "message" | "outgoing">): void => {
    const above = rows.at(-1);
    const beginsDay = !above || !isSameDay(above.at, row.at);
    const isFirstUnread = !hasUnreadLine && isUnread(row.message, options);
    hasUnreadLine ||= isFirstUnread;
    rows.push({
      ...row,
      beginsDay,
      isFirstUnread,
      isBeginning: rows.length === 0 && window.from === 0,
      isGrouped: !beginsDay && !isFirstUnread && above?.senderId === row.senderId && isSoonAfter(above.at, row.at),
    });
  };
  for (const message of shown)
    add({ key: message.id, senderId: message.sender_id, at: message.created_at, message, outgoing: undefined });
  for (const outgoing of pending)
    add({
      key: outgoing.id,
      senderId: options.myId,
      at: new Date(outgoing.at).toISOString(),
      message: outgoing.message,
      outgoing,
    });
  return rows;
}

function isUnread(message: Message | undefined, { unreadAfter, myId }: RowOptions): boolean {
  return unreadAfter !== undefined && message !== undefined && message.seq > unreadAfter && message.sender_id !== myId;
}

function isSameDay(one: string, other: string): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

function isSoonAfter(one: string, other: string): boolean {
  return Date.parse(other) - Date.parse(one) < GROUP_MS;
}
