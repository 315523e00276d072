import type { EndpointId } from "@parley/protocol";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId } from "../src/domain/ids.ts";
import { useTestDatabase } from "./harness/database.ts";
import {
  serveMessages,
  startMessages,
  type Call,
  type MessageServer,
  type MessageServices,
} from "./harness/messages.ts";
import { makeConversation, makeUser } from "./harness/rows.ts";

/** Every route of messages over HTTP; each answer is compared with the endpoint's definition on the way out. */
const store = useTestDatabase();
let services: MessageServices;
let server: MessageServer;
let ada: Caller;
let bob: Caller;
let group: ConversationId;

beforeAll(async () => {
  services = startMessages(store.database);
  server = await serveMessages(services);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await services.close();
});
beforeEach(async () => {
  [ada, bob] = await Promise.all([makeUser(store.database), makeUser(store.database)]);
  group = await makeConversation(store.database, { members: [{ who: ada, role: "owner" }, bob] });
});

const call = (id: EndpointId, given: Call = {}, who = ada) =>
  server.call(who, id, { ...given, params: { conversation_id: group, ...given.params } });
const send = (body: unknown, headers: Record<string, string> = {}, who = ada) =>
  call("sendMessage", { body, headers }, who);
const statusOf = async (...args: Parameters<typeof call>) => (await call(...args)).status;

describe("sending", () => {
  test("is 201 with the message, 200 with `duplicate` when it is there, 202 when it is for later", async () => {
    const id = uuidv7();
    const first = await send({ id, content: "hi" });
    expect(first).toMatchObject({ status: 201, body: { id, content: "hi", content_type: "text", seq: 2, ordinal: 1 } });
    expect(first.body).not.toHaveProperty("duplicate");
    expect(await send({ id, content: "hi" })).toMatchObject({ status: 200, body: { id, duplicate: true } });
    expect(await send({ id, content: "ho" })).toMatchObject({ status: 409, body: { code: "conflict" } });
    const later = await send({ content: "hi", send_at: new Date(Date.now() + 60_000).toISOString() });
    expect(later).toMatchObject({ status: 202, body: { scheduled: { status: "pending" } } });
  });

  test("takes the id from Idempotency-Key, which must be the same where both are given", async () => {
    const key = uuidv7();
    expect(await send({ content: "hi" }, { "idempotency-key": key })).toMatchObject({ status: 201, body: { id: key } });
    expect(await send({ content: "hi" }, { "idempotency-key": key.toUpperCase() })).toMatchObject({
      status: 200,
      body: { duplicate: true },
    });
    expect(await send({ id: key, content: "hi" }, { "idempotency-key": key })).toMatchObject({ status: 200 });
    const different = await send({ id: uuidv7(), content: "hi" }, { "idempotency-key": key });
    expect(different).toMatchObject({
      status: 400,
      body: { code: "validation_failed", errors: [{ path: "headers.idempotency-key" }] },
    });
    expect(await send({ content: "hi" }, { "idempotency-key": "once" })).toMatchObject({
      status: 400,
      body: { errors: [{ path: "headers.idempotency-key" }] },
    });
    expect(
      await statusOf("sendMessageTo", {
        body: { conversation_id: group, content: "hi" },
        headers: { "idempotency-key": key },
      }),
    ).toBe(200);
    expect(
      await statusOf("replyInThread", {
        params: { message_id: key },
        body: { content: "re" },
        headers: { "idempotency-key": uuidv7() },
      }),
    ).toBe(201);
  });

  test.each<[string, unknown, string]>([
    ["nothing", {}, "body.content"],
    ["an empty content", { content: "" }, "body.content"],
    ["a number for content", { content: 5 }, "body.content"],
    ["a long content", { content: "x".repeat(10_001) }, "body.content"],
    ["an unknown type", { content: "x", content_type: "dance" }, "body.content_type"],
    ["an id that is no UUID", { content: "x", id: "1" }, "body.id"],
    ["a parent that is no UUID", { content: "x", parent_id: "no" }, "body.parent_id"],
    ["a time that is none", { content: "x", send_at: "tomorrow" }, "body.send_at"],
    ["a time that is over", { content: "x", send_at: "2020-01-01T00:00:00Z" }, "body.send_at"],
    ["an unknown field", { content: "x", wrong: 1 }, "body.wrong"],
    ["metadata that is no object", { content: "x", metadata: [] }, "body.metadata"],
    ["an image that is not described", { content_type: "image", content: "x" }, "body.metadata"],
    [
      "too many attachments",
      {
        content: "x",
        attachments: Array.from({ length: 31 }, () => ({ kind: "file", name: "a", mimetype: "a/b", size: 1 })),
      },
      "body.attachments",
    ],
  ])("refuses %s, naming the place", async (_, body, path) => {
    const answer = await send(body);
    expect(answer).toMatchObject({ status: 400, body: { code: "validation_failed" } });
    expect((answer.body["errors"] as { path: string }[]).map((error) => error.path)).toContain(path);
  });

  test("counts characters, not units, and takes a content of attachments alone", async () => {
    expect(await statusOf("sendMessage", { body: { content: "🎉".repeat(10_000) } })).toBe(201);
    expect(
      await statusOf("sendMessage", { body: { attachments: [{ kind: "file", name: "a", mimetype: "a/b", size: 1 }] } }),
    ).toBe(201);
  });

  test("to a person, with a service's notice, and to support", async () => {
    expect(await statusOf("sendMessageTo", { body: { content: "help" } })).toBe(201);
    expect(await statusOf("sendMessageTo", { body: { content: "hi", recipient_id: bob.userId } })).toBe(403);
    expect(
      await statusOf("sendMessageTo", { body: { content: "hi", recipient_id: bob.userId, conversation_id: group } }),
    ).toBe(400);
    expect(await statusOf("sendMessageTo", { body: { content: "hi", recipient_id: uuidv7() } })).toBe(400);
  });
});

