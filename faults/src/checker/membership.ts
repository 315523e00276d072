import type { Facts, TrueChange, Violation } from "./facts.ts";
import { groupBy } from "./kept.ts";

/** From which version to which, both included, somebody was a member. */
export interface Stay {
  readonly from: number;
  readonly to: number;
}

/** I7: live events and replayed changes are of a time at which the client was a member, its removal being the last. */
export function checkMembership({ people, founders, sightings, replayed, truth }: Facts): Violation[] {
  const userOf = new Map(people.map(({ client, userId }) => [client, userId]));
  const changes = groupBy(truth.changes, (change) => change.conversationId);
  const known = new Map<string, readonly Stay[]>();
  const staysOf = (conversationId: string, userId: string): readonly Stay[] => {
    const key = `${conversationId} ${userId}`;
    const found =
      known.get(key) ??
      stays(changes.get(conversationId) ?? [], userId, founders.get(conversationId)?.has(userId) ?? false);
    known.set(key, found);
    return found;
  };
  const violations: Violation[] = [];
  for (const { client, conversationId, version, ...told } of [...sightings, ...replayed]) {
    const userId = userOf.get(client);
    if (userId === undefined || !truth.heads.has(conversationId)) continue;
    const own = staysOf(conversationId, userId);
    // What is replayed is state: a member is shown what changed before they came back, if they may see it.
    const isReplay = "after" in told;
    const isMember = own.some(({ from, to }) => (isReplay || version >= from) && version <= to);
    if (isMember) continue;
    const text = `${client} was told of version ${version}, at which it was no member`;
    violations.push({ invariant: "I7", text, conversationId, version, client });
  }
  return violations;
}

/** When the user was a member, by the log. */
export function stays(changes: readonly TrueChange[], userId: string, isFounder: boolean): Stay[] {
  const found: Stay[] = [];
  let from = isFounder ? 1 : undefined;
  for (const { version, type, subject } of changes.toSorted((a, b) => a.version - b.version)) {
    if (subject !== userId) continue;
    if (type === "member.added") from ??= version;
    if (type !== "member.removed" || from === undefined) continue;
    found.push({ from, to: version });
    from = undefined;
  }
  return from === undefined ? found : [...found, { from, to: Number.POSITIVE_INFINITY }];
}
