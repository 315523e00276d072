import { ParleyError } from "@parley/protocol";
import type { Resume, ResumeResult } from "../../../services/resume/resume.ts";
import type { EncodedChange, Replay } from "../../../services/resume/shown-changes.ts";
import type { CommandHandler } from "../command-handler.ts";
import type { EncodedReply } from "../replies.ts";

export interface ResumeCommandDeps {
  readonly resume: Resume;
  /** Bytes of one `changes` frame, as far as its changes can be parted. */
  readonly replayBytes: number;
}

export function createResumeCommand({ resume, replayBytes }: ResumeCommandDeps): CommandHandler<"resume"> {
  return {
    key: () => "resume",
    async run({ caller, connection, id }, data) {
      const result = await resume(caller, data, async (replay) => {
        for (const part of partsOf(replay, replayBytes)) {
          if (!(await connection.replay(changesFrame(replay, part), id)))
            throw new ParleyError("overloaded", { detail: "The connection was closed before everything was sent." });
        }
      });
      return resumedFrame(result);
    },
  };
}

interface Part {
  readonly after: number;
  readonly through: number;
  readonly changes: readonly EncodedChange[];
  readonly hasMore: boolean;
}

/**
 * The changes in frames of a bounded size, so that a client on a slow line is not owed them all at once. Each part is a cursor of
 * its own: everything up to the version it ends with is in it or in the parts before.
 */
function* partsOf({ changes, through, ...replay }: Replay, maxBytes: number): Generator<Part> {
  let start = 0;
  let { after } = replay;
  let bytes = 0;
  for (const [index, change] of changes.entries()) {
    const size = change.text.length;
    const before = changes[index - 1];
    // What one version has touched stays together.
    if (before && index > start && bytes + size > maxBytes && before.version < change.version) {
      yield { after, through: before.version, changes: changes.slice(start, index), hasMore: true };
      start = index;
      after = before.version;
      bytes = 0;
    }
    bytes += size;
  }
  yield { after, through, changes: start === 0 ? changes : changes.slice(start), hasMore: false };
}

function changesFrame(replay: Replay, { after, through, changes, hasMore }: Part): EncodedReply {
  const { conversationId, epoch, reset } = replay;
  const texts = changes.map(({ text }) => text).join(",");
  return {
    type: "changes",
    encoded: `"conversation_id":"${conversationId}","data":{"epoch":${JSON.stringify(epoch)},"after":${after},"through":${through},"head":${replay.through},"changes":[${texts}],"has_more":${hasMore},"reset":${reset}}`,
  };
}

function resumedFrame({ epoch, conversations, gone, nextCursor }: ResumeResult): EncodedReply {
  const rest = JSON.stringify({ gone, next_cursor: nextCursor }).slice(1);
  return {
    type: "resumed",
    encoded: `"data":{"epoch":${JSON.stringify(epoch)},"conversations":[${conversations.join(",")}],${rest}`,
  };
}
