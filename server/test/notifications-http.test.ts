import { afterAll, beforeAll, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import { notificationRoutes } from "../src/adapters/http/notifications.ts";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId } from "../src/domain/ids.ts";
import { useTestDatabase } from "./harness/database.ts";
import { startMessages, type MessageServices } from "./harness/messages.ts";
import { startNotifications } from "./harness/notifying.ts";
import { makeConversation, makeUser } from "./harness/rows.ts";
import { serve, type RouteServer } from "./harness/serve-routes.ts";

const store = useTestDatabase();
let messages: MessageServices;
let notifications: ReturnType<typeof startNotifications>;
let server: RouteServer;
let ada: Caller;
let bob: Caller;
let id: ConversationId;

beforeAll(async () => {
  messages = startMessages(store.database);
  notifications = startNotifications(store.database);
  const { service, preferences } = notifications;
  server = await serve(notificationRoutes({ notifications: service, notificationPreferences: preferences }));
  [ada, bob] = await Promise.all([makeUser(store.database), makeUser(store.database)]);
  id = await makeConversation(store.database, { kind: "direct", members: [ada, bob] });
  for (const content of ["one", "two", "three"]) await messages.say(ada, id, content);
  await notifications.follower.idle();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await notifications[Symbol.asyncDispose]();
  await messages.close();
});

test("GET /notifications lists in pages, POST /notifications/read marks", async () => {
  const first = await server.call(bob, "listNotifications", { query: { limit: "2" } });
  expect(first).toMatchObject({
    status: 200,
    body: { items: [{ data: { preview: "three" } }, { data: { preview: "two" } }] },
  });
  const [{ id: latest } = { id: "" }] = first.body["items"] as { id: string }[];
  const rest = await server.call(bob, "listNotifications", {
    query: { limit: "2", cursor: String(first.body["next_cursor"]) },
  });
  expect(rest.body).toMatchObject({ items: [{ data: { preview: "one" } }], next_cursor: null });
  const read = await server.call(bob, "readNotifications", { body: { notification_ids: [latest] } });
  expect(read).toEqual({ status: 200, body: { updated_count: 1, unread_count: 2 } });
  const unread = await server.call(bob, "listNotifications", { query: { unread: "true" } });
  expect(unread.body).toMatchObject({ items: [{ data: { preview: "two" } }, { data: { preview: "one" } }] });
  expect((await server.call(bob, "readNotifications")).body).toEqual({ updated_count: 2, unread_count: 0 });
  expect((await server.call(bob, "readNotifications", { body: { conversation_id: id } })).body).toMatchObject({
    updated_count: 0,
  });
  expect((await server.call(bob, "listNotifications", { query: { unread: "yes" } })).status).toBe(400);
  expect((await server.call(bob, "readNotifications", { body: { notification_ids: [] } })).status).toBe(400);
});

test("PUT /notifications/preferences sets, GET answers what was set", async () => {
  const preference = { conversation_id: id, type: "direct_messages", channel: "in_app", enabled: false };
  expect(await server.call(bob, "getNotificationPreferences")).toEqual({ status: 200, body: { preferences: [] } });
  const set = await server.call(bob, "setNotificationPreferences", { body: { preferences: [preference] } });
  expect(set).toEqual({ status: 200, body: { preferences: [preference] } });
  expect((await server.call(bob, "getNotificationPreferences")).body).toEqual({ preferences: [preference] });
  const refused = async (changed: object) =>
    (await server.call(bob, "setNotificationPreferences", { body: { preferences: [{ ...preference, ...changed }] } }))
      .status;
  expect(await refused({ type: "everything" })).toBe(400);
  expect(await refused({ channel: "pigeon" })).toBe(400);
  expect(await refused({ enabled: "no" })).toBe(400);
  expect(await refused({ conversation_id: uuidv7() })).toBe(404);
});
