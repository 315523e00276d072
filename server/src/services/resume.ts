import {
  LIMITS,
  ParleyError,
  type ChangeSet,
  type CommandData,
  type GoneReason,
  type Mark,
  type ResumedConversation,
  type ResumedFrame,
} from "@parley/protocol";
import { footingOf, type Footing } from "../domain/access.ts";
import type { Caller } from "../domain/caller.ts";
import type { ConversationId, UserId } from "../domain/ids.ts";
import { laterMark, markHolder, unreadCount, type Mark as PendingMark } from "../domain/marks.ts";
import type { Reader } from "../store/database.ts";
import type { EpochSource } from "../store/instance.ts";
import {
  findNamedRows,
  listResumedRows,
  type NamedRow,
  type ResumedRow,
} from "../store/views/resumed-conversations.ts";
import type { Changes } from "./changes/changes.ts";
import { Gate } from "./gate.ts";
import type { Marks } from "./marks.ts";
import { cutPage, decodeCursor, idAlone } from "./page-cursor.ts";

export interface ResumeDeps {
  readonly db: Reader;
  readonly epoch: EpochSource;
  readonly changes: Pick<Changes, "catchUp">;
  readonly marks: Pick<Marks, "smallMarks">;
  /** What this node knows of a mark beyond the database. */
  readonly pendingMark: (conversationId: ConversationId, userId: UserId) => PendingMark | undefined;
  /** Pieces of work of all that resume, done at once: everyone comes back together after a restart. Default 6. */
  readonly concurrency?: number;
  /** Of how many may wait for their turn. Default 20,000. */
  readonly maxWaiting?: number;
}

export type ResumeData = CommandData<"resume">;
export type ResumeResult = ResumedFrame["data"];

/**
 * What a client missed while it was away. `replay` is called with the changes of each conversation that it names and that has
 * changed, one after the other; what it does (sending them) is waited for without holding up others. Answers where all of the
 * caller's conversations stand, and which of those named they are no longer in.
 *
 * A conversation that is more than 500 versions behind, or whose cursor is of another epoch, is told as `reset`. Throws
 * `validation_failed` for a foreign cursor and `overloaded` when too many resume at once.
 */
export type Resume = (
  caller: Caller,
  data: ResumeData,
  replay: (conversationId: ConversationId, changes: ChangeSet) => Promise<void>,
) => Promise<ResumeResult>;

export function createResume(deps: ResumeDeps): Resume {
  const { db, changes, marks, concurrency = 6, maxWaiting = 20_000 } = deps;
  const gate = new Gate({ width: concurrency, maxWaiting });
  const admit = <T>(work: () => Promise<T>): Promise<T> => gate.run(work);

  return async (caller, data, replay) => {
    const after = decodeCursor(data.cursor ?? undefined, idAlone)?.id ?? null;
    const ids = Object.keys(data.conversations) as ConversationId[];
    const [epoch, named] = await Promise.all([deps.epoch(), admit(() => findNamed(db, caller, ids))]);
    const isForeign = data.epoch !== epoch;
    const gone = [...named.gone];
    for (const { row } of named.seen) {
      const version = data.conversations[row.id] ?? 0;
      if (!isForeign && version === row.head) continue;
      const query = { after: version, epoch: data.epoch ?? null, limit: LIMITS.replayedChanges };
      const set = await admit(() => unlessGone(changes.catchUp(caller, row.id, query)));
      if (set) await replay(row.id, set);
      else gone.push({ id: row.id, reason: "removed" });
    }
    return await admit(async () => {
      const rows = await listResumedRows(db, caller.userId, {
        after: after as ConversationId | null,
        limit: LIMITS.resumedConversations + 1,
      });
      const page = cutPage(rows, LIMITS.resumedConversations, (row) => [row.id]);
      // What they see without being members comes beside the page, where they asked for it.
      const beside = named.seen.filter(({ footing }) => footing !== "member");
      const shown = await marks.smallMarks(
        caller,
        [...page.rows, ...beside.map(({ row }) => row)].map(({ id }) => id),
      );
      const conversations = [
        ...page.rows.map((row) => present(row, caller.userId, shown.get(row.id))),
        ...beside.map(({ row, footing }) =>
          present(row, markHolder(footing, row.kind, caller.userId), shown.get(row.id)),
        ),
      ];
      return { epoch, conversations, gone, next_cursor: page.nextCursor };
    });
  };

  function present(row: ResumedRow, holder: UserId | undefined, shown: Mark[] | undefined): ResumedConversation {
    const { id, head, messageCount, lastReadSeq, lastReadOrdinal } = row;
    const everyone = shown ? { marks: shown } : {};
    if (!holder) return { id, head, last_read_seq: null, unread_count: null, ...everyone };
    const stored = { lastReadSeq, lastReadOrdinal, lastDeliveredSeq: 0, lastReadAt: null };
    const own = laterMark(stored, deps.pendingMark(id, holder));
    return {
      id,
      head,
      last_read_seq: own.lastReadSeq,
      unread_count: unreadCount(messageCount, own.lastReadOrdinal),
      ...everyone,
    };
  }
}

interface Named {
  readonly seen: readonly { readonly row: NamedRow; readonly footing: Footing }[];
  readonly gone: readonly { readonly id: ConversationId; readonly reason: GoneReason }[];
}

async function findNamed(db: Reader, caller: Caller, ids: readonly ConversationId[]): Promise<Named> {
  const rows = new Map((await findNamedRows(db, caller.userId, ids)).map((row) => [row.id, row]));
  const seen: { row: NamedRow; footing: Footing }[] = [];
  const gone: { id: ConversationId; reason: GoneReason }[] = [];
  for (const id of ids) {
    const row = rows.get(id);
    const member = row?.membership?.leftAt ? undefined : row?.membership;
    const footing = row && footingOf(caller, row, member, row.inSpace);
    if (row && footing) seen.push({ row, footing });
    else gone.push({ id, reason: reasonOf(row) });
  }
  return { seen, gone };
}

/** Who was never in it learns nothing, not even that there is such a conversation. */
function reasonOf(row: NamedRow | undefined): GoneReason {
  if (!row?.membership) return "unknown";
  return row.deletedAt ? "deleted" : "removed";
}

/** They may have been removed since the naming was looked at. */
async function unlessGone(set: Promise<ChangeSet>): Promise<ChangeSet | undefined> {
  try {
    return await set;
  } catch (error) {
    if (error instanceof ParleyError && error.code === "not_found") return undefined;
    throw error;
  }
}
