import { afterAll, beforeAll, expect, test } from "vitest";
import type { Caller } from "../src/domain/caller.ts";
import { useTestDatabase } from "./harness/database.ts";
import { makeConversation, makeUser, run } from "./harness/rows.ts";
import { startSearch } from "./harness/searching.ts";

const store = useTestDatabase();
let searching: ReturnType<typeof startSearch>;
let ada: Caller;
let stranger: Caller;

/** One a minute, the latest last: every third says "often", every tenth "bookoften", the very first "once" and one of the last "seldom". */
const MESSAGES = 8_000;

beforeAll(async () => {
  searching = startSearch(store.database);
  [ada, stranger] = await Promise.all([makeUser(store.database), makeUser(store.database)]);
  const id = await makeConversation(store.database, { members: [ada] });
  await run(
    store.database,
    `WITH given AS MATERIALIZED (
       SELECT n, gen_random_uuid() AS id, now() - interval '30 days' + make_interval(mins => n) AS at, concat_ws(' ', 'message', n,
         CASE WHEN n % 3 = 0 THEN 'often' END, CASE WHEN n % 10 = 0 THEN 'bookoften' END, CASE WHEN n = 1 THEN 'once' END,
         CASE WHEN n IN (2, $3 - 1) THEN 'seldom' END, CASE WHEN n IN (3, $3 - 2) THEN 'unseldomly' END) AS body
       FROM generate_series(1, $3::integer) n
     ), message AS (
       INSERT INTO messages (conversation_id, seq, ordinal, version, id, sender_id, content_type, content, fingerprint, created_at)
       SELECT $1, n + 1, n, n + 1, id, $2, 'text', body, '\\x00', at FROM given
     )
     INSERT INTO message_search (message_id, conversation_id, seq, sender_id, created_at, body, words)
     SELECT id, $1, n + 1, $2, at, body, search_words(body) FROM given`,
    [id, ada.userId, MESSAGES],
  );
});
afterAll(async () => {
  await searching[Symbol.asyncDispose]();
});

test("of what many messages say, the latest are ranked and come page by page, each once", async () => {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await searching.service.searchMessages(ada, { q: "often", limit: 100, ...(cursor ? { cursor } : {}) });
    expect(page.total).toBe(1_000);
    seen.push(...page.items.map(({ message }) => message.content ?? ""));
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  expect(seen).toHaveLength(1_000);
  expect(new Set(seen).size).toBe(1_000);
  const numbers = seen.map((content) => Number(content.split(" ")[1]));
  expect(numbers.every((number) => number % 3 === 0)).toBe(true);
  // Every third, and no older one than a thousand of them go back.
  expect(Math.min(...numbers)).toBe(Math.max(...numbers) - 999 * 3);
});

test("what only old messages say is found", async () => {
  expect(await searching.contents(ada, "once")).toEqual(["message 1 once"]);
});

test("what few messages say is found however old it is, and also within words", async () => {
  const found = await searching.contents(ada, "seldom");
  expect(found.map((content) => Number(content.split(" ")[1])).toSorted((a, b) => a - b)).toEqual([2, 3, 7_998, 7_999]);
});

test("filters narrow what counts as many", async () => {
  const before = new Date(Date.now() - 30 * 86_400_000 + 100 * 60_000).toISOString();
  const page = await searching.service.searchMessages(ada, { q: "often", limit: 100, before });
  const numbers = page.items.map(({ message }) => Number((message.content ?? "").split(" ")[1]));
  expect(numbers.length).toBe(page.total);
  expect(numbers.toSorted((a, b) => a - b).slice(0, 5)).toEqual([3, 6, 9, 10, 12]);
});

test("nobody finds what they may not read", async () => {
  expect((await searching.service.searchMessages(stranger, { q: "often", limit: 5 })).total).toBe(0);
});
