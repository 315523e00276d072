/** Positions that no list has answered: of other lists, out of every range, of the wrong kind. What has a colon is written as it is, the rest as JSON. */
export const POSITIONS: readonly unknown[] = [
  null,
  1,
  "x",
  {},
  [],
  [null],
  [1],
  ["x"],
  [1, 2],
  ["older", 1],
  ["newer", -1],
  ["older", 1e300],
  [0, "x"],
  [1e300, "0195c9a0-0000-7000-8000-0000000000c1"],
  [8.64e15 + 1, "0195c9a0-0000-7000-8000-0000000000c1"],
  [253_402_300_799_999, "0195c9a0-0000-7000-8000-0000000000c1"],
  [-62_135_596_800_000, "0195c9a0-0000-7000-8000-0000000000c1"],
  ["0195c9a0-0000-7000-8000-0000000000c1"],
  [0.5, 1_700_000_000_000, "0195c9a0-0000-7000-8000-0000000000c1"],
  [1e308, 1e308, "0195c9a0-0000-7000-8000-0000000000c1"],
  ["a\0b"],
  ["a\uD800b"],
  ["x".repeat(200)],
  [9_007_199_254_740_991],
  [2, "\0"],
  [9_007_199_254_740_991, "x"],
  [9_007_199_254_740_991, 1],
  [-9_007_199_254_740_991, "x"],
  [1, "a", [], {}],
  ["1", "2", "3", "4"],
  "1:1",
  "1:1:",
  "18446744073709551616:18446744073709551616:",
  "9:3:5,4,5",
];

/** As a cursor that stands for it. */
export function cursorOf(position: unknown): string {
  const text = typeof position === "string" && position.includes(":") ? position : JSON.stringify(position);
  return Buffer.from(text).toString("base64url");
}
