import { endpoints, type Conversation, type Page, type Problem, type Space } from "@parley/protocol";
import { fastify, type FastifyInstance } from "fastify";
import { pino } from "pino";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { auditRoutes } from "../src/adapters/http/audit.ts";
import { conversationRoutes } from "../src/adapters/http/conversations.ts";
import { createErrorAnswer } from "../src/adapters/http/errors.ts";
import { serveRoutes, type Route } from "../src/adapters/http/pipeline.ts";
import { spaceRoutes } from "../src/adapters/http/spaces.ts";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId } from "../src/domain/ids.ts";
import { setMemberSettings } from "../src/store/member-settings.ts";
import { startConversations, type ConversationServices } from "./harness/conversations.ts";
import { useTestDatabase } from "./harness/database.ts";
import type { Answered } from "./harness/http.ts";
import { HOST, makeUser, run } from "./harness/rows.ts";

/** Every route of conversations, spaces and audit over HTTP; each answer is compared with the endpoint's definition on the way out. */
const store = useTestDatabase();
const callers = new Map<string, Caller>([["host", HOST]]);
let services: ConversationServices;
let app: FastifyInstance;
let routes: Route[];
let ada: Caller;
let grace: Caller;
let staff: Caller;

beforeAll(async () => {
  services = startConversations(store.database);
  app = fastify();
  app.setErrorHandler(createErrorAnswer({ logger: pino({ level: "silent" }), isUnavailable: () => false }));
  routes = [...conversationRoutes(services), ...spaceRoutes(services), ...auditRoutes(services)];
  serveRoutes(app, routes, {
    authenticate: async ({ token = "" }) => {
      const caller = callers.get(token);
      if (!caller) throw new Error("the test knows no such token");
      return { caller, expiresAt: null, tokenKind: "user", tokenId: null };
    },
    limits: { admitRequest: () => undefined },
    checkResponses: true,
  });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await services[Symbol.asyncDispose]();
});

beforeEach(async () => {
  [ada, grace] = [await makeUser(store.database), await makeUser(store.database)];
  staff = await makeUser(store.database, { isStaff: true });
  for (const caller of [ada, grace, staff]) callers.set(caller.userId, caller);
  await run(store.database, "UPDATE users SET contact_policy = 'everyone' WHERE kind = 'human'");
});

async function ask<T = unknown>(
  caller: Caller,
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
): Promise<Pick<Answered<T>, "status" | "body">> {
  const token = caller === HOST ? "host" : caller.userId;
  const response = await app.inject({
    method,
    url: `/v1${path}`,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { payload: body as object }),
  });
  return { status: response.statusCode, body: (response.body === "" ? undefined : response.json()) as T };
}

test("every endpoint of these subjects has a route", () => {
  const wanted = Object.values(endpoints).filter(({ tag }) => ["Conversations", "Spaces", "Audit"].includes(tag));
  expect(routes.map(({ endpoint }) => endpoint.id).toSorted()).toEqual(wanted.map(({ id }) => id).toSorted());
});

test("a conversation is made (201, then 200), listed, changed, archived, deleted and restored", async () => {
  const input = { kind: "direct", member_ids: [grace.userId], initial_message: { content: "hi" } };
  const made = await ask<Conversation>(ada, "POST", "/conversations", input);
  expect(made).toMatchObject({ status: 201, body: { last_message: { content: "hi" }, peer: { id: grace.userId } } });
  expect(await ask(ada, "POST", "/conversations", { ...input, initial_message: undefined })).toMatchObject({
    status: 200,
    body: { id: made.body.id },
  });
  const group = await ask<Conversation>(ada, "POST", "/conversations", {
    kind: "group",
    title: "Launch",
    member_ids: [grace.userId],
  });
  const path = `/conversations/${group.body.id}`;
  const first = await ask<Page<Conversation>>(ada, "GET", "/conversations?limit=1&kind=group");
  expect(first.body.items).toHaveLength(1);
  const all = await ask<Page<Conversation>>(ada, "GET", "/conversations?limit=1");
  const rest = await ask<Page<Conversation>>(ada, "GET", `/conversations?cursor=${all.body.next_cursor ?? ""}`);
  expect([...all.body.items, ...rest.body.items].map(({ id }) => id).toSorted()).toEqual(
    [made.body.id, group.body.id].toSorted(),
  );
  expect(await ask(ada, "PATCH", path, { title: "Lift-off" })).toMatchObject({
    status: 200,
    body: { title: "Lift-off" },
  });
  expect(await ask(ada, "PUT", path, { settings: { slow_mode_seconds: 1 } })).toMatchObject({
    status: 200,
    body: { title: "Lift-off", settings: { slow_mode_seconds: 1 } },
  });
  expect(await ask(grace, "PATCH", `${path}/archive`, { archived: true })).toMatchObject({ status: 200 });
  expect((await ask(grace, "DELETE", path)).status).toBe(403);
  expect(await ask(ada, "DELETE", path)).toEqual({ status: 204, body: undefined });
  expect((await ask(grace, "GET", path)).status).toBe(404);
  expect((await ask(ada, "POST", `${path}/restore`)).status).toBe(403);
  expect(await ask(staff, "POST", `${path}/restore`)).toMatchObject({ status: 200, body: { id: group.body.id } });
  expect((await ask(grace, "GET", path)).status).toBe(200);
});

