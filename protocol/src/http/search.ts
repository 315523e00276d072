import { COMMON_ERRORS, endpoint } from "../endpoint.ts";
import { searchQuery, searchResult } from "../search.ts";
import * as examples from "./examples.ts";

export const searchEndpoints = {
  searchMessages: endpoint({
    id: "searchMessages",
    method: "GET",
    path: "/v1/search/messages",
    summary: "Search messages",
    description:
      "Finds word forms, parts of words and text in any script, in what the caller may read. Best matches first; a message is found at most 1 s after it was sent.",
    tag: "Search",
    access: "user",
    query: searchQuery,
    responses: { 200: searchResult },
    errors: [...COMMON_ERRORS, "not_found"],
    example: {
      query: { q: "launching", kind: "group" },
      response: {
        items: [
          {
            message: examples.message,
            conversation: { id: examples.IDS.conversation, kind: "group", title: "Launch", space_id: null, slug: null },
            rank: 0.61,
            snippet: "We <mark>launch</mark> on Friday, @grace",
          },
        ],
        total: 1,
        next_cursor: null,
      },
    },
  }),
} as const;
