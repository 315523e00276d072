import type { CommandData, GoneReason, ResumedConversation } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { LIMITS } from "@parley/protocol";
import { laterMark, markHolder, unreadCount, type Mark as PendingMark } from "../../domain/marks.ts";
import type { Database } from "../../store/database.ts";
import type { EpochSource } from "../../store/instance.ts";
import type { ResumedRow } from "../../store/views/resumed-conversations.ts";
import type { ChangePresenters } from "../changes/conversation-changes.ts";
import { Gate } from "../gate.ts";
import type { Marks } from "../marks.ts";
import { cutPage, decodeCursor, idAlone } from "../page-cursor.ts";
import { Contents } from "./content.ts";
import { createRounds, type Round } from "./rounds.ts";
import { createSharedMarks, type EncodedMarks } from "./shared-marks.ts";
import { changesAtHand, presentFound, type Replay } from "./shown-changes.ts";
import type { Sight } from "./sight.ts";

export interface ResumeDeps {
  readonly db: Database;
  readonly epoch: EpochSource;
  readonly presenters: ChangePresenters;
  readonly marks: Pick<Marks, "smallMarks">;
  /** What this node knows of a mark beyond the database. */
  readonly pendingMark: (conversationId: ConversationId, userId: UserId) => PendingMark | undefined;
  /** Snapshots that all who resume together read at once. Default 2. */
  readonly concurrency?: number;
  /** How many may wait for their turn. Default 20,000. */
  readonly maxWaiting?: number;
}

export type ResumeData = CommandData<"resume">;

/** Where one conversation stands. */
export interface Standing {
  readonly own: Omit<ResumedConversation, "marks">;
  /** Everyone's, where there are at most 50 members. */
  readonly marks: EncodedMarks | undefined;
}

/** What `resumed` tells. */
export interface ResumeResult {
  readonly epoch: string;
  readonly conversations: readonly Standing[];
  readonly gone: readonly { readonly id: ConversationId; readonly reason: GoneReason }[];
  readonly nextCursor: string | null;
}

/**
 * What a client missed while it was away. `replay` is called with the changes of each conversation that it names and that has
 * changed, one after the other; what it does (sending them) is waited for without holding up others. Answers where all of the
 * caller's conversations stand, and which of those named they are no longer in.
 *
 * Clients that resume at the same time are served together: a snapshot for all who wait, with a few statements whatever they name.
 * Each is told at most 500 changes before it goes to the end of the line.
 *
 * A conversation that is more than 500 versions behind, or whose cursor is of another epoch, is told as `reset`. Throws
 * `validation_failed` for a foreign cursor and `overloaded` when too many resume at once.
 */
export type Resume = (
  caller: Caller,
  data: ResumeData,
  replay: (replay: Replay) => Promise<void>,
) => Promise<ResumeResult>;

/** Lookups at once of what looks different to everyone who resumes. */
const LOOKUPS = 4;

export function createResume(deps: ResumeDeps): Resume {
  const { db, presenters, marks, concurrency = 2, maxWaiting = 20_000 } = deps;
  const rounds = createRounds({ db, contents: new Contents(presenters.messages), width: concurrency, maxWaiting });
  const sharedMarks = createSharedMarks({ db, pendingMark: deps.pendingMark, maxWaiting });
  const lookups = new Gate({ width: LOOKUPS, maxWaiting });

  return async (caller, data, replay) => {
    const since = performance.now();
    const after = (decodeCursor(data.cursor ?? undefined, idAlone)?.id ?? null) as ConversationId | null;
    const page = { after, limit: LIMITS.resumedConversations + 1 };
    const epoch = await deps.epoch();
    const ask = { caller, epoch, isForeign: data.epoch !== epoch, named: namedOf(data), page };
    const first = await rounds.ask(ask);
    let last = first;
    const beside: Sight[] = [];
    const gone: { id: ConversationId; reason: GoneReason }[] = [];
    for (;;) {
      await tell(caller, epoch, last, replay);
      beside.push(...last.beside);
      gone.push(...last.gone);
      if (last.rest.size === 0) break;
      last = await rounds.ask({ ...ask, named: last.rest, page: undefined });
    }
    // Later rounds may have seen them leave a conversation that the first still listed.
    const { listed } = last === first ? first : await rounds.ask({ ...ask, named: new Map(), page });
    const { rows, nextCursor } = cutPage(listed, LIMITS.resumedConversations, (row) => [row.id]);
    const present = rows.filter((row) => !row.deletedAt);
    const marksOf = await sharedMarks.of(
      caller.userId,
      present.map(({ id }) => id),
      since,
    );
    const conversations = [
      ...present.map((row) => ({ own: standing(row, caller.userId), marks: marksOf(row.id) })),
      ...(await standBeside(caller, beside)),
    ];
    return { epoch, conversations, gone, nextCursor };
  };

  async function tell(
    caller: Caller,
    epoch: string,
    { found }: Round,
    replay: (replay: Replay) => Promise<void>,
  ): Promise<void> {
    if (found.length === 0) return;
    const isAtHand = found.every((each) => changesAtHand(each) !== undefined);
    const present = (): Promise<Replay[]> => presentFound(presenters, caller, epoch, found);
    for (const each of await (isAtHand ? present() : lookups.run(present))) await replay(each);
  }

  /** What they see without being members comes beside the page, where they asked for it. */
  async function standBeside(caller: Caller, beside: readonly Sight[]): Promise<Standing[]> {
    if (beside.length === 0) return [];
    const ids = beside.map(({ row }) => row.id);
    const shown = await lookups.run(() => marks.smallMarks(caller, ids));
    return beside.map(({ row, footing }) => {
      const marks = shown.get(row.id);
      return {
        own: standing(row, markHolder(footing, row.kind, caller.userId)),
        marks: marks && { text: JSON.stringify(marks) },
      };
    });
  }

  function standing(row: ResumedRow, holder: UserId | undefined): Standing["own"] {
    const { id, head, messageCount, lastReadSeq, lastReadOrdinal } = row;
    if (!holder) return { id, head, last_read_seq: null, unread_count: null };
    const stored = { lastReadSeq, lastReadOrdinal, lastDeliveredSeq: 0, lastReadAt: null };
    const own = laterMark(stored, deps.pendingMark(id, holder));
    return {
      id,
      head,
      last_read_seq: own.lastReadSeq,
      unread_count: unreadCount(messageCount, own.lastReadOrdinal),
    };
  }
}

function namedOf(data: ResumeData): Map<ConversationId, number> {
  return new Map(Object.entries(data.conversations) as [ConversationId, number][]);
}
