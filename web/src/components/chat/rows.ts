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

/** What rows are made from, in their order. The same object for the same message. */
type Entry = Pick<Row, "key" | "senderId" | "at" | "message" | "outgoing">;

/**
 * Makes rows again and again, as what they show changes. A row that is as it was is the same object, so that only
 * what has changed is drawn anew; and where nothing around it has changed it is not even looked at, so that a page put
 * in front of ten thousand rows costs little more than a page.
 */
export function createRowMaker(): (timeline: Timeline, options: RowOptions) => Row[] {
  let before: { readonly entries: readonly Entry[]; readonly rows: Row[]; readonly firstUnread: string | undefined } = {
    entries: [],
    rows: [],
    firstUnread: undefined,
  };
  return (timeline, options) => {
    const found = entriesOf(timeline, options);
    // What is above the first one is not known yet, so neither is what it looks like: it is shown with what comes above.
    const isCut = timeline.window.from > 0 && found.length > 1 && options.threadRootId === undefined;
    const entries = isCut ? found.slice(1) : found;
    const above = isCut ? found[0] : undefined;
    const unread = options.unreadAfter === undefined ? -1 : entries.findIndex((entry) => isUnread(entry, options));
    const firstUnread = entries[unread]?.key;
    const same = firstUnread === before.firstUnread ? sameAtEnd(before.entries, entries) : 0;
    const changed = entries.length - same;
    const held = new Map(before.rows.slice(0, before.rows.length - same).map((row) => [row.key, row]));
    const rows: Row[] = [];
    for (let index = 0; index < changed; index += 1) {
      const entry = entries[index];
      if (!entry) break;
      const made: Row = {
        ...entry,
        ...groupingOf(entries[index - 1] ?? above, entry, index === unread),
        endsGroup: !isGroupedWith(entry, entries[index + 1], index + 1 === unread),
        isFirstUnread: index === unread,
        isBeginning: index === 0 && timeline.window.from === 0,
      };
      const old = held.get(entry.key);
      rows.push(old && isSame(old, made) ? old : made);
    }
    rows.push(...before.rows.slice(before.rows.length - same));
    before = { entries, rows, firstUnread };
    return rows;
  };
}

/** How many rows at the end are as they were: those that have the same neighbours. */
function sameAtEnd(before: readonly Entry[], after: readonly Entry[]): number {
  let same = 0;
  while (same < before.length && same < after.length && before.at(-1 - same) === after.at(-1 - same)) same += 1;
  // The first of them has another one above.
  return Math.max(0, same - 1);
}

const entryOfMessage = new WeakMap<Message, Entry>();
const entryOfOutgoing = new WeakMap<Outgoing, Entry>();

function entriesOf({ window, pending }: Timeline, { myId, threadRootId }: RowOptions): readonly Entry[] {
  const root = threadRootId ?? null;
  const entries: Entry[] = [];
  for (const message of window.messages) {
    if (message.thread_root_id !== root) continue;
    let entry = entryOfMessage.get(message);
    if (!entry) {
      const { id: key, sender_id: senderId, created_at: at } = message;
      entry = { key, senderId, at, message, outgoing: undefined };
      entryOfMessage.set(message, entry);
    }
    entries.push(entry);
  }
  if (window.to !== Infinity || pending.length === 0) return entries;
  const held = new Set(window.messages.map(({ id }) => id));
  for (const outgoing of pending) {
    const { id, draft, message } = outgoing;
    if (held.has(id) || (message?.thread_root_id ?? draft.parent_id ?? null) !== root) continue;
    const known = entryOfOutgoing.get(outgoing);
    const entry = known ?? { key: id, senderId: myId, at: new Date(outgoing.at).toISOString(), message, outgoing };
    entryOfOutgoing.set(outgoing, entry);
    entries.push(entry);
  }
  return entries;
}

function groupingOf(above: Entry | undefined, entry: Entry, isFirstUnread: boolean) {
  const beginsDay = !above || dayOf(above.at) !== dayOf(entry.at);
  return { beginsDay, isGrouped: isGroupedWith(above, entry, isFirstUnread) };
}

/** Whether one goes on where the one above ended. */
function isGroupedWith(above: Entry | undefined, entry: Entry | undefined, isFirstUnread: boolean): boolean {
  return (
    above !== undefined &&
    entry !== undefined &&
    !isFirstUnread &&
    above.senderId === entry.senderId &&
    Date.parse(entry.at) - Date.parse(above.at) < GROUP_MS &&
    dayOf(above.at) === dayOf(entry.at) &&
    !isNotice(entry.message) &&
    !isNotice(above.message)
  );
}

/** What the service says rather than somebody. */
export function isNotice(message: Message | undefined): boolean {
  const type = message?.content_type;
  return type === "system_notification" || type === "collaboration_update";
}

function isUnread({ message }: Entry, { unreadAfter, myId }: RowOptions): boolean {
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
