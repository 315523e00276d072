import type { ChangeType } from "../store/changes.ts";
import { findUnindexed, indexMessages } from "../store/search-index.ts";
import type { Follower } from "./follower.ts";

/** After these a message says something else than before. */
const SAYING: ReadonlySet<ChangeType> = new Set([
  "message.created",
  "message.updated",
  "message.deleted",
  "message.restored",
]);
/** These only name a message. The log of a message may be pruned down to one of them, so a reader from the beginning takes them too. */
const NAMING: ReadonlySet<ChangeType> = new Set(["reaction.added", "reaction.removed", "pin.added", "pin.removed"]);

/**
 * Keeps what search reads up to date with the messages. To build it anew, delete its row in `follower_cursors`: it begins at the
 * beginning of the log.
 */
export const searchFollower: Follower = {
  name: "search",
  // Long messages take milliseconds each, and while a page is written all other followers wait.
  pageSize: 200,
  isRepeatable: true,
  async handle(tx, changes) {
    const said = new Set(changes.filter((change) => SAYING.has(change.type)).map((change) => change.subjectId));
    const named = changes.filter((change) => NAMING.has(change.type) && !said.has(change.subjectId));
    if (named.length > 0) {
      const unindexed = await findUnindexed(tx, [...new Set(named.map((change) => change.subjectId))]);
      for (const id of unindexed) said.add(id);
    }
    if (said.size > 0) await indexMessages(tx, [...said]);
    return undefined;
  },
};
