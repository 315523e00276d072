import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { changeRoutes } from "../src/adapters/http/changes.ts";
import { markRoutes } from "../src/adapters/http/marks.ts";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId } from "../src/domain/ids.ts";
import { startCore, type CoreServices } from "./harness/core-services.ts";
import { useTestDatabase } from "./harness/database.ts";
import { serviceToken, startHttp, tokenFor, type Asked, type HttpHarness } from "./harness/http.ts";
import { makeConversation, makeUser, run } from "./harness/rows.ts";

/** Marks and changes over HTTP; every answer is compared with its definition on the way out. */
const store = useTestDatabase();
let core: CoreServices;
let http: HttpHarness;
let ada: Caller;
let bob: Caller;
let eve: Caller;
let tokens: Map<Caller, string>;
let id: ConversationId;

beforeAll(async () => {
  core = startCore(store.database);
  const { marks, statuses, changes, everywhere } = core;
  http = await startHttp(store.database, {
    routes: [...markRoutes({ marks, statuses }), ...changeRoutes({ changes, everywhere })],
  });
});
afterAll(async () => {
  await http.close();
  await core.close();
});

beforeEach(async () => {
  [ada, bob, eve] = await Promise.all([makeUser(store.database), makeUser(store.database), makeUser(store.database)]);
  tokens = new Map();
  for (const caller of [ada, bob, eve]) {
    await run(store.database, "UPDATE users SET external_id = id::text WHERE id = $1", [caller.userId]);
    tokens.set(caller, await tokenFor(caller.userId));
  }
  id = await makeConversation(store.database, { members: [ada, bob] });
});

async function ask(caller: Caller, method: string, path: string, body?: unknown) {
  const asked: Asked = { token: tokens.get(caller) ?? "", ...(body === undefined ? {} : { body }) };
  const answer = await http.ask(method, `/v1${path}`, asked);
  return { status: answer.status, body: answer.body };
}

describe("marks", () => {
  test("are moved with and without a body, to a seq or a message", async () => {
    const [first, second] = [await core.say(ada, id), await core.say(ada, id)];
    expect(await ask(bob, "POST", `/conversations/${id}/delivered`)).toEqual({
      status: 200,
      body: { last_delivered_seq: second.seq, updated_count: 2 },
    });
    expect(await ask(bob, "POST", `/conversations/${id}/read`, { message_id: first.id })).toEqual({
      status: 200,
      body: { last_read_seq: first.seq, unread_count: 1, updated_count: 1 },
    });
    expect(await ask(bob, "POST", `/conversations/${id}/read`, { seq: 99 })).toMatchObject({
      status: 200,
      body: { unread_count: 0 },
    });
    expect(await ask(bob, "POST", `/conversations/${id}/read`)).toMatchObject({
      status: 200,
      body: { updated_count: 0 },
    });
    const { body } = await ask(ada, "GET", `/conversations/${id}/messages/${first.id}/status`);
    expect(body).toMatchObject({ items: [{ user_id: bob.userId, status: "read" }], next_cursor: null });
    expect((await ask(ada, "GET", `/conversations/${id}/read-status?limit=1`)).body).toMatchObject({
      items: [{}],
      next_cursor: expect.any(String),
    });
  });

  test("are refused with the field that is wrong, and to who may not", async () => {
    await core.say(ada, id);
    const read = (caller: Caller, body: unknown) => ask(caller, "POST", `/conversations/${id}/read`, body);
    for (const body of [
      { seq: -1 },
      { seq: 1.5 },
      { seq: "1" },
      { seq: 1, message_id: id },
      { message_id: "x" },
      { other: 1 },
      [],
    ]) {
      expect(await read(bob, body)).toMatchObject({ status: 400, body: { code: "validation_failed" } });
    }
    expect(await read(eve, {})).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect(await ask(bob, "GET", `/conversations/${id}/read-status?cursor=nonsense`)).toMatchObject({ status: 400 });
    expect(await http.refused("POST", `/v1/conversations/${id}/read`)).toMatchObject({ status: 401 });
  });

  test("of many conversations are for staff and the host's backend", async () => {
    const support = await core.conversations.supportOf(eve);
    await core.say(eve, support);
    const body = { conversation_ids: [support] };
    expect(await ask(bob, "POST", "/conversations/read", body)).toMatchObject({
      status: 403,
      body: { code: "permission_denied" },
    });
    const answer = await http.ask("POST", "/v1/conversations/read", { token: await serviceToken(), body });
    expect(answer).toMatchObject({
      status: 200,
      body: { updated_count: 1, items: [{ conversation_id: support, unread_count: 0 }] },
    });
  });
});

describe("changes", () => {
  test("of a conversation come after a version, in pages", async () => {
    await core.say(ada, id, { content: "one" });
    await core.say(ada, id, { content: "two" });
    const path = `/conversations/${id}/changes`;
    const first = await ask(bob, "GET", `${path}?after=1&limit=1`);
    expect(first).toMatchObject({
      status: 200,
      body: { through: 2, head: 3, has_more: true, reset: false, changes: [{ version: 2, type: "message" }] },
    });
    expect((await ask(bob, "GET", `${path}?after=2&epoch=${String(first.body["epoch"])}`)).body).toMatchObject({
      through: 3,
      has_more: false,
    });
    expect((await ask(bob, "GET", `${path}?after=2&epoch=other`)).body).toMatchObject({ reset: true, through: 3 });
    expect((await ask(bob, "GET", path)).body).toMatchObject({ after: 0, through: 3 });
    for (const query of ["after=-1", "after=x", "limit=0", "limit=101", "epoch=%20"]) {
      expect(await ask(bob, "GET", `${path}?${query}`)).toMatchObject({
        status: 400,
        body: { code: "validation_failed" },
      });
    }
    expect(await ask(eve, "GET", path)).toMatchObject({ status: 404 });
  });

  test("of all one's conversations come after a cursor", async () => {
    const start = await ask(bob, "GET", "/changes");
    expect(start).toMatchObject({
      status: 200,
      body: { after: null, has_more: false, reset: false, reset_conversations: [] },
    });
    await core.say(ada, id, { content: "news" });
    const since = await ask(bob, "GET", `/changes?after=${String(start.body["through"])}`);
    expect(since).toMatchObject({
      status: 200,
      body: { changes: [{ conversation_id: id, type: "message", data: { content: "news" } }] },
    });
    expect(await ask(bob, "GET", "/changes?after=nonsense")).toMatchObject({
      status: 400,
      body: { code: "validation_failed" },
    });
    expect(await ask(eve, "GET", `/changes?after=${String(start.body["through"])}`)).toMatchObject({ status: 400 });
  });
});
