import type { SearchHit, SearchQuery, SearchResult } from "@parley/protocol";
import * as z from "zod";
import { isHost } from "../domain/access.ts";
import type { Caller } from "../domain/caller.ts";
import type { ConversationId, MessageId, UserId } from "../domain/ids.ts";
import { planSearch, type AnalysedTerm, type SearchPlan } from "../domain/search.ts";
import { snippetOf } from "../domain/search-snippet.ts";
import { parseSearch, wordsOf, type SearchTerms } from "../domain/search-terms.ts";
import { foldText } from "../domain/search-text.ts";
import { findConversations } from "../store/conversations.ts";
import type { Reader } from "../store/database.ts";
import { findMessages, type MessageRow } from "../store/messages.ts";
import { analyseTerms, searchMessages, stemWords, type SearchHitRow, type SearchPlace } from "../store/search.ts";
import { accessTo } from "./access.ts";
import type { ConversationPresenter } from "./conversations/present-conversations.ts";
import type { MessagePresenter } from "./messages/present-messages.ts";
import { cutPage, decodeCursor } from "./page-cursor.ts";

export interface SearchDeps {
  readonly db: Reader;
  readonly messages: Pick<MessagePresenter, "present">;
  readonly conversations: Pick<ConversationPresenter, "summarise">;
}

export type SearchService = ReturnType<typeof createSearch>;

const place = z
  .tuple([z.number(), z.int().min(0).max(Date.parse("9999-12-31T23:59:59.999Z")), z.uuid()])
  .transform(([rank, at, id]): SearchPlace => ({ rank, createdAt: new Date(at), messageId: id as MessageId }));

/** Different words of the hits whose stems are asked for. What is beyond is marked only where it stands as it was searched. */
const MAX_STEMMED = 5_000;

export function createSearch(deps: SearchDeps) {
  const { db } = deps;
  return {
    /**
     * Messages that match, the best first and of equals the latest, among those that the caller may read now: own conversations as
     * far as their history is visible, public channels of own spaces, and for staff support. A message is found at most a second after
     * it was sent, edited or deleted.
     *
     * All words must be found, each in any of its English forms, or anywhere in a word; "phrases", -without and `or` as in web
     * searches. Accents, case and compatibility forms make no difference. One or two letters are looked for as words and, two, as
     * beginnings of words; a search without letters, digits or emoji looks through the latest 20,000 messages. Of more than 1,000 hits
     * the latest are ranked, and `total` is 1,000; where so many have a word itself, those that have it within another are left out.
     *
     * Throws `not_found` for a conversation that the caller cannot see, `validation_failed` for a cursor of another list.
     */
    async searchMessages(caller: Caller, query: SearchQuery): Promise<SearchResult> {
      const conversationId = query.conversation_id as ConversationId | undefined;
      const beyond = decodeCursor(query.cursor, place);
      if (conversationId) await accessTo(db, caller, conversationId);
      const plan = await planFor(db, parseSearch(query.q));
      const found = await searchMessages(db, {
        reader: readerOf(caller),
        plan,
        whole: foldText(query.q),
        conversationId,
        senderId: query.sender_id as UserId | undefined,
        kind: query.kind,
        before: query.before === undefined ? undefined : new Date(query.before),
        after: query.after === undefined ? undefined : new Date(query.after),
        has: query.has,
        beyond,
        limit: query.limit + 1,
      });
      const page = cutPage(found.hits, query.limit, ({ rank, createdAt, messageId }) => [
        rank,
        createdAt.getTime(),
        messageId,
      ]);
      return { items: await present(deps, caller, page.rows, plan), total: found.total, next_cursor: page.nextCursor };
    },
  };
}

function readerOf(caller: Caller) {
  return {
    userId: caller.userId,
    isHost: isHost(caller),
    isStaff: caller.isStaff,
    isAgent: caller.kind === "agent",
  };
}

async function planFor(db: Reader, terms: SearchTerms): Promise<SearchPlan> {
  const texts = [...new Set(terms.flat().map((term) => term.text))];
  const analysed = await analyseTerms(db, texts);
  const byText = new Map(texts.map((text, index) => [text, analysed[index]]));
  return planSearch(terms, (term) => ({ ...term, ...(byText.get(term.text) as AnalysedTerm) }));
}

async function present(
  deps: SearchDeps,
  caller: Caller,
  hits: readonly SearchHitRow[],
  plan: SearchPlan,
): Promise<SearchHit[]> {
  const rows = new Map(
    (
      await findMessages(
        deps.db,
        hits.map((hit) => hit.messageId),
      )
    ).map((row) => [row.id, row]),
  );
  // The index may be a moment behind a deletion.
  const present = hits.filter((hit) => rows.get(hit.messageId)?.deletedAt === null);
  const found = present.map((hit) => rows.get(hit.messageId) as MessageRow);
  const conversations = await findConversations(deps.db, [...new Set(present.map((hit) => hit.conversationId))]);
  const [messages, summaries, snippets] = await Promise.all([
    deps.messages.present(found, caller.userId),
    deps.conversations.summarise(conversations, caller),
    snippetsOf(deps.db, found, plan),
  ]);
  const summaryOf = new Map(summaries.map((summary) => [summary.id, summary]));
  return present.flatMap(({ conversationId, rank }, index) => {
    const [message, conversation, snippet] = [messages[index], summaryOf.get(conversationId), snippets[index]];
    return message && conversation && snippet !== undefined ? [{ message, conversation, rank, snippet }] : [];
  });
}

async function snippetsOf(db: Reader, rows: readonly MessageRow[], { marks }: SearchPlan): Promise<string[]> {
  const texts = rows.map((row) => searchedText(row));
  const words = [...new Set([...marks.words, ...texts.flatMap((text) => wordsOf(foldText(text)))])].slice(
    0,
    MAX_STEMMED,
  );
  const stems = marks.words.length > 0 ? await stemWords(db, words) : new Map<string, string>();
  const asked = new Set(marks.words);
  const askedStems = new Set(marks.words.flatMap((word) => stems.get(word) ?? []));
  const isFound = (word: string): boolean =>
    asked.has(word) ||
    askedStems.has(stems.get(word) ?? "") ||
    marks.beginnings.some((beginning) => word.startsWith(beginning));
  return texts.map((text) => snippetOf(text, { isFound, parts: marks.parts }));
}

/** What the index has of a message, as it is written: the content, then the names of its files. */
function searchedText(row: MessageRow): string {
  const names = [row.metadata?.["name"], ...(row.attachments ?? []).map((attachment) => attachment["name"])];
  return [row.content, ...names.filter((name) => typeof name === "string")].filter((text) => text !== "").join("\n");
}
