import { cutPage as cut, decodeCursor, timeAndId } from "./page-cursor.ts";

/** Where a page of a list ordered by time and id ended: the next one begins after it. */
export interface Place {
  readonly at: Date;
  readonly id: string;
}

/** The place that a cursor names, null where none was given. Throws `validation_failed` for what is no cursor of such a list. */
export function decodePlace(cursor: string | undefined): Place | null {
  return decodeCursor(cursor, timeAndId);
}

/** Cuts the page out of `limit + 1` rows that were asked for; the one too many says that there is more. */
export function cutPage<Row>(
  rows: readonly Row[],
  limit: number,
  placeOf: (row: Row) => Place,
): { rows: readonly Row[]; nextCursor: string | null } {
  return cut(rows, limit, (row) => {
    const { at, id } = placeOf(row);
    return [at.getTime(), id];
  });
}
