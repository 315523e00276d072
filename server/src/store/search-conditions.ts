import type { SearchHas } from "@parley/protocol";
import type { UserId } from "../domain/ids.ts";
import type { SearchPlan, TermCondition } from "../domain/search.ts";
import type { Parameters } from "./search-parameters.ts";
import { isInSight, type SearchScope, type SearchSight } from "./search-sight.ts";

/** Which messages are searched, and for what. */
export interface SearchFilter extends SearchScope {
  /** Where it is unindexed, only the latest messages are looked through. */
  readonly plan: SearchPlan;
  readonly senderId: UserId | undefined;
  readonly before: Date | undefined;
  readonly after: Date | undefined;
  readonly has: SearchHas | undefined;
}

/** What must hold of a row `s` of `message_search`, apart from its text: that it is in sight, and the filters. */
export function narrowedTo(search: SearchFilter, sight: SearchSight, parameters: Parameters): string {
  return [
    isInSight(sight, search, parameters),
    ...(search.senderId ? [`s.sender_id = ${parameters(search.senderId)}`] : []),
    ...(search.before ? [`s.created_at < ${parameters(search.before)}`] : []),
    ...(search.after ? [`s.created_at > ${parameters(search.after)}`] : []),
    ...(search.has ? [`EXISTS (SELECT FROM messages m WHERE m.id = s.message_id AND ${HAS[search.has]})`] : []),
  ].join(" AND ");
}

/** What must hold of the text of a row `s`. By words alone it is cheaper, and leaves out what has a term only within a word. */
export function matchingTo(plan: SearchPlan, by: "words" | "words and parts", parameters: Parameters): string {
  return plan.alternatives
    .map((terms) => terms.map((term) => conditionOf(term, by, parameters)).join(" AND "))
    .join(" OR ");
}

const HAS: Readonly<Record<SearchHas, string>> = {
  attachment: "(jsonb_array_length(m.attachments) > 0 OR m.content_type IN ('image', 'file', 'audio', 'video'))",
  link: "m.content ~* 'https?://[^[:space:]]'",
  reaction: "m.reaction_count > 0",
  pin: "m.pinned_at IS NOT NULL",
  thread: "m.reply_count > 0",
};

function conditionOf(term: TermCondition, by: "words" | "words and parts", parameters: Parameters): string {
  const all = [
    ...term.queries.map((query) => `s.words @@ ${parameters(query)}::tsquery`),
    ...(term.contains === undefined ? [] : [`s.body LIKE ${parameters(containing(term.contains))}`]),
  ].join(" AND ");
  const condition =
    term.orContains === undefined || by === "words"
      ? `(${all})`
      : `((${all}) OR s.body LIKE ${parameters(containing(term.orContains))})`;
  return term.isNegated ? `NOT (${condition})` : condition;
}

/** A pattern that finds the text as it is: what LIKE would read as a wildcard is escaped. */
export function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/gu, String.raw`\$&`)}%`;
}
