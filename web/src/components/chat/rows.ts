import type { Outgoing, Window } from "@parley/client";
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
  /** The one below does not go on from it. */
  readonly endsGroup: boolean;
  /** It is the first one of its day. */
  readonly beginsDay: boolean;
  readonly isFirstUnread: boolean;
  /** Nothing is before it. */
  readonly isBeginning: boolean;
}

export interface Timeline {
  readonly window: Window;
  /** One's own on their way; only at the live end. */
  readonly pending: readonly Outgoing[];
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

/** What rows are made from, in their order. */
type Entry = Pick<Row, "key" | "senderId" | "at" | "message" | "outgoing">;

/**
 * Makes rows again and again, as what they show changes. A row that is as it was is the same object, so that only
 * what has changed is drawn anew; of ten thousand rows that is one or two.
 */
export function createRowMaker(): (timeline: Timeline, options: RowOptions) => Row[] {
  let before = new Map<string, Row>();
  return (timeline, options) => {
    const found = entriesOf(timeline, options);
    // What is above the first one is not known yet, so neither is what it looks like: it is shown with what comes above.
    const isCut = timeline.window.from > 0 && found.length > 1;
    const entries = isCut ? found.slice(1) : found;
    const firstUnread = entries.findIndex(({ message }) => isUnread(message, options));
    const after = new Map<string, Row>();
    const groupings = entries.map((entry, index) =>
      groupingOf(found[index - 1 + (isCut ? 1 : 0)], entry, index === firstUnread),
    );
    const rows = entries.map((entry, index) => {
      const { beginsDay, isGrouped } = groupings[index] ?? { beginsDay: true, isGrouped: false };
      const made: Row = {
        ...entry,
        beginsDay,
        isGrouped,
        endsGroup: groupings[index + 1]?.isGrouped !== true,
        isFirstUnread: index === firstUnread,
        isBeginning: index === 0 && timeline.window.from === 0,
      };
      const held = before.get(entry.key);
      const row = held && isSame(held, made) ? held : made;
      after.set(entry.key, row);
      return row;
    });
    before = after;
    return rows;
  };
}

function entriesOf({ window, pending }: Timeline, { myId, threadRootId }: RowOptions): readonly Entry[] {
  const root = threadRootId ?? null;
  const held = new Set<string>();
  const entries: Entry[] = [];
  for (const message of window.messages) {
    held.add(message.id);
    if (message.thread_root_id === root)
      entries.push({
        key: message.id,
        senderId: message.sender_id,
        at: message.created_at,
        message,
        outgoing: undefined,
      });
  }
  if (window.to !== Infinity) return entries;
  for (const outgoing of pending) {
    const { id, draft, message } = outgoing;
    if (held.has(id) || (message?.thread_root_id ?? draft.parent_id ?? null) !== root) continue;
    entries.push({ key: id, senderId: myId, at: new Date(outgoing.at).toISOString(), message, outgoing });
  }
  return entries;
}

function groupingOf(above: Entry | undefined, entry: Entry, isFirstUnread: boolean) {
  const beginsDay = !above || dayOf(above.at) !== dayOf(entry.at);
  const isGrouped =
    !beginsDay &&
    !isFirstUnread &&
    above.senderId === entry.senderId &&
    Date.parse(entry.at) - Date.parse(above.at) < GROUP_MS &&
    !isNotice(entry.message) &&
    !isNotice(above.message);
  return { beginsDay, isGrouped };
}

/** What the service says rather than somebody. */
export function isNotice(message: Message | undefined): boolean {
  const type = message?.content_type;
  return type === "system_notification" || type === "collaboration_update";
}

function isUnread(message: Message | undefined, { unreadAfter, myId }: RowOptions): boolean {
  return unreadAfter !== undefined && message !== undefined && message.seq > unreadAfter && message.sender_id !== myId;
}

function isSame(one: Row, other: Row): boolean {
  return (
    one.message === other.message &&
    one.outgoing === other.outgoing &&
    one.isGrouped === other.isGrouped &&
    one.endsGroup === other.endsGroup &&
    one.beginsDay === other.beginsDay &&
    one.isFirstUnread === other.isFirstUnread &&
    one.isBeginning === other.isBeginning
  );
}

const days = new Map<string, number>();
/** By the hour, of a few years; what is beyond is worked out again. */
const MOST_DAYS = 20_000;

/** The day of a time on this device, as a number that is the same for the same day. Asked for every row at every change. */
function dayOf(iso: string): number {
  // Zones differ from each other by quarters of an hour at the finest.
  const quarter = Math.floor(Number(iso.slice(14, 16)) / 15);
  const key = iso.slice(0, 13) + quarter;
  const known = days.get(key);
  if (known !== undefined) return known;
  if (days.size >= MOST_DAYS) days.clear();
  const at = new Date(iso);
  const day = at.getFullYear() * 10_000 + at.getMonth() * 100 + at.getDate();
  days.set(key, day);
  return day;
}
