import type { Mark } from "@parley/protocol";
import { LRUCache } from "lru-cache";
import { STAFF_MARK, type ConversationId, type UserId } from "../../domain/ids.ts";
import { laterMark, type Mark as PendingMark } from "../../domain/marks.ts";
import type { Role } from "../../domain/permissions.ts";
import type { Reader } from "../../store/database.ts";
import { listMarksOfSmall, type MemberMarkRow } from "../../store/marks/marks.ts";
import { Gathering } from "../gathering.ts";
import { MARKS_FOR_ALL, presentMark } from "../marks.ts";

export interface SharedMarksDeps {
  readonly db: Reader;
  readonly pendingMark: (conversationId: ConversationId, userId: UserId) => PendingMark | undefined;
  readonly maxWaiting: number;
}

/** A member's mark, or that of all staff. */
interface ShownMark {
  readonly userId: UserId;
  readonly role: Role | undefined;
  readonly shares: boolean;
  /** JSON. */
  readonly text: string;
}

/** A JSON array of marks; the same object for all who see the same. */
export interface EncodedMarks {
  readonly text: string;
}

/** The marks of one conversation: none where it is a large one. */
interface Reading {
  /** When it was begun: it is true for whoever asked before. */
  readonly at: number;
  readonly marks: readonly ShownMark[];
  /** What members see who share theirs and may list the others. */
  readonly shared: EncodedMarks;
}

interface Ask {
  readonly ids: readonly ConversationId[];
  readonly since: number;
}

const MAX_CONVERSATIONS = 600;
const MAX_BYTES = 16 * 1_048_576;
const KEPT_MS = 5_000;
const READING_BYTES = 200;

export type SharedMarks = ReturnType<typeof createSharedMarks>;

/** Marks of small conversations for members that come back together: read once for all who wait. */
export function createSharedMarks({ db, pendingMark, maxWaiting }: SharedMarksDeps) {
  const readings = new LRUCache<ConversationId, Reading>({ maxSize: MAX_BYTES, ttl: KEPT_MS, ttlResolution: 100 });
  const gathering = new Gathering<Ask, ReadonlyMap<ConversationId, Reading>>({
    width: 1,
    maxWaiting,
    maxWeight: MAX_CONVERSATIONS,
    weigh: ({ ids }) => ids.length,
    serve,
  });

  async function serve(asks: readonly Ask[]): Promise<ReadonlyMap<ConversationId, Reading>[]> {
    const found = new Map<ConversationId, Reading>();
    const missing = new Set<ConversationId>();
    for (const { ids, since } of asks) {
      for (const id of ids) {
        const reading = readings.get(id);
        if (reading && reading.at > since) found.set(id, reading);
        else missing.add(id);
      }
    }
    for (const id of missing) found.delete(id);
    for (const [id, reading] of await read([...missing])) {
      found.set(id, reading);
      readings.set(id, reading, {
        size:
          READING_BYTES +
          2 * reading.shared.text.length +
          reading.marks.reduce((sum, { text }) => sum + text.length, 0),
      });
    }
    return asks.map(() => found);
  }

  async function read(ids: readonly ConversationId[]): Promise<Map<ConversationId, Reading>> {
    const at = performance.now();
    const marks = new Map<ConversationId, ShownMark[]>(ids.map((id) => [id, []]));
    if (ids.length > 0)
      for (const row of await listMarksOfSmall(db, ids, MARKS_FOR_ALL)) marks.get(row.conversationId)?.push(show(row));
    return new Map(
      [...marks].map(([id, shown]) => [id, { at, marks: shown, shared: joined(shown.filter(({ shares }) => shares)) }]),
    );
  }

  function show(row: MemberMarkRow): ShownMark {
    const mark: Mark = presentMark(row.userId, laterMark(row, pendingMark(row.conversationId, row.userId)));
    return { userId: row.userId, role: row.role, shares: row.shares, text: JSON.stringify(mark) };
  }

  return {
    /**
     * The marks that a member sees of each conversation; large conversations, and those of which they are no
     * member, are left out. Nothing is older than `since`, a time of `performance.now()`. Throws `overloaded` when too many ask.
     */
    async of(
      viewer: UserId,
      ids: readonly ConversationId[],
      since: number,
    ): Promise<(id: ConversationId) => EncodedMarks | undefined> {
      if (ids.length === 0) return () => undefined;
      const found = await gathering.ask({ ids, since });
      return (id) => seenBy(viewer, found.get(id));
    },
  };
}

/** Receipts are mutual, and guests, who cannot list the members, see their own alone; the staff's is everyone's to see. */
function seenBy(viewer: UserId, reading: Reading | undefined): EncodedMarks | undefined {
  const own = reading?.marks.find(({ userId }) => userId === viewer);
  if (!reading || !own) return undefined;
  if (own.shares && own.role !== "guest") return reading.shared;
  return joined(reading.marks.filter((mark) => mark === own || mark.userId === STAFF_MARK));
}

function joined(marks: readonly ShownMark[]): EncodedMarks {
  return { text: `[${marks.map(({ text }) => text).join(",")}]` };
}
