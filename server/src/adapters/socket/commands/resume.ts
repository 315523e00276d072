import { ParleyError } from "@parley/protocol";
import type { EncodedChange } from "../../../services/resume/content.ts";
import type { Resume, ResumeResult } from "../../../services/resume/resume.ts";
import type { EncodedMarks } from "../../../services/resume/shared-marks.ts";
import type { Replay } from "../../../services/resume/shown-changes.ts";
import type { CommandHandler } from "../command-handler.ts";
import type { EncodedReply } from "../replies.ts";
import type { Piece } from "../wire.ts";

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
        for (const reply of changesReplies(replay, replayBytes)) {
          if (!(await connection.replay(reply, id)))
            throw new ParleyError("overloaded", { detail: "The connection was closed before everything was sent." });
        }
      });
      return resumedReply(result);
    },
  };
}

/** What many are told is encoded once, as long as it is told. */
const bodies = new WeakMap<readonly EncodedChange[], Buffer>();

function* changesReplies(replay: Replay, maxBytes: number): Generator<EncodedReply> {
  const known = bodies.get(replay.changes);
  if (known) {
    yield { type: "changes", pieces: [known] };
    return;
  }
  for (const part of partsOf(replay, maxBytes)) {
    const body = bodyOf(replay, part);
    if (part.changes !== replay.changes || part.changes.length === 0) yield { type: "changes", pieces: [body] };
    else {
      // All of it in one frame.
      const bytes = Buffer.from(body);
      bodies.set(replay.changes, bytes);
      yield { type: "changes", pieces: [bytes] };
    }
  }
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

function bodyOf(replay: Replay, { after, through, changes, hasMore }: Part): string {
  const { conversationId, epoch, reset } = replay;
  const texts = changes.map(({ text }) => text).join(",");
  return `"conversation_id":"${conversationId}","data":{"epoch":${JSON.stringify(epoch)},"after":${after},"through":${through},"head":${replay.through},"changes":[${texts}],"has_more":${hasMore},"reset":${reset}}`;
}

const encodedMarks = new WeakMap<EncodedMarks, Buffer>();

function bytesOfMarks(marks: EncodedMarks): Buffer {
  const known = encodedMarks.get(marks);
  if (known) return known;
  const bytes = Buffer.from(`,"marks":${marks.text}}`);
  encodedMarks.set(marks, bytes);
  return bytes;
}

function resumedReply({ epoch, conversations, gone, nextCursor }: ResumeResult): EncodedReply {
  const pieces: Piece[] = [`"data":{"epoch":${JSON.stringify(epoch)},"conversations":[`];
  for (const [index, { own, marks }] of conversations.entries()) {
    if (index > 0) pieces.push(",");
    const text = JSON.stringify(own);
    if (marks) pieces.push(text.slice(0, -1), bytesOfMarks(marks));
    else pieces.push(text);
  }
  pieces.push(`],${JSON.stringify({ gone, next_cursor: nextCursor }).slice(1)}`);
  return { type: "resumed", pieces };
}
