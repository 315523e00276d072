import { randomUUID } from "node:crypto";
import { endpoints, type EndpointId } from "@parley/protocol";
import { fastify, type FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { contactRoutes } from "../src/adapters/http/contact.ts";
import { createErrorAnswer } from "../src/adapters/http/errors.ts";
import { memberRoutes } from "../src/adapters/http/members.ts";
import { serveRoutes } from "../src/adapters/http/pipeline.ts";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId } from "../src/domain/ids.ts";
import { useTestDatabase } from "./harness/database.ts";
import { startMembership, type MembershipServices } from "./harness/membership.ts";
import { HOST, makeConversation, makeUser, run } from "./harness/rows.ts";

/** Every route of members and contact over HTTP; each answer is compared with the endpoint's definition on the way out. */
const store = useTestDatabase();
const callers = new Map<string, Caller>([["host", HOST]]);
let services: MembershipServices;
let app: FastifyInstance;
let ada: Caller;
let bob: Caller;
let eve: Caller;
let group: ConversationId;
let channel: ConversationId;

beforeAll(async () => {
  services = startMembership(store.database);
  app = fastify();
  app.setErrorHandler(createErrorAnswer({ logger: pino({ level: "silent" }), isUnavailable: () => false }));
  serveRoutes(app, [...memberRoutes(services), ...contactRoutes(services)], {
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
  await services.committer.close();
});

beforeEach(async () => {
  [ada, bob, eve] = (await Promise.all([1, 2, 3].map(() => makeUser(store.database)))) as [Caller, Caller, Caller];
  for (const caller of [ada, bob, eve]) callers.set(caller.userId, caller);
  await run(store.database, "UPDATE users SET contact_policy = 'everyone', external_id = $2 WHERE id = $1", [
    bob.userId,
    `host-${randomUUID()}`,
  ]);
  group = await makeConversation(store.database, { members: [{ who: ada, role: "owner" }] });
  channel = await makeConversation(store.database, {
    kind: "channel",
    visibility: "public",
    members: [{ who: ada, role: "owner" }],
  });
});

interface Call {
  readonly as?: Caller;
  readonly in?: ConversationId;
  readonly user?: Caller;
  readonly body?: unknown;
  readonly query?: Record<string, string>;
}

/** The status and the body; a refusal must be one that the endpoint documents. */
async function call(id: EndpointId, { as = ada, in: conversationId = group, user = bob, body, query }: Call = {}) {
  const endpoint = endpoints[id];
  const response = await app.inject({
    method: endpoint.method,
    url: endpoint.path.replace(":conversation_id", conversationId).replace(":user_id", user.userId),
    headers: { authorization: `Bearer ${as === HOST ? "host" : as.userId}` },
    ...(query ? { query } : {}),
    ...(body === undefined ? {} : { payload: body as object }),
  });
  const answer = response.body === "" ? undefined : response.json();
  if (response.statusCode >= 400) expect(endpoint.errors).toContain(answer.code);
  return { status: response.statusCode, body: answer };
}
const statusOf = async (id: EndpointId, options: Call = {}) => (await call(id, options)).status;

describe("members", () => {
  test("are added (201, then 200), listed, changed, and removed (204)", async () => {
    const body = { user_id: bob.userId };
    expect(await call("addMembers", { body })).toMatchObject({
      status: 201,
      body: { items: [{ user_id: bob.userId }], next_cursor: null },
    });
    expect(await call("addMembers", { body })).toMatchObject({
      status: 200,
      body: { items: [{ user_id: bob.userId }] },
    });
    const listed = await call("listMembers", { query: { limit: "1" } });
    expect(listed).toMatchObject({
      status: 200,
      body: { items: [{ user_id: ada.userId, notification_level: "all" }] },
    });
    const cursor = listed.body.next_cursor as string;
    expect(await call("listMembers", { query: { limit: "1", cursor } })).toMatchObject({
      body: { items: [{ user_id: bob.userId }] },
    });
    expect(await call("setMemberRole", { body: { role: "admin" } })).toMatchObject({
      status: 200,
      body: { role: "admin" },
    });
    const denied = await call("setMemberPermissions", { body: { permissions: { admin: false } } });
    expect(denied.body.permissions).not.toContain("admin");
    const muted = await call("updateOwnMembership", { as: bob, body: { notification_level: "none" } });
    expect(muted).toMatchObject({ status: 200, body: { notification_level: "none", muted_until: null } });
    expect(await call("transferOwnership", { body: { user_id: bob.userId } })).toMatchObject({
      status: 200,
      body: { role: "owner" },
    });
    expect(await statusOf("removeMember", { as: bob, user: ada })).toBe(204);
    expect(await call("leaveConversation", { as: bob })).toMatchObject({
      status: 409,
      body: { code: "transfer_required" },
    });
  });

  test("join at once (200) or are let in (202, then 200)", async () => {
    expect(await call("joinConversation", { as: bob, in: channel })).toMatchObject({
      status: 200,
      body: { user_id: bob.userId },
    });
    expect(await statusOf("leaveConversation", { as: bob, in: channel })).toBe(204);
    await run(store.database, "UPDATE conversations SET require_approval = true WHERE id = $1", [channel]);
    expect(await call("joinConversation", { as: bob, in: channel })).toMatchObject({
      status: 202,
      body: { join_request: { status: "pending" } },
    });
    expect(await call("listJoinRequests", { in: channel })).toMatchObject({
      status: 200,
      body: { items: [{ user_id: bob.userId }] },
    });
    const decided = await call("decideJoinRequest", { in: channel, body: { approved: true } });
    expect(decided).toMatchObject({ status: 200, body: { status: "approved", decided_by: ada.userId } });
    expect(await call("listJoinRequests", { in: channel, query: { status: "approved" } })).toMatchObject({
      body: { items: [{}] },
    });
  });

  test("carry their external id for the host and themselves alone", async () => {
    await call("addMembers", { body: { user_id: bob.userId } });
    const externalId = async (as: Caller) => {
      const { body } = await call("listMembers", { as });
      return body.items.find((item: { user_id: string }) => item.user_id === bob.userId).user.external_id;
    };
    const own = expect.stringContaining("host-");
    expect([await externalId(HOST), await externalId(bob), await externalId(ada)]).toEqual([own, own, undefined]);
  });

  test.each([
    ["addMembers", {}],
    ["addMembers", { user_id: "me" }],
    ["addMembers", { user_ids: [] }],
    ["addMembers", { user_id: randomUUID(), user_ids: [randomUUID()] }],
    ["addMembers", { user_id: randomUUID(), role: "king" }],
    ["setMemberRole", { role: "boss" }],
    ["setMemberPermissions", { permissions: { fly: true } }],
    ["setMemberPermissions", { permissions: { admin: "yes" } }],
    ["updateOwnMembership", { muted_until: "tomorrow" }],
    ["updateOwnMembership", { notification_level: "some" }],
    ["transferOwnership", {}],
    ["decideJoinRequest", { approved: "yes" }],
  ] as [EndpointId, unknown][])("%s with %j is not valid", async (id, body) => {
    expect(await call(id, { body })).toMatchObject({ status: 400, body: { code: "validation_failed" } });
  });

  test("are nobody else's business", async () => {
    const calls: [EndpointId, unknown?][] = [
      ["listMembers"],
      ["addMembers", { user_id: bob.userId }],
      ["removeMember"],
      ["setMemberRole", { role: "guest" }],
      ["setMemberPermissions", { permissions: {} }],
      ["updateOwnMembership", {}],
      ["transferOwnership", { user_id: bob.userId }],
      ["joinConversation"],
      ["leaveConversation"],
      ["listJoinRequests"],
      ["decideJoinRequest", { approved: true }],
    ];
    for (const [id, body] of calls) {
      const outside = await call(id, { as: eve, body });
      expect([id, outside.status, outside.body.code]).toEqual([id, 404, "not_found"]);
      const reader = await call(id, { as: eve, body, in: channel });
      const open = id === "listMembers" || id === "joinConversation";
      expect([id, reader.status]).toEqual([id, open ? 200 : 403]);
      // Take the joining back, so that the next call comes from a reader again.
      if (id === "joinConversation") await call("leaveConversation", { as: eve, in: channel });
      else if (!open) expect(reader.body.code).toBe("not_a_member");
    }
  });
});

describe("contact", () => {
  test("is blocked and unblocked (204), as often as one likes", async () => {
    for (const id of ["blockUser", "blockUser", "unblockUser", "unblockUser"] as const)
      expect(await statusOf(id)).toBe(204);
    expect(await call("blockUser", { user: ada })).toMatchObject({ status: 409 });
    await call("blockUser", { as: bob, user: ada });
    expect(await call("befriendUser")).toMatchObject({ status: 403, body: { code: "contact_refused" } });
    expect(await call("addMembers", { body: { user_id: bob.userId } })).toMatchObject({
      status: 403,
      body: { code: "contact_refused" },
    });
  });

  test("lists whom one has blocked, the latest first, and nobody else's blocks", async () => {
    await call("blockUser");
    await call("blockUser", { user: eve });
    const { body } = await call("listBlocks", { query: { limit: "1" } });
    expect(body.items).toMatchObject([{ user: { id: eve.userId }, blocked_at: expect.any(String) }]);
    const next = await call("listBlocks", { query: { limit: "1", cursor: body.next_cursor } });
    expect(next.body).toMatchObject({ items: [{ user: { id: bob.userId } }], next_cursor: null });
    expect(await call("listBlocks", { as: bob })).toMatchObject({ status: 200, body: { items: [] } });
    await call("unblockUser", { user: eve });
    expect((await call("listBlocks")).body.items).toHaveLength(1);
  });

  test("is made by friendship", async () => {
    expect(await call("befriendUser")).toMatchObject({ status: 200, body: { status: "requested" } });
    expect(await call("listFriends", { as: bob, query: { status: "requested" } })).toMatchObject({
      body: { items: [{ user: { id: ada.userId } }] },
    });
    expect(await call("befriendUser", { as: bob, user: ada })).toMatchObject({
      status: 200,
      body: { status: "accepted" },
    });
    expect(await statusOf("unfriendUser")).toBe(204);
    expect(await call("listFriends")).toMatchObject({ status: 200, body: { items: [], next_cursor: null } });
  });

  test("is consented to", async () => {
    const body = { consents: [{ type: "media_sharing", granted: false }] };
    expect(await call("setConsents", { body })).toMatchObject({ status: 200 });
    const { body: all } = await call("getConsents");
    expect(all.consents).toMatchObject([
      { granted: true },
      { granted: false, updated_at: expect.any(String) },
      { granted: true },
    ]);
    for (const bad of [{ consents: [] }, { consents: [{ type: "mind_reading", granted: true }] }, {}]) {
      expect(await statusOf("setConsents", { body: bad })).toBe(400);
    }
  });

  test("is a person's, not the host's in its own name", async () => {
    const calls: [EndpointId, unknown?][] = [
      ["blockUser"],
      ["unblockUser"],
      ["befriendUser"],
      ["unfriendUser"],
      ["getConsents"],
      ["setConsents", { consents: [{ type: "messaging", granted: true }] }],
    ];
    for (const [id, body] of calls) expect([id, await statusOf(id, { as: HOST, body })]).toEqual([id, 403]);
  });
});
