import { ParleyError, type ChangeSet } from "@parley/protocol";
import type { Resume } from "../../../services/resume.ts";
import type { CommandHandler } from "../command-handler.ts";

export interface ResumeCommandDeps {
  readonly resume: Resume;
  /** Bytes of one `changes` frame, as far as its changes can be parted. */
  readonly replayBytes: number;
}

export function createResumeCommand({ resume, replayBytes }: ResumeCommandDeps): CommandHandler<"resume"> {
  return {
    key: () => "resume",
    async run({ caller, connection, id }, data) {
      const result = await resume(caller, data, async (conversationId, changes) => {
        for (const part of partsOf(changes, replayBytes)) {
          const isSent = await connection.replay({ type: "changes", conversation_id: conversationId, data: part }, id);
          if (!isSent)
            throw new ParleyError("overloaded", { detail: "The connection was closed before everything was sent." });
        }
      });
      return { type: "resumed", data: result };
    },
  };
}

/**
 * The changes in frames of a bounded size, so that a client on a slow line is not owed them all at once. Each part is a cursor of
 * its own: everything up to the version it ends with is in it or in the parts before.
 */
export function* partsOf(set: ChangeSet, maxBytes: number): Generator<ChangeSet> {
  const { changes } = set;
  let start = 0;
  let after = set.after;
  let bytes = 0;
  for (const [index, change] of changes.entries()) {
    const size = JSON.stringify(change).length;
    const before = changes[index - 1];
    // What one version has touched stays together.
    if (before && index > start && bytes + size > maxBytes && before.version < change.version) {
      yield { ...set, after, through: before.version, changes: changes.slice(start, index), has_more: true };
      start = index;
      after = before.version;
      bytes = 0;
    }
    bytes += size;
  }
  yield { ...set, after, changes: changes.slice(start) };
}
