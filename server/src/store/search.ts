import type { ConversationId, MessageId } from "../domain/ids.ts";
import type { AnalysedTerm } from "../domain/search.ts";
import type { Reader } from "./database.ts";
import { containing, matchingTo, narrowedTo, type SearchFilter } from "./search-conditions.ts";
import { createParameters, type Parameters } from "./search-parameters.ts";
import { findSight, type SearchSight } from "./search-sight.ts";
import { findWindows } from "./search-window.ts";

/** Folds terms and reads them as queries, in the same order. */
export async function analyseTerms(
  db: Reader,
  texts: readonly string[],
): Promise<Pick<AnalysedTerm, "folded" | "query" | "isStopWord">[]> {
  const records = await db.query<{ folded: string; query: string; is_stop_word: boolean }>({
    name: "analyse_terms",
    // A phrase with a word that stems leave out is looked for as it stands.
    text: `SELECT f.folded, (CASE WHEN numnode(q.stems) < numnode(q.words) THEN q.words ELSE q.stems || q.words END)::text AS query,
             numnode(q.stems) = 0 AND numnode(q.words) > 0 AS is_stop_word
           FROM unnest($1::text[]) WITH ORDINALITY AS t (text, n)
           CROSS JOIN LATERAL (SELECT fold_text(t.text) AS folded) f
           CROSS JOIN LATERAL (SELECT phraseto_tsquery('english', translate(f.folded, '/', ' ')) AS stems,
             phraseto_tsquery('simple', translate(f.folded, '/', ' ')) AS words) q
           ORDER BY t.n`,
    values: [texts],
  });
  return records.map(({ folded, query, is_stop_word }) => ({ folded, query, isStopWord: is_stop_word }));
}

/** The English stem of each word that has one. */
export async function stemWords(db: Reader, words: readonly string[]): Promise<Map<string, string>> {
  const records = await db.query<{ word: string; stem: string }>({
    name: "stem_words",
    text: `SELECT word, stem FROM unnest($1::text[]) AS w (word) CROSS JOIN LATERAL (SELECT (ts_lexize('english_stem', word))[1] AS stem) s
           WHERE stem IS NOT NULL`,
    values: [words],
  });
  return new Map(records.map(({ word, stem }) => [word, stem]));
}

export interface MessageSearch extends SearchFilter {
  /** A message that has all of it as it was written stands higher. */
  readonly whole: string;
  readonly beyond: SearchPlace | null;
  readonly limit: number;
}

/** A place in the list of hits. */
export interface SearchPlace {
  readonly rank: number;
  readonly createdAt: Date;
  readonly messageId: MessageId;
}

export interface SearchHitRow extends SearchPlace {
  readonly conversationId: ConversationId;
}

export interface SearchPage {
  readonly hits: readonly SearchHitRow[];
  /** Counted up to `MAX_HITS`. */
  readonly total: number;
}

/** Of more hits than this, the latest ones are ranked and counted. */
const MAX_HITS = 1_000;
/** Where no index helps, this many of the latest messages are looked through. */
const MAX_LOOKED_THROUGH = 20_000;

/**
 * The best hits among the messages that the reader may see now. Which conversations these are comes first, so that the rest is
 * planned with them. What many messages say is looked for among as many of the latest ones as should hold enough hits, and only by
 * its words; if they do not, and for everything else, among all of them, where the rarest terms lead (the GIN indexes). So the
 * cost is bounded however long the history is.
 */
export async function searchMessages(db: Reader, search: MessageSearch): Promise<SearchPage> {
  const sight = await findSight(db, search);
  for (const since of search.plan.isUnindexed ? [] : await findWindows(db, search, sight, MAX_HITS)) {
    const page = await searchSince(db, search, sight, since);
    if (page.total === MAX_HITS) return page;
  }
  return await searchSince(db, search, sight, null);
}

/**
 * Sorted by an expression that no index has: for a limit, the planner would read the latest messages one by one wherever it takes a
 * word for more frequent than it is, and that is what it takes any word for that its statistics do not know.
 */
const LATEST_FIRST = "s.created_at + interval '0' DESC";

async function searchSince(
  db: Reader,
  search: MessageSearch,
  sight: SearchSight,
  since: Date | null,
): Promise<SearchPage> {
  const parameters = createParameters();
  const { isUnindexed, rankBy } = search.plan;
  const narrowed = [
    narrowedTo(search, sight, parameters),
    ...(since ? [`s.created_at >= ${parameters(since)}`] : []),
  ].join(" AND ");
  const matching = matchingTo(search.plan, since ? "words" : "words and parts", parameters);
  const text = `WITH hits AS MATERIALIZED (
      SELECT s.message_id, s.conversation_id, s.created_at, s.words, s.body
      FROM ${isUnindexed ? `(SELECT * FROM message_search s WHERE ${narrowed} ORDER BY created_at DESC LIMIT ${MAX_LOOKED_THROUGH}) s` : "message_search s"}
      WHERE (${matching}) ${isUnindexed ? "" : `AND ${narrowed}`}
      ORDER BY ${LATEST_FIRST} LIMIT ${MAX_HITS}
    ),
    ranked AS MATERIALIZED (
      SELECT message_id, conversation_id, created_at,
        (${rankBy === "" ? "0" : `ts_rank(words, ${parameters(rankBy)}::tsquery)`}
          + CASE WHEN body LIKE ${parameters(containing(search.whole))} THEN 0.1 ELSE 0 END)::double precision AS rank
      FROM hits
    )
    SELECT t.total, p.* FROM (SELECT count(*)::integer AS total FROM ranked) t
    LEFT JOIN (
      SELECT * FROM ranked ${beyond(search.beyond, parameters)}
      ORDER BY rank DESC, created_at DESC, message_id DESC LIMIT ${parameters(search.limit)}
    ) p ON true
    ORDER BY p.rank DESC, p.created_at DESC, p.message_id DESC`;
  const records = await db.query<HitRecord>({ text, values: parameters.values });
  return { total: records[0]?.total ?? 0, hits: records.flatMap(toHit) };
}

interface HitRecord {
  total: number;
  message_id: string | null;
  conversation_id: string;
  created_at: Date;
  rank: number;
}

function toHit({ message_id, conversation_id, created_at, rank }: HitRecord): SearchHitRow[] {
  if (message_id === null) return [];
  return [
    {
      messageId: message_id as MessageId,
      conversationId: conversation_id as ConversationId,
      createdAt: created_at,
      rank,
    },
  ];
}

function beyond(place: SearchPlace | null, parameters: Parameters): string {
  if (!place) return "";
  const values = [
    `${parameters(place.rank)}::double precision`,
    `${parameters(place.createdAt)}::timestamptz`,
    `${parameters(place.messageId)}::uuid`,
  ];
  return `WHERE (rank, created_at, message_id) < (${values.join(", ")})`;
}
