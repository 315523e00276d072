import type { Agent, IssuedAgentToken, Message, OwnUser, Page, User } from "@parley/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { UserId } from "../src/domain/ids.ts";
import { listAudit } from "../src/store/audit.ts";
import { findUserIdsByUsername } from "../src/store/users.ts";
import { useTestDatabase } from "./harness/database.ts";
import { serviceToken, startHttp, tokenFor, type Asked, type HttpHarness } from "./harness/http.ts";
import { makeConversation, makeUser } from "./harness/rows.ts";

/** Users and agents over HTTP. */
const store = useTestDatabase();
let http: HttpHarness;
let service: string;
let ada: string;

beforeAll(async () => {
  http = await startHttp(store.database);
  service = await serviceToken();
  ada = await tokenFor("ada", { name: "Ada Lovelace", preferred_username: "ada" });
});
afterAll(() => http.close());

const UNKNOWN = "0195c9a0-0000-7000-8000-00000000dead";
const me = async (token: string): Promise<OwnUser> => (await http.ask<OwnUser>("GET", "/v1/users/me", { token })).body;
const patch = (asked: Asked) => http.ask<OwnUser>("PATCH", "/v1/users/me", { token: ada, ...asked });
const upsert = (externalId: string, body: unknown, token = service) =>
  http.ask<OwnUser>("PUT", `/v1/users/${encodeURIComponent(externalId)}`, { token, body });

describe("one's own profile", () => {
  test("changes in what is named and stays in the rest", async () => {
    const before = await me(ada);
    const wanted = {
      username: "countess",
      slug: "countess",
      display_name: "  Augusta Ada King ",
      avatar_url: "https://example.com/a.png",
      contact_policy: "friends",
      share_receipts: false,
      share_presence: false,
      locale: "en-GB",
    };
    const { status, body } = await patch({ body: wanted });
    expect(status).toBe(200);
    expect(body).toEqual({ ...before, ...wanted, display_name: "Augusta Ada King" });
    expect(await me(ada)).toEqual(body);
    expect((await patch({ body: { avatar_url: null, locale: null } })).body).toEqual({
      ...body,
      avatar_url: null,
      locale: null,
    });
    expect((await patch({ body: {} })).status).toBe(200);
  });

  test("is seen by others at once, in what they may see", async () => {
    const { id } = await me(ada);
    await patch({ body: { display_name: "Ada" } });
    const { body } = await http.ask<User>("GET", `/v1/users/${id}`, { token: await tokenFor("bob") });
    expect(body).toEqual({
      id,
      username: "countess",
      slug: "countess",
      display_name: "Ada",
      avatar_url: null,
      kind: "human",
      is_admin: false,
    });
    const summaries = await http.users.many([id as UserId]);
    expect(summaries.get(id as UserId)?.displayName).toBe("Ada");
  });

  test("a taken username is a conflict, also for whoever asks at the same time", async () => {
    await me(await tokenFor("grace", { preferred_username: "grace" }));
    expect(
      (await http.refused("PATCH", "/v1/users/me", { token: ada, body: { username: "grace" } })).body,
    ).toMatchObject({
      status: 409,
      code: "conflict",
    });
    const tokens = await Promise.all(["r1", "r2", "r3", "r4"].map((sub) => tokenFor(sub)));
    await Promise.all(tokens.map(me));
    const statuses = await Promise.all(
      tokens.map(
        async (token) => (await http.ask("PATCH", "/v1/users/me", { token, body: { username: "racer" } })).status,
      ),
    );
    expect(statuses.toSorted()).toEqual([200, 409, 409, 409]);
  });

  test.each([
    [{ username: "Ada" }, "body.username"],
    [{ username: "all" }, "body.username"],
    [{ username: "a b" }, "body.username"],
    [{ display_name: "   " }, "body.display_name"],
    [{ display_name: "x".repeat(256) }, "body.display_name"],
    [{ avatar_url: "javascript:alert(1)" }, "body.avatar_url"],
    [{ contact_policy: "anyone" }, "body.contact_policy"],
    [{ share_receipts: "yes" }, "body.share_receipts"],
    [{ locale: "../.." }, "body.locale"],
    [{ is_admin: true }, "body.is_admin"],
    [{ external_id: "eve" }, "body.external_id"],
  ])("%j is not valid", async (body, path) => {
    const answer = await http.refused("PATCH", "/v1/users/me", { token: ada, body });
    expect([answer.status, answer.body.code]).toEqual([400, "validation_failed"]);
    expect(answer.body.errors?.map((error) => error.path)).toEqual([path]);
  });
});

