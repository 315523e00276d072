import * as z from "zod";
import { conversationKind, conversationSummary } from "./conversation.ts";
import { message } from "./message.ts";
import { count, pageFields, searchText, timestampInput, uuid } from "./primitives.ts";

export const SEARCH_HAS = ["attachment", "link", "reaction", "pin", "thread"] as const;
export const searchHas = z.enum(SEARCH_HAS);
export type SearchHas = z.infer<typeof searchHas>;

export const searchQuery = z.object({
  q: searchText,
  conversation_id: z.exactOptional(uuid),
  sender_id: z.exactOptional(uuid),
  kind: z.exactOptional(conversationKind).meta({ description: "Only in conversations of this kind" }),
  before: z.exactOptional(timestampInput),
  after: z.exactOptional(timestampInput),
  has: z.exactOptional(searchHas).meta({ description: "Only messages that have one" }),
  ...pageFields,
});
export type SearchQuery = z.infer<typeof searchQuery>;

export const searchHit = z
  .object({
    message,
    conversation: conversationSummary,
    rank: z.number(),
    snippet: z.string().meta({ description: "HTML-escaped, with the found words in <mark>" }),
  })
  .meta({ id: "SearchHit" });
export type SearchHit = z.infer<typeof searchHit>;

export const searchResult = z
  .object({ items: z.array(searchHit), total: count, next_cursor: z.string().nullable() })
  .meta({ id: "SearchResult" });
export type SearchResult = z.infer<typeof searchResult>;