test("a space is made, filled, changed and deleted", async () => {
  const made = await ask<Space>(ada, "POST", "/spaces", { name: "Engines", slug: `e${uuidv7()}` });
  expect(made.status).toBe(201);
  const path = `/spaces/${made.body.id}`;
  expect(await ask(ada, "POST", `${path}/members`, { user_id: grace.userId })).toMatchObject({ status: 201 });
  expect(await ask(ada, "POST", `${path}/members`, { user_ids: [grace.userId] })).toMatchObject({ status: 200 });
  expect(await ask(grace, "GET", `${path}/members?limit=1`)).toMatchObject({
    status: 200,
    body: { items: [{ user_id: ada.userId, role: "owner" }] },
  });
  const channel = { kind: "channel", slug: "launch", visibility: "public", space_id: made.body.id };
  expect((await ask(grace, "POST", "/conversations", channel)).status).toBe(403);
  expect((await ask(ada, "POST", "/conversations", channel)).status).toBe(201);
  expect((await ask(ada, "POST", "/conversations", channel)).status).toBe(409);
  expect(await ask(grace, "GET", `${path}/conversations`)).toMatchObject({
    status: 200,
    body: { items: [{ slug: "launch", unread_count: null }] },
  });
  expect(await ask(ada, "PATCH", path, { description: "Difference" })).toMatchObject({
    body: { description: "Difference" },
  });
  expect((await ask<Page<Space>>(grace, "GET", "/spaces")).body.items).toHaveLength(1);
  expect(await ask(grace, "DELETE", `${path}/members/${grace.userId}`)).toEqual({ status: 204, body: undefined });
  expect((await ask(grace, "GET", path)).status).toBe(404);
  expect(await ask(ada, "DELETE", path)).toEqual({ status: 204, body: undefined });
});

test("the audit log is read by staff and the host alone", async () => {
  const { body } = await ask<Conversation>(ada, "POST", "/conversations", { kind: "channel", title: "x" });
  await ask(ada, "PATCH", `/conversations/${body.id}`, { title: "y" });
  for (const caller of [staff, HOST]) {
    expect(await ask(caller, "GET", `/audit?conversation_id=${body.id}`)).toMatchObject({
      status: 200,
      body: {
        items: [{ action: "conversation.updated", actor_id: ada.userId, data: { title: { from: "x", to: "y" } } }],
      },
    });
  }
  expect(await ask<Problem>(ada, "GET", "/audit")).toMatchObject({ status: 403, body: { code: "permission_denied" } });
  expect((await ask(staff, "GET", "/audit?cursor=nonsense")).status).toBe(400);
});

test("a view tells what one has set for oneself: muted, what notifies, hidden", async () => {
  const made = await ask<Conversation>(ada, "POST", "/conversations", { kind: "direct", member_ids: [grace.userId] });
  const path = `/conversations/${made.body.id}`;
  expect(made.body).toMatchObject({ muted_until: null, notification_level: "all" });
  const muted_until = "2100-01-01T00:00:00.000Z";
  await store.database.transaction((tx) =>
    setMemberSettings(tx, made.body.id as ConversationId, ada.userId, {
      mutedUntil: new Date(muted_until),
      notificationLevel: "mentions",
    }),
  );
  const own = { muted_until, notification_level: "mentions" };
  expect(await ask(ada, "GET", path)).toMatchObject({ body: own });
  expect((await ask<Page<Conversation>>(ada, "GET", "/conversations")).body.items).toEqual([
    expect.objectContaining(own),
  ]);
  expect(await ask(grace, "GET", path)).toMatchObject({ body: { muted_until: null, notification_level: "all" } });
  await ask(ada, "DELETE", path);
  expect(await ask(ada, "GET", path)).toMatchObject({ body: { ...own, hidden: true } });
  expect((await ask<Conversation>(grace, "GET", path)).body.hidden).toBe(false);
});
