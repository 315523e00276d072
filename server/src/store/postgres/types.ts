import pg from "pg";

const INT8 = 20;
const INT8_ARRAY = 1016;
const NUMERIC = 1700;

/** Versions, seqs and counts stay far below 2^53; a value that does not is a fault and must not be rounded. */
function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`int8 ${text} does not fit a JavaScript number`);
  return value;
}

/** `{1,2,NULL}`: numbers need no quotes, and arrays of arrays do not occur. */
function safeIntegers(text: string): (number | null)[] {
  if (text === "{}") return [];
  const items = text.slice(1, -1).split(",");
  return items.map((item) => (item === "NULL" ? null : safeInteger(item)));
}

const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  [INT8]: safeInteger,
  [INT8_ARRAY]: safeIntegers,
  [NUMERIC]: Number,
};

/**
 * How PostgreSQL's values become JavaScript's.
 *
 * - int8 → number (count(*), versions, seqs); beyond 2^53 an error, never a rounded value.
 * - timestamptz → Date, node-postgres' own parser. A Date has milliseconds and PostgreSQL microseconds, so columns
 *   that are compared with what was read (cursors, keyset paging) are `timestamptz(3)` in the migrations.
 * - numeric → number: only ranks and averages are numeric here, never money.
 * - xid8 has no parser and stays a string; compare it in SQL.
 */
export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    format === "binary" ? pg.types.getTypeParser(oid, format) : (parsers[oid] ?? pg.types.getTypeParser(oid, format)),
};
