import type { ConversationKind, SearchHas } from "@parley/protocol";
import type { LocationQuery } from "vue-router";

/** What is looked for, as it stands in the address. Days are of this device's calendar, like 2026-03-01. */
export interface Criteria {
  readonly q: string;
  readonly in: string;
  readonly from: string;
  readonly kind: string;
  readonly has: string;
  readonly after: string;
  readonly before: string;
}

export const KINDS: readonly ConversationKind[] = ["direct", "group", "channel", "support", "project"];
export const HAS: readonly SearchHas[] = ["attachment", "link", "reaction", "pin", "thread"];
const NAMES = ["q", "in", "from", "kind", "has", "after", "before"] as const;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
/** The service takes no longer one. */
const LONGEST_TEXT = 256;

/** What of an address can be looked for; the rest is as if it were not there. */
export function criteriaOf(query: LocationQuery): Criteria {
  const read = (name: string): string => {
    const value = query[name];
    return typeof value === "string" ? value : "";
  };
  const only = (name: string, isValid: (value: string) => boolean): string => (isValid(read(name)) ? read(name) : "");
  return {
    q: read("q").slice(0, LONGEST_TEXT),
    in: only("in", (value) => UUID.test(value)),
    from: only("from", (value) => UUID.test(value)),
    kind: only("kind", (value) => KINDS.some((kind) => kind === value)),
    has: only("has", (value) => HAS.some((has) => has === value)),
    after: only("after", isDay),
    before: only("before", isDay),
  };
}

function isDay(value: string): boolean {
  return DAY.test(value) && !Number.isNaN(startOf(value).getTime());
}

/** For the address: without what is not said. */
export function queryOf(criteria: Criteria): Record<string, string> {
  return Object.fromEntries(NAMES.flatMap((name) => (criteria[name] === "" ? [] : [[name, criteria[name]]])));
}

/** How many filters narrow the search, besides its text. */
export function filterCount(criteria: Criteria): number {
  return NAMES.filter((name) => name !== "q" && criteria[name] !== "").length;
}

/** As the service takes it; undefined where there is nothing to look for. `within` is a conversation that goes before the one chosen. */
export function requestOf(criteria: Criteria, within?: string) {
  const q = criteria.q.trim();
  if (q === "") return undefined;
  const conversation = within ?? criteria.in;
  return {
    q,
    ...(conversation === "" ? {} : { conversation_id: conversation }),
    ...(criteria.from === "" ? {} : { sender_id: criteria.from }),
    ...(criteria.kind === "" || conversation !== "" ? {} : { kind: criteria.kind as ConversationKind }),
    ...(criteria.has === "" ? {} : { has: criteria.has as SearchHas }),
    ...(criteria.after === "" ? {} : { after: startOf(criteria.after).toISOString() }),
    // The last day is meant whole.
    ...(criteria.before === "" ? {} : { before: startOf(criteria.before, 1).toISOString() }),
  };
}

function startOf(day: string, later = 0): Date {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later);
}
