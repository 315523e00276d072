import type { EndpointId, ErrorCode } from "@parley/protocol";

/** The columns. `space`, `outsider`, `removed`, `staff`, `admin*` and `agent*` are not in the conversation. */
export const CALLERS = {
  owner: "has the role",
  admin: "has the role",
  member: "has the role; in direct, support and system conversations the one (or one of the two) that it is for",
  guest: "has the role",
  space: "a member of the space; with those of a group or a direct conversation they share one",
  outsider: "shares nothing with them",
  blocked: "a member whom the owner has blocked; in direct-blocked the one who was blocked",
  removed: "was a member once, and is still in the space",
  staff: "serves support",
  "admin*": "administers the instance",
  service: "the host's backend in its own name",
  acting:
    "the host's backend acting for a member: of a direct conversation the other one, of support and system the same",
  agent: "a program that is a member",
  "agent*": "a program that is none",
  nobody: "has no token",
} as const;
export type CallerName = keyof typeof CALLERS;

export const PLACES = [
  "direct",
  "direct-blocked",
  "group",
  "public-channel",
  "private-channel",
  "support",
  "project",
  "system",
] as const;
export type PlaceName = (typeof PLACES)[number];

/** What a cell says. Numbers are the refusals that these statuses mean here; `ok` is the endpoint's own success. */
export const VERDICTS = {
  ok: undefined,
  "400": "validation_failed",
  "401": "unauthenticated",
  denied: "permission_denied",
  join: "not_a_member",
  refused: "contact_refused",
  "404": "not_found",
  "409": "conflict",
  transfer: "transfer_required",
  /** There is nobody like that in this place. */
  "-": undefined,
} as const satisfies Record<string, ErrorCode | undefined>;
export type Verdict = keyof typeof VERDICTS;

/** An endpoint, or one of several ways to use it: `deleteMessage: another's`. */
export type Use = EndpointId | `${EndpointId}: ${string}`;

export interface Block<Row extends string> {
  /** What these have in common. */
  readonly about: string;
  readonly uses: readonly Use[];
  readonly rows: ReadonlyMap<Row, ReadonlyMap<CallerName, Verdict>>;
}

/** Whom `person` stands for. */
const PEOPLE = ["owner", "admin", "member", "guest", "space", "outsider", "removed"] as const satisfies CallerName[];

/** A block of endpoints that are asked in every place. */
export function inConversations(about: string, uses: readonly Use[], table: string): Block<PlaceName> {
  const rows = parse<PlaceName>(table, PLACES);
  const missing = PLACES.filter((place) => !rows.has(place));
  if (missing.length > 0) throw new Error(`"${about}" says nothing of ${missing.join(", ")}`);
  return { about, uses, rows };
}

export function inSpaces(about: string, uses: readonly Use[], table: string): Block<"space"> {
  return { about, uses, rows: parse(table, ["space"]) };
}

export function elsewhere(about: string, uses: readonly Use[], table: string): Block<"anywhere"> {
  return { about, uses, rows: parse(table, ["anywhere"]) };
}

/** Reads a table: the first line names the columns, each further one the rows that it stands for. Bars are for the eye. */
function parse<Row extends string>(
  table: string,
  known: readonly Row[],
): ReadonlyMap<Row, ReadonlyMap<CallerName, Verdict>> {
  const [head = [], ...lines] = table.split("\n").map((line) => line.split(/[\s|]+/).filter((word) => word !== ""));
  const rows = new Map<Row, ReadonlyMap<CallerName, Verdict>>();
  for (const [label = "", ...cells] of lines) {
    if (cells.length !== head.length) throw new Error(`${label} has ${cells.length} cells in ${head.length} columns`);
    const row = new Map(
      head.flatMap((column, index) => callersOf(column).map((caller) => [caller, verdictOf(cells[index])] as const)),
    );
    for (const name of label.split(",") as Row[]) {
      if (!known.includes(name) || rows.has(name)) throw new Error(`${name} is no row, or one twice`);
      rows.set(name, row);
    }
  }
  return rows;
}

function callersOf(column: string): readonly CallerName[] {
  if (column === "person") return PEOPLE;
  if (!Object.hasOwn(CALLERS, column)) throw new Error(`${column} is nobody`);
  return [column as CallerName];
}

function verdictOf(cell = ""): Verdict {
  if (!Object.hasOwn(VERDICTS, cell)) throw new Error(`${cell} is no verdict`);
  return cell as Verdict;
}