describe("other users", () => {
  test("who is unknown is not found", async () => {
    expect((await http.refused("GET", `/v1/users/${UNKNOWN}`, { token: ada })).body).toMatchObject({
      status: 404,
      code: "not_found",
    });
  });

  test("an id in capitals is the same id", async () => {
    const { id } = await me(ada);
    expect((await http.ask<User>("GET", `/v1/users/${id.toUpperCase()}`, { token: ada })).body.id).toBe(id);
  });
});

describe("finding users", () => {
  const names = async (query: string): Promise<string[]> => {
    const { body } = await http.ask<Page<User>>("GET", `/v1/users?${query}`, { token: ada });
    return body.items.map((user) => user.username);
  };

  beforeAll(async () => {
    await upsert("f1", { username: "finn", display_name: "Finn Zebra" });
    await upsert("f2", { username: "finnegan", display_name: "Wake" });
    await upsert("f3", { username: "zz-muffin", display_name: "Baker" });
    await upsert("f4", { username: "zz-other", display_name: "Finnja Ørsted" });
    await upsert("f5", { username: "zz-gone", display_name: "Finn who left", deactivated: true });
    await upsert("f6", { username: "zz-odd", display_name: "100% _real_ \\o/" });
    await upsert("f7", { username: "zz-cjk", display_name: "李小龙" });
  });

  test("best match first: the whole username, its beginning, the beginning of the name, anything else", async () => {
    expect(await names("q=finn")).toEqual(["finn", "finnegan", "zz-other"]);
    expect(await names("q=FINN")).toEqual(["finn", "finnegan", "zz-other"]);
    expect(await names("q=@finn")).toEqual(["finn", "finnegan", "zz-other"]);
    expect(await names("q=fin")).toEqual(["finn", "finnegan", "zz-other", "zz-muffin"]);
  });

  test("what is looked for is text, never a pattern", async () => {
    expect(await names("q=%25")).toEqual(["zz-odd"]);
    expect(await names("q=_real_")).toEqual(["zz-odd"]);
    expect(await names("q=%5Co")).toEqual(["zz-odd"]);
    expect(await names("q=%25%25")).toEqual([]);
  });

  test("names in any script are found", async () => {
    expect(await names(`q=${encodeURIComponent("小龙")}`)).toEqual(["zz-cjk"]);
    expect(await names(`q=${encodeURIComponent("ørst")}`)).toEqual(["zz-other"]);
  });

  test.each(["", "q=fin&"])("pages of %j join to the whole, without holes and doubles", async (query) => {
    const whole = await names(`${query}limit=100`);
    const found: string[] = [];
    let next = "";
    do {
      const { body } = await http.ask<Page<User>>("GET", `/v1/users?${query}limit=3${next}`, { token: ada });
      expect(body.items.length).toBeLessThanOrEqual(3);
      found.push(...body.items.map((user) => user.username));
      next = body.next_cursor === null ? "" : `&cursor=${body.next_cursor}`;
    } while (next !== "");
    expect(found).toEqual(whole);
    expect(whole).not.toContain("zz-gone");
    expect(whole).not.toContain("system");
  });

  test.each([
    "limit=0",
    "limit=101",
    "limit=1e1",
    "limit=-1",
    "limit=",
    "cursor=e30",
    "cursor=%00",
    "cursor=WzEsMl0",
    "q=",
    `q=${"x".repeat(300)}`,
  ])("%s is not valid", async (query) => {
    const { status, body } = await http.refused("GET", `/v1/users?${query}`, { token: ada });
    expect([status, body.code]).toEqual([400, "validation_failed"]);
  });

  test("who is mentioned is found by username", async () => {
    expect(await findUserIdsByUsername(store.database, ["finn", "zz-gone", "nobody"])).toHaveLength(1);
  });
});

describe("users from the host", () => {
  test("are made once, then changed in what is named", async () => {
    const made = await upsert("customer-17", { display_name: "Customer", contact_policy: "everyone", kind: "human" });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      external_id: "customer-17",
      username: "customer-17",
      display_name: "Customer",
      contact_policy: "everyone",
    });
    const again = await upsert("customer-17", { display_name: "Customer", contact_policy: "everyone", kind: "human" });
    expect([again.status, again.body]).toEqual([200, made.body]);
    const changed = await upsert("customer-17", { is_staff: true, username: "desk" });
    expect(changed.body).toEqual({ ...made.body, is_staff: true, username: "desk" });
  });

  test("are those that tokens speak of", async () => {
    const { body } = await upsert("customer-18", { username: "eighteen" });
    expect(await me(await tokenFor("customer-18"))).toEqual(body);
  });

  test("who they make an administrator is one with the next request", async () => {
    const token = await tokenFor("riser");
    await me(token);
    expect((await http.ask("GET", "/v1/agents", { token })).status).toBe(403);
    await upsert("riser", { is_admin: true });
    expect((await http.ask("GET", "/v1/agents", { token })).status).toBe(200);
    await upsert("riser", { is_admin: false });
    expect((await http.ask("GET", "/v1/agents", { token })).status).toBe(403);
  });

  test("asked for twice at once they are made once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => upsert("storm", { display_name: `Storm ${i}` })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array.from({ length: 9 }, () => 200), 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });

  test("a username that is taken is a conflict, whether the user is new or not", async () => {
    await upsert("owner", { username: "taken" });
    expect((await upsert("newcomer", { username: "taken" })).status).toBe(409);
    await upsert("newcomer", {});
    expect((await upsert("newcomer", { username: "taken" })).status).toBe(409);
  });

  test("any text may be an external id", async () => {
    for (const id of ["auth0|17", "a/b", "Zoë 😀", "https://id.example.com/17?x=1", "x".repeat(255), "me"]) {
      const { status, body } = await upsert(id, {});
      expect([status, body.external_id]).toEqual([201, id]);
    }
    expect((await upsert("x".repeat(256), {})).status).toBe(400);
  });
});

