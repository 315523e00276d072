import { invalid } from "@parley/protocol";
import * as z from "zod";
import type { Caller } from "../../domain/caller.ts";
import type { ConversationId } from "../../domain/ids.ts";
import type { Snapshot } from "../../store/changes-everywhere.ts";

/** Where a client of `GET /v1/changes` is. */
export interface EverywhereCursor {
  readonly epoch: string;
  /** What was committed then was told. */
  readonly since: Snapshot;
  /** Within a round over all conversations; null between rounds. */
  readonly round: Round | null;
}

export interface Round {
  /** What `since` becomes when the round is done: what its first page saw. */
  readonly next: Snapshot;
  /** When that was, in milliseconds. */
  readonly beganAt: number;
  /** The last conversation looked at. */
  readonly conversationId: ConversationId;
  /** How far in it; null when done with it. */
  readonly version: number | null;
}

/** What PostgreSQL would refuse is refused here: `xmin:xmax:` and what ran between them, ascending. */
const snapshot = z.string().refine((text) => {
  if (!/^\d{1,18}:\d{1,18}:(\d{1,18}(,\d{1,18})*)?$/.test(text)) return false;
  const [xmin = 0n, xmax = 0n, ...running] = text
    .split(/[:,]/)
    .filter((part) => part !== "")
    .map(BigInt);
  const places = [...running, xmax];
  return (
    xmin > 0n &&
    xmin <= (places[0] ?? 0n) &&
    places.every((place, index) => index === 0 || place > (places[index - 1] ?? 0n))
  );
});
const schema = z.tuple([
  z.string(),
  z.boolean(),
  z.string(),
  snapshot,
  z.tuple([snapshot, z.int(), z.uuid(), z.int().min(0).nullable()]).nullable(),
]);

/** Bound to the caller and to their being staff, since both decide whose conversations were told. */
export function encodeEverywhere(caller: Caller, { epoch, since, round }: EverywhereCursor): string {
  const place = round && [round.next, round.beganAt, round.conversationId, round.version];
  return Buffer.from(JSON.stringify([ownerOf(caller), caller.isStaff, epoch, since, place])).toString("base64url");
}

/** The cursor; `stale` where it was made by the caller as staff, or as no staff, and is not what they are now. Throws `validation_failed`. */
export function decodeEverywhere(caller: Caller, text: string): EverywhereCursor | "stale" {
  const result = schema.safeParse(parse(text));
  if (!result.success || result.data[0] !== ownerOf(caller))
    throw invalid("query.after", "Must be the `through` of an earlier answer to you");
  const [, isStaff, epoch, since, place] = result.data;
  if (isStaff !== caller.isStaff) return "stale";
  const round = place && {
    next: place[0],
    beganAt: place[1],
    conversationId: place[2] as ConversationId,
    version: place[3],
  };
  return { epoch, since, round };
}

/** The random end of the user's id: enough to notice that somebody else is asking. */
function ownerOf(caller: Caller): string {
  return caller.userId.slice(-12);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    return undefined;
  }
}