test("a message's life: got, edited, listed, replied to, reacted to, pinned, saved, deleted, restored", async () => {
  const { body: message } = await send({ content: "one" });
  const params = { message_id: String(message["id"]) };
  expect(await call("getMessage", { params })).toMatchObject({ status: 200, body: { content: "one" } });
  expect(await call("editMessage", { params, body: { content: "two" } })).toMatchObject({
    status: 200,
    body: { content: "two", version: 3 },
  });
  expect(await statusOf("editMessage", { params, body: { content: "x" } }, bob)).toBe(403);
  expect(await statusOf("editMessage", { params, body: {} })).toBe(400);
  expect(await call("listMessageEdits", { params })).toMatchObject({
    status: 200,
    body: { items: [{ content: "one" }], next_cursor: null },
  });
  const reply = await call("replyInThread", { params, body: { content: "re" } }, bob);
  expect(reply).toMatchObject({
    status: 201,
    body: { parent_id: params.message_id, thread: { root_id: params.message_id, reply_count: 1 } },
  });
  expect(await statusOf("replyInThread", { params, body: { content: "re", parent_id: uuidv7() } })).toBe(400);
  expect(await statusOf("replyInThread", { params: { message_id: uuidv7() }, body: { content: "re" } })).toBe(404);
  expect(await call("listThread", { params, query: { limit: "5" } })).toMatchObject({
    status: 200,
    body: { root: { id: params.message_id, reply_count: 1 }, items: [{ content: "re" }] },
  });
  expect(await call("listMessages", { query: { before: String(reply.body["id"]) } })).toMatchObject({
    status: 200,
    body: { items: [{ content: "two" }] },
  });
  expect(await call("listMessages", { query: { threads: "roots" } })).toMatchObject({
    status: 200,
    body: { items: [{ content: "two" }] },
  });
  expect(await statusOf("listMessages", { query: { before: "yesterday" } })).toBe(400);
  expect(await statusOf("listMessages", { query: { before: "3", after: "1" } })).toBe(400);
  expect(await statusOf("listMessages", { query: { limit: "101" } })).toBe(400);
  expect(await statusOf("listMessages", { query: { around: uuidv7() } })).toBe(404);
  const heart = { params, body: { reaction: "❤️" } };
  expect(await call("addReaction", heart)).toEqual({
    status: 201,
    body: { message_id: params.message_id, reaction: "❤️", user_id: ada.userId, count: 1 },
  });
  expect(await statusOf("addReaction", heart)).toBe(200);
  expect(await statusOf("addReaction", { params, body: { reaction: "not one" } })).toBe(400);
  expect(await call("listReactions", { params })).toMatchObject({
    status: 200,
    body: { items: [{ reaction: "❤️", count: 1, users: [{ user: { id: ada.userId } }] }] },
  });
  expect(await statusOf("removeReaction", { params: { ...params, reaction: "❤️" } })).toBe(204);
  expect(await statusOf("removeReaction", { params: { ...params, reaction: "❤️" } })).toBe(204);
  expect(await call("pinMessage", { params }, bob)).toMatchObject({ status: 200, body: { pinned_by: bob.userId } });
  expect(await call("listPins")).toMatchObject({
    status: 200,
    body: { items: [{ id: params.message_id }], next_cursor: null },
  });
  expect(await statusOf("unpinMessage", { params })).toBe(204);
  expect(await call("saveMessage", { params }, bob)).toMatchObject({
    status: 200,
    body: { message: { id: params.message_id } },
  });
  expect(await call("listSavedMessages", {}, bob)).toMatchObject({
    status: 200,
    body: { items: [{ message: { id: params.message_id } }] },
  });
  expect(await statusOf("unsaveMessage", { params }, bob)).toBe(204);
  expect(await statusOf("deleteMessage", { params }, bob)).toBe(403);
  expect(await statusOf("deleteMessage", { params })).toBe(204);
  expect(await statusOf("deleteMessage", { params })).toBe(204);
  expect(await statusOf("addReaction", heart)).toBe(409);
  expect(await call("editMessage", { params, body: { content: "x" } })).toMatchObject({
    status: 409,
    body: { code: "message_deleted" },
  });
  expect(await call("restoreMessage", { params })).toMatchObject({
    status: 200,
    body: { content: "two", deleted_at: null },
  });
});