describe("posting as an agent", () => {
  let agent: Agent;
  let token: string;
  let conversation: string;

  beforeAll(async () => {
    agent = (
      await http.ask<Agent>("POST", "/v1/agents", { token: service, body: { username: "bot", display_name: "Bot" } })
    ).body;
    token = (await http.ask<IssuedAgentToken>("POST", `/v1/agents/${agent.id}/tokens`, { token: service, body: {} }))
      .body.token;
    const someone = await makeUser(store.database);
    const speaker = {
      userId: agent.id as UserId,
      kind: "agent",
      isAdmin: false,
      isStaff: false,
      isService: false,
    } as const;
    conversation = await makeConversation(store.database, { members: [{ who: someone, role: "owner" }, speaker] });
  });

  const post = (by: string, who = agent.id, where = conversation) =>
    http.ask<Message>("POST", `/v1/agents/${who}/conversations/${where}/messages`, {
      token: by,
      body: { content: "v2.1 is live" },
    });

  test("the agent itself, an administrator and the host may", async () => {
    for (const by of [token, service, await tokenFor("chief", { admin: true })]) {
      const { status, body } = await post(by);
      expect(status).toBe(201);
      expect(body).toMatchObject({
        sender_id: agent.id,
        content: "v2.1 is live",
        sender: { username: "bot", kind: "agent" },
      });
    }
  });

  test("nobody else may, and not where the agent is no member", async () => {
    expect((await post(ada)).status).toBe(403);
    expect((await post(service, UNKNOWN)).status).toBe(404);
    expect((await post(service, (await me(ada)).id)).status).toBe(404);
    const elsewhere = await makeConversation(store.database, { members: [await makeUser(store.database)] });
    expect((await post(token, agent.id, elsewhere)).status).toBe(404);
  });
});

describe("administering users", () => {
  test("locks out and lets in again, and tells the audit log", async () => {
    const admin = await tokenFor("root", { admin: true });
    const eve = await tokenFor("eve-to-be-locked-out");
    const { id, username } = await me(eve);
    const administer = (body: unknown, token = admin) =>
      http.ask<OwnUser>("PATCH", `/v1/admin/users/${id}`, { token, body });
    const find = (deactivated: string) =>
      http.ask<Page<OwnUser>>("GET", `/v1/admin/users?q=${username}&deactivated=${deactivated}`, { token: admin });

    expect((await administer({ deactivated: true }, ada)).status).toBe(403);
    expect((await administer({ deactivated: true, is_staff: true })).body).toMatchObject({
      is_staff: true,
      deactivated_at: expect.any(String),
    });
    expect((await http.ask("GET", "/v1/users/me", { token: eve })).status).toBe(401);
    expect((await find("false")).body.items).toEqual([]);
    expect((await find("true")).body.items).toMatchObject([{ id }]);
    expect((await administer({ deactivated: false })).body.deactivated_at).toBeNull();
    expect((await find("false")).body.items).toMatchObject([{ id }]);

    const log = await listAudit(store.database, {
      conversationId: null,
      actorId: null,
      action: "user.administered",
      before: null,
      after: null,
      beyond: null,
      limit: 10,
    });
    expect(log).toMatchObject([
      { subjectId: id, data: { deactivated: false } },
      { subjectId: id, data: { deactivated: true, is_staff: true } },
    ]);
  });

  test("is not for oneself, where it could not be taken back", async () => {
    const admin = await tokenFor("root", { admin: true });
    const { id } = await me(admin);
    for (const body of [{ deactivated: true }, { is_admin: false }])
      expect((await http.ask("PATCH", `/v1/admin/users/${id}`, { token: admin, body })).status).toBe(409);
  });
});
