import type { MessageAnchor, ThreadQuery } from "@parley/protocol";
import * as z from "zod";
import type { MessageId } from "../../domain/ids.ts";
import type { Reader } from "../../store/database.ts";
import {
  findSeqAt,
  readFirstMessages,
  readLastMessages,
  type MessageScope,
  type MessageStretch,
} from "../../store/messages-list.ts";
import type { MessageRow } from "../../store/messages.ts";
import type { Access } from "../access.ts";
import { decodeCursor, encodeCursor } from "../page-cursor.ts";
import { messageIn } from "./message-access.ts";

export interface RowPage {
  /** Newest first. */
  readonly rows: MessageRow[];
  readonly next_cursor: string | null;
  readonly prev_cursor: string | null;
}

/** Beyond every seq. */
const END = Number.MAX_SAFE_INTEGER;

/** Where a page is: it ends below a seq, begins above one, or lies on both sides of a seq (its message counts to the newer side). */
type Position =
  | { readonly side: "older"; readonly below: number }
  | { readonly side: "newer"; readonly above: number }
  | { readonly side: "both"; readonly at: number };

const cursorPosition = z.tuple([z.enum(["older", "newer"]), z.int().min(0)]);

/**
 * The page of messages that the query asks for: the last ones, or those nearest to an anchor. `next_cursor` is null where no older
 * message is visible, `prev_cursor` where there is no newer one. Throws `not_found` for an anchor message that the caller does not see.
 */
export async function pageOfMessages(
  db: Reader,
  access: Access,
  scope: MessageScope,
  query: ThreadQuery,
): Promise<RowPage> {
  if (access.visibleAfter >= access.conversation.head) return { rows: [], next_cursor: null, prev_cursor: null };
  const position = await positionOf(db, access, query);
  const reading: Reading = { db, scope, floor: access.visibleAfter, limit: query.limit };
  switch (position.side) {
    case "older":
      return await olderPage(reading, position.below);
    case "newer":
      return await newerPage(reading, Math.max(position.above, access.visibleAfter));
    case "both":
      return await pageAround(reading, position.at);
  }
}

async function positionOf(db: Reader, access: Access, query: ThreadQuery): Promise<Position> {
  const { cursor, before, after, around } = query;
  if (cursor !== undefined) {
    const [side, seq] = decodeCursor(cursor, cursorPosition) ?? ["older", END];
    return side === "older" ? { side, below: seq } : { side, above: seq };
  }
  if (before) return { side: "older", below: (await placeOf(db, access, before)).first };
  if (after) return { side: "newer", above: (await placeOf(db, access, after)).last };
  // What is at the anchor counts to the older side, so that the smallest page around a message shows it.
  if (around) return { side: "both", at: (await placeOf(db, access, around)).last + 1 };
  return { side: "older", below: END };
}

/**
 * An anchor as the seqs of what is at it, from `first` to `last`: a message is alone, a time may have several or, mostly, none; then
 * `last` comes before `first`.
 */
async function placeOf(db: Reader, access: Access, anchor: MessageAnchor): Promise<{ first: number; last: number }> {
  if (anchor.kind === "time") {
    const time = new Date(anchor.time);
    const find = (at: Date) => findSeqAt(db, access.conversation.id, at, access.visibleAfter + 1);
    const [first, behind] = await Promise.all([find(time), find(new Date(time.getTime() + 1))]);
    return { first, last: behind - 1 };
  }
  const seq = anchor.kind === "seq" ? anchor.seq : (await messageIn(db, access, anchor.id as MessageId)).seq;
  return { first: seq, last: seq };
}

interface Reading {
  readonly db: Reader;
  readonly scope: MessageScope;
  /** Nothing at or below it is visible. */
  readonly floor: number;
  readonly limit: number;
}

async function olderPage({ db, scope, floor, limit }: Reading, below: number): Promise<RowPage> {
  const stretch = await readLastMessages(db, scope, { above: floor, below }, limit + 1);
  const rows = stretch.rows.slice(0, limit);
  const newest = Math.max(rows[0]?.seq ?? below - 1, floor);
  const newer = below === END ? NOTHING : await readFirstMessages(db, scope, { above: newest, below: END }, 1);
  return {
    rows,
    next_cursor: beyond("older", stretch, limit),
    prev_cursor: isThere(newer) ? encodeCursor(["newer", newest]) : null,
  };
}

async function newerPage({ db, scope, floor, limit }: Reading, above: number): Promise<RowPage> {
  const stretch = await readFirstMessages(db, scope, { above, below: END }, limit + 1);
  const rows = stretch.rows.slice(0, limit).toReversed();
  const oldest = rows.at(-1)?.seq ?? above + 1;
  const older = await readLastMessages(db, scope, { above: floor, below: oldest }, 1);
  return {
    rows,
    next_cursor: isThere(older) ? encodeCursor(["older", oldest]) : null,
    prev_cursor: beyond("newer", stretch, limit),
  };
}

/** Half the page from each side; what one side does not fill, the other may. */
async function pageAround({ db, scope, floor, limit }: Reading, at: number): Promise<RowPage> {
  const [older, newer] = await Promise.all([
    readLastMessages(db, scope, { above: floor, below: at }, limit + 1),
    readFirstMessages(db, scope, { above: Math.max(at - 1, floor), below: END }, limit + 1),
  ]);
  const fromNewer = Math.min(newer.rows.length, Math.max(Math.floor(limit / 2), limit - older.rows.length));
  const fromOlder = Math.min(older.rows.length, limit - fromNewer);
  return {
    rows: [...newer.rows.slice(0, fromNewer).toReversed(), ...older.rows.slice(0, fromOlder)],
    next_cursor: beyond("older", older, fromOlder, at),
    prev_cursor: beyond("newer", newer, fromNewer, at - 1),
  };
}

const NOTHING: MessageStretch = { rows: [], cutAt: null };

function isThere({ rows, cutAt }: MessageStretch): boolean {
  return rows.length > 0 || cutAt !== null;
}

/** The cursor behind the first `taken` rows of a stretch; null where nothing is behind them. `start`: where the stretch began. */
function beyond(
  side: "older" | "newer",
  { rows, cutAt }: MessageStretch,
  taken: number,
  start?: number,
): string | null {
  if (rows.length > taken) return encodeCursor([side, rows[taken - 1]?.seq ?? start ?? 0]);
  return cutAt === null ? null : encodeCursor([side, cutAt]);
}
