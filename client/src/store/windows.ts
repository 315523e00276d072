import type { Message, MessagePage } from "@parley/protocol";

/**
 * A stretch of a conversation that is held without a gap: every message with `from` ≤ seq ≤ `to`. `from` 0 is the
 * beginning of what one may see; `to` Infinity is the live end, where new messages are added as they come.
 */
export interface Window {
  /** The first seq it covers. */
  readonly from: number;
  /** The last seq it covers. */
  readonly to: number;
  /** Oldest first. */
  readonly messages: readonly Message[];
}

/** What is not held: the messages after the one seq and before the other, exclusive. */
export interface Hole {
  /** The seq before the first that is missing; -1 at the beginning. */
  readonly after: number;
  /** The seq after the last that is missing; Infinity at the end. */
  readonly before: number;
}

/** What a page was asked for by: one of them, or nothing for the newest. */
export interface PageAnchor {
  readonly before?: number;
  readonly after?: number;
  readonly around?: string | number;
}

/** The stretch that a page of messages covers. Its cursors tell whether it reaches the beginning or the present. */
export function windowOfPage(page: MessagePage, anchor: PageAnchor): Window {
  const messages = page.items.toReversed();
  const oldest = messages[0]?.seq ?? 0;
  const newest = messages.at(-1)?.seq ?? 0;
  const { before, after, around } = anchor;
  const from = after !== undefined ? after + 1 : page.next_cursor === null ? 0 : oldest;
  const isLast = (after === undefined && around === undefined) || page.prev_cursor === null;
  const to = before !== undefined ? before - 1 : isLast ? Infinity : newest;
  return { from, to, messages };
}

/** Puts a stretch among the others, which are in order and apart; those it overlaps or touches become one with it. */
export function mergeWindow(windows: readonly Window[], added: Window): readonly Window[] {
  const touches = (window: Window): boolean => window.from <= added.to + 1 && added.from <= window.to + 1;
  const joined = windows.filter(touches);
  const apart = windows.filter((window) => !touches(window));
  const one = joined.reduce<Window>(
    (whole, window) => ({
      from: Math.min(whole.from, window.from),
      to: Math.max(whole.to, window.to),
      messages: mergeMessages(whole.messages, window.messages),
    }),
    added,
  );
  return [...apart, one].sort((a, b) => a.from - b.from);
}

/** Of a message that is in both, the later version stays. */
function mergeMessages(one: readonly Message[], other: readonly Message[]): readonly Message[] {
  const bySeq = new Map(one.map((message) => [message.seq, message]));
  for (const message of other) {
    const held = bySeq.get(message.seq);
    if (!held || held.version < message.version) bySeq.set(message.seq, message);
  }
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** Replaces a held message or, where its place is within a stretch, adds it. Elsewhere there is nothing to do: it comes with its page. */
export function putMessage(windows: readonly Window[], message: Message): readonly Window[] {
  return inWindowOf(windows, message.seq, (messages) => {
    const index = indexOfSeq(messages, message.seq);
    const held = messages[index];
    if (held?.seq !== message.seq) return messages.toSpliced(index, 0, message);
    return held.version > message.version ? messages : messages.with(index, message);
  });
}

/** Changes a held message. `change` answers the same object where nothing changes. */
export function patchMessage(
  windows: readonly Window[],
  id: string,
  change: (message: Message) => Message,
): readonly Window[] {
  const held = findMessage(windows, id);
  if (!held) return windows;
  const changed = change(held);
  if (changed === held) return windows;
  return inWindowOf(windows, held.seq, (messages) => messages.with(indexOfSeq(messages, held.seq), changed));
}

export function findMessage(windows: readonly Window[], id: string): Message | undefined {
  // From the end: most changes are about recent messages.
  for (const { messages } of windows.toReversed()) {
    const found = messages.findLast((message) => message.id === id);
    if (found) return found;
  }
  return undefined;
}

/** The last held message at or before a seq, where nothing between the two is missing. */
export function lastMessageUpTo(windows: readonly Window[], seq: number): Message | undefined {
  const window = windows.find(({ from, to }) => from <= seq && seq <= to);
  return window?.messages.findLast((message) => message.seq <= seq);
}

export function liveWindow(windows: readonly Window[]): Window | undefined {
  const last = windows.at(-1);
  return last?.to === Infinity ? last : undefined;
}

/** What is missing, oldest first: before, between and after the stretches. */
export function holesIn(windows: readonly Window[]): Hole[] {
  const holes: Hole[] = [];
  let after = -1;
  for (const { from, to } of windows) {
    if (from > after + 1) holes.push({ after, before: from });
    after = to;
  }
  if (after < Infinity) holes.push({ after, before: Infinity });
  return holes;
}

/** Lets go of all but the newest messages of the live end. */
export function trimWindows(windows: readonly Window[], keep: number): readonly Window[] {
  const live = liveWindow(windows);
  if (!live) return [];
  const messages = live.messages.slice(-keep);
  const isWhole = messages.length === live.messages.length;
  return [isWhole ? live : { ...live, from: messages[0]?.seq ?? live.from, messages }];
}

function inWindowOf(
  windows: readonly Window[],
  seq: number,
  change: (messages: readonly Message[]) => readonly Message[],
): readonly Window[] {
  const index = windows.findIndex(({ from, to }) => from <= seq && seq <= to);
  const window = windows[index];
  if (!window) return windows;
  const messages = change(window.messages);
  return messages === window.messages ? windows : windows.with(index, { ...window, messages });
}

/** Where a message with this seq is, or would be. */
function indexOfSeq(messages: readonly Message[], seq: number): number {
  let low = 0;
  let high = messages.length;
  // New messages come last.
  if ((messages.at(-1)?.seq ?? -1) < seq) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((messages[middle]?.seq ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
