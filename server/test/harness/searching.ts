import { searchQuery, type SearchHit, type SearchResult } from "@parley/protocol";
import { expect } from "vitest";
import type * as z from "zod";
import type { Caller } from "../../src/domain/caller.ts";
import { runFollower } from "../../src/followers/follower.ts";
import { searchFollower } from "../../src/followers/search.ts";
import { createConversationPresenter } from "../../src/services/conversations/present-conversations.ts";
import { createMessagePresenter } from "../../src/services/messages/present-messages.ts";
import { createSearch } from "../../src/services/search.ts";
import { createUserCache } from "../../src/services/user-cache.ts";
import { createUserSummaries } from "../../src/services/user-summaries.ts";
import type { Database } from "../../src/store/database.ts";

/** What is only given where it is needed: the text alone is a search. */
type Asked = string | z.input<typeof searchQuery>;

/** The search service and its follower. Dispose of it in the end. */
export function startSearch(database: Database) {
  const troubles: unknown[] = [];
  const follower = runFollower(
    { database, paceMs: 0, onTrouble: (error) => void troubles.push(error) },
    searchFollower,
  );
  const users = createUserCache({ db: database });
  const messages = createMessagePresenter({ db: database, summaries: createUserSummaries(users) });
  const marks = { pending: () => undefined };
  const conversations = createConversationPresenter({ db: database, messages, users, marks });
  const service = createSearch({ db: database, messages, conversations });

  async function search(caller: Caller, asked: Asked): Promise<SearchResult> {
    await follower.idle();
    return await service.searchMessages(caller, searchQuery.parse(typeof asked === "string" ? { q: asked } : asked));
  }
  return {
    service,
    follower,
    /** Searches once everything committed before is in the index. */
    search,
    /** What was found, the best first. */
    async contents(caller: Caller, asked: Asked): Promise<string[]> {
      return (await search(caller, asked)).items.map(({ message }) => message.content);
    },
    async snippets(caller: Caller, asked: Asked): Promise<string[]> {
      return (await search(caller, asked)).items.map(({ snippet }: SearchHit) => snippet);
    },
    async [Symbol.asyncDispose]() {
      await follower[Symbol.asyncDispose]();
      expect(troubles).toEqual([]);
    },
  };
}
