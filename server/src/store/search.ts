import type { ConversationKind, SearchHas } from "@parley/protocol";
import type { ConversationId, MessageId, UserId } from "../domain/ids.ts";
import type { AnalysedTerm, SearchPlan, TermCondition } from "../domain/search.ts";
import type { Reader } from "./database.ts";

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

export interface MessageSearch {
  /** Where it is unindexed, only the latest messages are looked through. */
  readonly plan: SearchPlan;
  /** A message that has all of it as it was written stands higher. */
  readonly whole: string;
  readonly conversationId: ConversationId | undefined;
  readonly senderId: UserId | undefined;
  readonly kind: ConversationKind | undefined;
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

/** Who searches: decides which conversations, and from where on in them. */
export interface SearchReader {
  readonly userId: UserId;
  /** The host's backend in its own name sees everything. */
  readonly isHost: boolean;
  readonly isStaff: boolean;
  /** Agents see only what they are members of. */
  readonly isAgent: boolean;
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
export const MAX_HITS = 5_000;
/** Where no index helps, this many of the latest messages are looked through. */
const MAX_LOOKED_THROUGH = 20_000;

/**
 * The best hits among the messages that the reader may see now. Conversations that the reader sees are gathered first, as
 * `domain/access.ts` and `domain/history.ts` say it; then the indexes of `message_search` answer the terms, and the hits are
 * joined with them.
 */
export async function searchMessages(db: Reader, reader: SearchReader, search: MessageSearch): Promise<SearchPage> {
  const parameters = createParameters();
  const text = `WITH readable AS MATERIALIZED (${readable(reader, search, parameters)}),
    hits AS MATERIALIZED (
      SELECT s.message_id, s.conversation_id, s.created_at, s.words, s.body
      FROM ${search.plan.isUnindexed ? latest(search, parameters) : `message_search s JOIN readable r ON r.id = s.conversation_id AND s.seq > r.visible_after`}
      WHERE (${search.plan.alternatives.map((terms) => terms.map((term) => conditionOf(term, parameters)).join(" AND ")).join(" OR ")})
        ${search.plan.isUnindexed ? "" : filters(search, parameters)} ${hasFilter(search.has)}
      ORDER BY s.created_at DESC, s.message_id DESC LIMIT ${MAX_HITS}
    ),
    ranked AS MATERIALIZED (
      SELECT message_id, conversation_id, created_at,
        (${search.plan.rankBy === "" ? "0" : `ts_rank(words, ${parameters(search.plan.rankBy)}::tsquery)`}
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
  return [{ messageId: message_id as MessageId, conversationId: conversation_id as ConversationId, createdAt: created_at, rank }];
}

/** Adds a value to the statement and answers its place: $1, $2 … */
interface Parameters {
  (value: unknown): string;
  readonly values: readonly unknown[];
}

function createParameters(): Parameters {
  const values: unknown[] = [];
  return Object.assign((value: unknown) => `$${values.push(value)}`, { values });
}

/** Conversations that the reader sees, each once, and the seq after which they see messages there. */
function readable(reader: SearchReader, search: MessageSearch, parameters: Parameters): string {
  const only = [
    "c.deleted_at IS NULL",
    ...(search.conversationId ? [`c.id = ${parameters(search.conversationId)}`] : []),
    ...(search.kind ? [`c.kind = ${parameters(search.kind)}`] : []),
  ].join(" AND ");
  if (reader.isHost) return `SELECT c.id, 0::bigint AS visible_after FROM conversations c WHERE ${only}`;
  const user = parameters(reader.userId);
  const notIn = `NOT EXISTS (SELECT FROM members m WHERE m.conversation_id = c.id AND m.user_id = ${user} AND m.left_at IS NULL)`;
  const parts = [
    `SELECT c.id, CASE WHEN c.history_visibility = 'all' OR m.role IN ('owner', 'admin') THEN 0
       WHEN c.history_visibility = 'member_join_date' THEN m.first_joined_seq ELSE m.joined_seq END AS visible_after
     FROM members m JOIN conversations c ON c.id = m.conversation_id
     WHERE m.user_id = ${user} AND m.left_at IS NULL AND ${only}`,
  ];
  if (reader.isStaff) parts.push(`SELECT c.id, 0 FROM conversations c WHERE c.kind = 'support' AND ${only} AND ${notIn}`);
  if (!reader.isAgent) {
    parts.push(
      `SELECT c.id, 0 FROM conversations c
       WHERE c.kind = 'channel' AND c.visibility = 'public' AND c.history_visibility = 'all' AND ${only} AND ${notIn}
         AND (c.space_id IS NULL OR EXISTS (SELECT FROM space_members x WHERE x.space_id = c.space_id AND x.user_id = ${user}))`,
    );
  }
  return parts.join(" UNION ALL ");
}

function filters(search: MessageSearch, parameters: Parameters): string {
  return [
    // Says it again for the index of the messages of one conversation.
    ...(search.conversationId ? [`AND s.conversation_id = ${parameters(search.conversationId)}`] : []),
    ...(search.senderId ? [`AND s.sender_id = ${parameters(search.senderId)}`] : []),
    ...(search.before ? [`AND s.created_at < ${parameters(search.before)}`] : []),
    ...(search.after ? [`AND s.created_at > ${parameters(search.after)}`] : []),
  ].join(" ");
}

function latest(search: MessageSearch, parameters: Parameters): string {
  return `(SELECT s.* FROM message_search s JOIN readable r ON r.id = s.conversation_id AND s.seq > r.visible_after
    WHERE true ${filters(search, parameters)} ORDER BY s.created_at DESC LIMIT ${MAX_LOOKED_THROUGH}) s`;
}

const HAS: Readonly<Record<SearchHas, string>> = {
  attachment: "(jsonb_array_length(m.attachments) > 0 OR m.content_type IN ('image', 'file', 'audio', 'video'))",
  link: "m.content ~* 'https?://[^[:space:]]'",
  reaction: "m.reaction_count > 0",
  pin: "m.pinned_at IS NOT NULL",
  thread: "m.reply_count > 0",
};

function hasFilter(has: SearchHas | undefined): string {
  return has ? `AND EXISTS (SELECT FROM messages m WHERE m.id = s.message_id AND ${HAS[has]})` : "";
}

function conditionOf(term: TermCondition, parameters: Parameters): string {
  const all = [
    ...term.queries.map((query) => `s.words @@ ${parameters(query)}::tsquery`),
    ...(term.contains === undefined ? [] : [`s.body LIKE ${parameters(containing(term.contains))}`]),
  ].join(" AND ");
  const condition = term.orContains === undefined ? all : `((${all}) OR s.body LIKE ${parameters(containing(term.orContains))})`;
  return term.isNegated ? `NOT (${condition})` : condition;
}

/** A pattern that finds the text as it is: what LIKE would read as a wildcard is escaped. */
function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/gu, String.raw`\$&`)}%`;
}

function beyond(place: SearchPlace | null, parameters: Parameters): string {
  if (!place) return "";
  const values = [`${parameters(place.rank)}::double precision`, `${parameters(place.createdAt)}::timestamptz`, `${parameters(place.messageId)}::uuid`];
  return `WHERE (rank, created_at, message_id) < (${values.join(", ")})`;
}
