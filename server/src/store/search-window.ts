import type { Reader } from "./database.ts";
import { matchingTo, narrowedTo, type SearchFilter } from "./search-conditions.ts";
import { createParameters } from "./search-parameters.ts";
import type { SearchSight } from "./search-sight.ts";

/** So many of the latest messages tell how frequent something is. */
const SAMPLE = 5_000;
/** More than enough, since what is said is not said evenly; and the more, the fewer hits the guess is made from. */
const margin = (hits: number): number => 1.2 + 2 / Math.sqrt(hits);
/** Messages in all, in samples, from which on parts of words are expensive. */
const MANY = 20;
/** Where the latest messages have misled, so many times as far back. */
const WIDER = 20;

/**
 * From when on the messages should hold so many hits by their words, going by the latest ones, the shorter time first; since ever
 * where all of many messages together should hardly hold so many, none where there are not many. A guess: whoever finds too few
 * since then looks at all of them, and within words too.
 *
 * Index message_search_recent; statements that use the answer read message_search_age.
 */
export async function findWindows(
  db: Reader,
  search: SearchFilter,
  sight: SearchSight,
  wanted: number,
): Promise<Date[]> {
  const { newest, oldest, first, seen, hits } = await sampleLatest(db, search, sight);
  if (!newest || !oldest || !first || seen < SAMPLE) return [];
  const sampled = newest.getTime() - oldest.getTime();
  const expected = Math.max(0.5, hits);
  const span = (sampled * margin(expected) * wanted) / expected;
  const all = newest.getTime() - first.getTime();
  // Few hits, or as good as none in the sample. Of many messages words alone may still have enough, and are many times cheaper.
  if (span >= all || hits === 0) return all > sampled * MANY ? [first] : [];
  const starts = [span, span * WIDER].map((length) => Math.max(first.getTime(), newest.getTime() - length));
  return starts.map((start) => new Date(start));
}

interface Sample {
  readonly newest: Date | null;
  readonly oldest: Date | null;
  /** Of all messages, not only of the sample. */
  readonly first: Date | null;
  readonly seen: number;
  readonly hits: number;
}

async function sampleLatest(db: Reader, search: SearchFilter, sight: SearchSight): Promise<Sample> {
  const parameters = createParameters();
  const before = search.before ? `WHERE created_at < ${parameters(search.before)}` : "";
  const isHit = `(${matchingTo(search.plan, "words", parameters)}) AND ${narrowedTo(search, sight, parameters)}`;
  const [sample] = await db.query<Sample>({
    text: `SELECT max(s.created_at) AS newest, min(s.created_at) AS oldest, (SELECT min(created_at) FROM message_search) AS first,
             count(*)::integer AS seen, (count(*) FILTER (WHERE ${isHit}))::integer AS hits
           FROM (SELECT * FROM message_search ${before} ORDER BY created_at DESC LIMIT ${SAMPLE}) s`,
    values: parameters.values,
  });
  return sample as Sample;
}
