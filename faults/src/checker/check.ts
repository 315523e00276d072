import type { Facts, Violation } from "./facts.ts";
import { checkKept, checkSends } from "./kept.ts";
import { checkMembership } from "./membership.ts";
import { checkOneOrder, checkPlaces, checkVersions } from "./order.ts";
import { checkComparisons, checkUnread } from "./state.ts";

/** Everything that must hold, whatever happened. Pure: the same facts give the same violations. */
export function check(facts: Facts): Violation[] {
  return [
    ...checkSends(facts),
    ...checkKept(facts),
    ...checkPlaces(facts.truth),
    ...checkVersions(facts),
    ...checkOneOrder(facts),
    ...checkComparisons(facts.comparisons),
    ...checkUnread(facts.unread, facts.truth),
    ...checkMembership(facts),
  ];
}
