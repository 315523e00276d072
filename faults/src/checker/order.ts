import type { Facts, Sighting, TrueChange, Truth, Violation } from "./facts.ts";
import { groupBy } from "./kept.ts";

/** I2 in the database: versions 1, 2, 3 … up to the head, ordinals the same in the order of increasing seqs. */
export function checkPlaces(truth: Truth): Violation[] {
  const violations: Violation[] = [];
  const changes = groupBy(truth.changes, (change) => change.conversationId);
  const messages = groupBy(truth.messages, (message) => message.conversationId);
  for (const [conversationId, { head, messageCount }] of truth.heads) {
    const say = (text: string, version?: number): void =>
      void violations.push({ invariant: "I2", text, conversationId, ...(version === undefined ? {} : { version }) });
    const versions = (changes.get(conversationId) ?? []).map(({ version }) => version).toSorted((a, b) => a - b);
    const hole = versions.findIndex((version, index) => version !== index + 1);
    if (hole >= 0) say(`the log has version ${versions[hole]} where ${hole + 1} belongs`, hole + 1);
    else if (versions.length !== head) say(`the head says ${head} and the log ends with ${versions.length}`);
    const here = (messages.get(conversationId) ?? []).toSorted((a, b) => a.seq - b.seq);
    const misplaced = here.findIndex(
      (message, index) => message.ordinal !== index + 1 || message.seq === here[index - 1]?.seq,
    );
    if (misplaced >= 0)
      say(
        `ordinal ${here[misplaced]?.ordinal} at seq ${here[misplaced]?.seq}, where ${misplaced + 1} belongs`,
        here[misplaced]?.seq,
      );
    else if (here.length !== messageCount)
      say(`the head counts ${messageCount} messages, and there are ${here.length}`);
    const created = new Map((changes.get(conversationId) ?? []).map((change) => [change.version, change]));
    for (const { seq, id } of here) {
      const change = created.get(seq);
      if (change?.type !== "message.created" || change.subject !== id)
        say(`the log does not have the creation of ${id} at its seq`, seq);
    }
  }
  return violations;
}

/** I2 on the wire: what a client was told live is always the version after the one it held. */
export function checkVersions({ sightings }: Pick<Facts, "sightings">): Violation[] {
  return sightings.flatMap(({ held, version, client, conversationId, type }) =>
    held === undefined || version <= held + 1
      ? []
      : [
          {
            invariant: "I2",
            text: `${client} held ${held} and was told ${version} (${type}): a gap`,
            conversationId,
            version,
            client,
          } as const,
        ],
  );
}

/** I3: whoever was told of a version was told the same, and it is what the log has there. */
export function checkOneOrder({ sightings, truth }: Pick<Facts, "sightings" | "truth">): Violation[] {
  const logged = new Map(truth.changes.map((change) => [place(change), change]));
  const violations: Violation[] = [];
  for (const sighting of sightings) {
    if (sighting.type === "version.skipped") continue;
    const change = logged.get(place(sighting));
    // Conversations of earlier scenes are not read again.
    if (!change && !truth.heads.has(sighting.conversationId)) continue;
    if (change && matches(sighting, change)) continue;
    const { client, conversationId, version, type, subject } = sighting;
    const is = change ? `${change.type} of ${change.subject}` : "nothing";
    violations.push({
      invariant: "I3",
      text: `${client} was told that ${version} is ${type} of ${subject}; the log has ${is}`,
      conversationId,
      version,
      client,
    });
  }
  return violations;
}

function matches(sighting: Sighting, change: TrueChange): boolean {
  // What is about the conversation itself is told by its present state: restored looks like updated.
  if (change.type.startsWith("conversation.")) return sighting.type.startsWith("conversation.");
  if (sighting.subject !== change.subject) return false;
  // What is told late is told as it is now: a reaction that has changed again since comes as the message.
  return sighting.type === change.type || (sighting.type === "message.updated" && !change.type.startsWith("member."));
}

function place({ conversationId, version }: { conversationId: string; version: number }): string {
  return `${conversationId} ${version}`;
}
