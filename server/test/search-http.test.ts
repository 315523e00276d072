import { afterAll, beforeAll, expect, test } from "vitest";
import { searchRoutes } from "../src/adapters/http/search.ts";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId } from "../src/domain/ids.ts";
import { useTestDatabase } from "./harness/database.ts";
import { startMessages, type MessageServices } from "./harness/messages.ts";
import { makeConversation, makeUser } from "./harness/rows.ts";
import { startSearch } from "./harness/searching.ts";
import { serve, type RouteServer } from "./harness/serve-routes.ts";

const store = useTestDatabase();
let messages: MessageServices;
let searching: ReturnType<typeof startSearch>;
let server: RouteServer;
let ada: Caller;
let bob: Caller;
let id: ConversationId;

beforeAll(async () => {
  messages = startMessages(store.database);
  searching = startSearch(store.database);
  server = await serve(searchRoutes({ search: searching.service }));
  [ada, bob] = await Promise.all([makeUser(store.database), makeUser(store.database)]);
  id = await makeConversation(store.database, { members: [ada, bob] });
  for (const content of ["A first message", "A second <b>message</b>", "Something else"])
    await messages.say(ada, id, content);
  await searching.follower.idle();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await searching[Symbol.asyncDispose]();
  await messages.close();
});

const search = (who: Caller, query: Record<string, string>) => server.call(who, "searchMessages", { query });

test("GET /search/messages answers hits with message, conversation, rank and snippet", async () => {
  const { status, body } = await search(bob, { q: "messages", conversation_id: id, limit: "1" });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    items: [{ message: { content: "A second <b>message</b>" }, conversation: { id, kind: "group", title: "Group" } }],
    total: 2,
  });
  expect((body["items"] as { snippet: string }[])[0]?.snippet).toBe("A second &lt;b&gt;<mark>message</mark>&lt;/b&gt;");
  const next = await search(bob, {
    q: "messages",
    conversation_id: id,
    limit: "1",
    cursor: String(body["next_cursor"]),
  });
  expect(next.body).toMatchObject({
    items: [{ message: { content: "A first message" } }],
    total: 2,
    next_cursor: null,
  });
});

test("GET /search/messages refuses what is not as documented, and conversations that one cannot see", async () => {
  const refused = async (query: Record<string, string>) => (await search(bob, query)).status;
  expect(await refused({})).toBe(400);
  expect(await refused({ q: "" })).toBe(400);
  expect(await refused({ q: "   " })).toBe(400);
  expect(await refused({ q: "x".repeat(257) })).toBe(400);
  expect(await refused({ q: "a\0b" })).toBe(400);
  expect(await refused({ q: "x", has: "everything" })).toBe(400);
  expect(await refused({ q: "x", before: "yesterday" })).toBe(400);
  expect(await refused({ q: "x", conversation_id: "1" })).toBe(400);
  expect(await refused({ q: "x", cursor: "!" })).toBe(400);
  expect(await refused({ q: "x", cursor: "abc" })).toBe(400);
  expect((await search(await makeUser(store.database), { q: "x", conversation_id: id })).status).toBe(404);
});
