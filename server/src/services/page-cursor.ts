import { invalid, isStorableText } from "@parley/protocol";
import * as z from "zod";

/**
 * The place where a page of a list ended, as an opaque text. Not signed: it only says where to go on, and whatever it says is
 * checked like any other input; what may be seen is decided anew for every page.
 */
export function encodeCursor(position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(position)).toString("base64url");
}

/** The position back, null where none was given. Throws `validation_failed` for what is no cursor of this list. */
export function decodeCursor<Position>(cursor: string | undefined, position: z.ZodType<Position>): Position | null {
  if (cursor === undefined) return null;
  const result = position.safeParse(parse(cursor));
  if (!result.success) throw invalid("query.cursor", "Must be a cursor from an earlier answer of this list");
  return result.data;
}

function parse(cursor: string): unknown {
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    // Texts that no database takes are in no cursor of ours.
    const isOurs =
      Array.isArray(position) && position.every((part) => typeof part !== "string" || isStorableText(part));
    return isOurs ? position : undefined;
  } catch {
    return undefined;
  }
}

/** What a list answers, from one row more than a page holds: that row only tells that there are more. */
export function cutPage<Row>(
  rows: readonly Row[],
  limit: number,
  positionOf: (row: Row) => readonly (string | number)[],
): { rows: readonly Row[]; nextCursor: string | null } {
  const last = rows[limit - 1];
  if (rows.length <= limit || last === undefined) return { rows, nextCursor: null };
  return { rows: rows.slice(0, limit), nextCursor: encodeCursor(positionOf(last)) };
}

/** Times before 1970 are in no list, and PostgreSQL reads no year that JavaScript writes with more than four digits. */
const LAST_TIME = Date.parse("9999-12-31T23:59:59.999Z");

const time = z
  .int()
  .min(0)
  .max(LAST_TIME)
  .transform((at) => new Date(at));

/** The position in lists ordered by a time and then by an id. */
export const timeAndId = z.tuple([time, z.uuid()]).transform(([at, id]) => ({ at, id }));

/** The position in lists ordered by a time and then by a seq. */
export const timeAndSeq = z.tuple([time, z.int().min(0)]).transform(([at, seq]) => ({ at, seq }));

/** The position in lists ordered by an id. */
export const idAlone = z.tuple([z.uuid()]).transform(([id]) => ({ id }));
