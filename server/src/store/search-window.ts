import type { Reader } from "./database.ts";
import { matchingTo, narrowedTo, type SearchFilter } from "./search-conditions.ts";
import { createParameters } from "./search-parameters.ts";
import type { SearchSight } from "./search-sight.ts";

/** So many of the latest messages tell how frequent something is. */
const SAMPLE = 5_000;
/** More than enough, since what is said is not said evenly. */
const MARGIN = 1.5;

/** Where the latest messages have misled, so many times as far back. */
const WIDER = 20;

/**
 * From when on the messages should hold so many hits by their words, going by the latest ones, the shorter time first; since ever
 * where the latest hold no hit at all. None where there are hardly more messages than these. A guess: whoever finds too few since
 * then looks at all of them, and within words too. Index message_search_recent; statements that use the answer read message_search_age.
 */
export async function findWindows(db: Reader, search: SearchFilter, sight: SearchSight, hits: number): Promise<Date[]> {
  const parameters = createParameters();
  const before = search.before ? `WHERE created_at < ${parameters(search.before)}` : "";
  const [sample] = await db.query<{ newest: Date; oldest: Date; seen: number; hits: number }>({
    text: `SELECT max(s.created_at) AS newest, min(s.created_at) AS oldest, count(*)::integer AS seen,
             (count(*) FILTER (WHERE (${matchingTo(search.plan, "words", parameters)}) AND ${narrowedTo(search, sight, parameters)}))::integer AS hits
           FROM (SELECT * FROM message_search ${before} ORDER BY created_at DESC LIMIT ${SAMPLE}) s`,
    values: parameters.values,
  });
  if (!sample || sample.seen < SAMPLE) return [];
  if (sample.hits === 0) return [new Date(0)];
  const span = (sample.newest.getTime() - sample.oldest.getTime()) * MARGIN * (hits / sample.hits);
  return [span, span * WIDER].map((length) => new Date(Math.max(0, sample.newest.getTime() - length)));
}