test("drafts and scheduled messages", async () => {
  expect(await statusOf("getDraft")).toBe(404);
  expect(await call("putDraft", { body: { content: "dear" } })).toMatchObject({
    status: 200,
    body: { content: "dear" },
  });
  expect(await call("getDraft")).toMatchObject({ status: 200, body: { content: "dear" } });
  expect(await statusOf("putDraft", { body: { content: "" } })).toBe(400);
  expect(await statusOf("deleteDraft")).toBe(204);
  const { body } = await send({ content: "later", send_at: new Date(Date.now() + 60_000).toISOString() });
  const params = { scheduled_message_id: (body["scheduled"] as { id: string }).id };
  expect(await call("listScheduledMessages", { query: { status: "pending", conversation_id: group } })).toMatchObject({
    status: 200,
    body: { items: [{ id: params.scheduled_message_id }] },
  });
  expect(await call("getScheduledMessage", { params })).toMatchObject({ status: 200, body: { content: "later" } });
  expect(await statusOf("getScheduledMessage", { params }, bob)).toBe(404);
  expect(await call("updateScheduledMessage", { params, body: { content: "much later" } })).toMatchObject({
    status: 200,
    body: { content: "much later" },
  });
  expect(await statusOf("updateScheduledMessage", { params, body: { content: "" } })).toBe(400);
  expect(await statusOf("deleteScheduledMessage", { params })).toBe(204);
  expect(await statusOf("getScheduledMessage", { params })).toBe(404);
});

test("outsiders find nothing, whatever they ask for", async () => {
  const eve = await makeUser(store.database);
  const { body: message } = await send({ content: "one" });
  const params = { message_id: String(message["id"]), reaction: "👍" };
  const asked: [EndpointId, Call][] = [
    ["sendMessage", { body: { content: "x" } }],
    ["listMessages", {}],
    ["getMessage", { params }],
    ["editMessage", { params, body: { content: "x" } }],
    ["deleteMessage", { params }],
    ["restoreMessage", { params }],
    ["listMessageEdits", { params }],
    ["listThread", { params }],
    ["replyInThread", { params, body: { content: "x" } }],
    ["listReactions", { params }],
    ["addReaction", { params, body: { reaction: "👍" } }],
    ["removeReaction", { params }],
    ["pinMessage", { params }],
    ["unpinMessage", { params }],
    ["listPins", {}],
    ["putDraft", { body: { content: "x" } }],
    ["getDraft", {}],
    ["deleteDraft", {}],
    ["saveMessage", { params }],
  ];
  for (const [id, given] of asked) {
    const real = await call(id, given, eve);
    const unknown = await call(
      id,
      { ...given, params: { ...given.params, message_id: uuidv7(), conversation_id: uuidv7() } },
      eve,
    );
    expect([id, real.status]).toEqual([id, 404]);
    // What is hidden is answered in the very words of what is not there.
    expect({ ...real.body, request_id: "" }).toEqual({ ...unknown.body, request_id: "" });
  }
});
