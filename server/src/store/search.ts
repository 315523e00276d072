import type { SearchHas } from "@parley/protocol";
import type { ConversationId, MessageId, UserId } from "../domain/ids.ts";
import type { AnalysedTerm, SearchPlan, TermCondition } from "../domain/search.ts";
import type { Reader } from "./database.ts";
import { createParameters, type Parameters } from "./search-parameters.ts";
import { findSight, isInSight, type SearchScope } from "./search-sight.ts";

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

export interface MessageSearch extends SearchScope {
  /** Where it is unindexed, only the latest messages are looked through. */
  readonly plan: SearchPlan;
  /** A message that has all of it as it was written stands higher. */
  readonly whole: string;
  readonly senderId: UserId | undefined;
  readonly before: Date | undefined;
  readonly after: Date | undefined;
  readonly has: SearchHas | undefined;
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
export const MAX_HITS = 2_000;
/** Where no index helps, this many of the latest messages are looked through. */
const MAX_LOOKED_THROUGH = 20_000;

/**
 * The best hits among the messages that the reader may see now. Two statements: which conversations these are comes first, so that
 * the second is planned with them. It then reads, whichever is less, the messages of these conversations, those that have the
 * rarest terms (the GIN indexes), or the latest ones until there are enough hits (message_search_recent).
 */
export async function searchMessages(db: Reader, search: MessageSearch): Promise<SearchPage> {
  const sight = await findSight(db, search);
  const parameters = createParameters();
  const { alternatives, isUnindexed, rankBy } = search.plan;
  const narrowed = [isInSight(sight, search, parameters), ...filters(search, parameters)].join(" AND ");
  const matching = alternatives
    .map((terms) => terms.map((term) => conditionOf(term, parameters)).join(" AND "))
    .join(" OR ");
  const text = `WITH hits AS MATERIALIZED (
      SELECT s.message_id, s.conversation_id, s.created_at, s.words, s.body
      FROM ${isUnindexed ? `(SELECT * FROM message_search s WHERE ${narrowed} ORDER BY created_at DESC LIMIT ${MAX_LOOKED_THROUGH}) s` : "message_search s"}
      WHERE (${matching}) ${isUnindexed ? "" : `AND ${narrowed}`}
      ORDER BY s.created_at DESC LIMIT ${MAX_HITS}
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

/** What of the messages is looked at, apart from their text. */
function filters(search: MessageSearch, parameters: Parameters): string[] {
  return [
    ...(search.senderId ? [`s.sender_id = ${parameters(search.senderId)}`] : []),
    ...(search.before ? [`s.created_at < ${parameters(search.before)}`] : []),
    ...(search.after ? [`s.created_at > ${parameters(search.after)}`] : []),
    ...(search.has ? [`EXISTS (SELECT FROM messages m WHERE m.id = s.message_id AND ${HAS[search.has]})`] : []),
  ];
}

const HAS: Readonly<Record<SearchHas, string>> = {
  attachment: "(jsonb_array_length(m.attachments) > 0 OR m.content_type IN ('image', 'file', 'audio', 'video'))",
  link: "m.content ~* 'https?://[^[:space:]]'",
  reaction: "m.reaction_count > 0",
  pin: "m.pinned_at IS NOT NULL",
  thread: "m.reply_count > 0",
};

function conditionOf(term: TermCondition, parameters: Parameters): string {
  const all = [
    ...term.queries.map((query) => `s.words @@ ${parameters(query)}::tsquery`),
    ...(term.contains === undefined ? [] : [`s.body LIKE ${parameters(containing(term.contains))}`]),
  ].join(" AND ");
  const condition =
    term.orContains === undefined ? all : `((${all}) OR s.body LIKE ${parameters(containing(term.orContains))})`;
  return term.isNegated ? `NOT (${condition})` : condition;
}

/** A pattern that finds the text as it is: what LIKE would read as a wildcard is escaped. */
function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/gu, String.raw`\$&`)}%`;
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
