import type { IssuedAgentToken, OwnUser, Agent, Page, User } from "@parley/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { useTestDatabase } from "./harness/database.ts";
import { serviceToken, startHttp, tokenFor, type HttpHarness } from "./harness/http.ts";

/** Who may come in: tokens of users, of the host's backend and of agents, through the whole HTTP server. */
const store = useTestDatabase();
let http: HttpHarness;
let service: string;

beforeAll(async () => {
  http = await startHttp(store.database);
  service = await serviceToken();
});
afterAll(() => http.close());

const me = async (token: string, headers: Record<string, string> = {}) =>
  http.ask<OwnUser>("GET", "/v1/users/me", { token, headers });

async function makeAgent(username: string): Promise<Agent & { token: string; tokenId: string }> {
  const { body: agent } = await http.ask<Agent>("POST", "/v1/agents", {
    token: service,
    body: { username, display_name: username },
  });
  const issued = await http.ask<IssuedAgentToken>("POST", `/v1/agents/${agent.id}/tokens`, {
    token: service,
    body: { name: "first" },
  });
  return { ...agent, token: issued.body.token, tokenId: issued.body.id };
}

describe("users", () => {
  test("the first token makes the user, as the token says", async () => {
    const picture = "https://example.com/ada.png";
    const { status, body } = await me(
      await tokenFor("ada", { name: "Ada Lovelace", preferred_username: "ada", picture }),
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      external_id: "ada",
      username: "ada",
      slug: "ada",
      display_name: "Ada Lovelace",
      avatar_url: picture,
      kind: "human",
      is_admin: false,
      is_staff: false,
    });
  });

  test("names that are taken get a number, odd ids a name of their own", async () => {
    await me(await tokenFor("grace", { preferred_username: "grace" }));
    expect((await me(await tokenFor("other", { preferred_username: "grace" }))).body.username).toBe("grace-2");
    expect((await me(await tokenFor("third", { preferred_username: "Grace" }))).body.username).toBe("grace-3");
    expect((await me(await tokenFor("auth0|1234", {}))).body).toMatchObject({
      username: "auth0-1234",
      display_name: "auth0|1234",
    });
    expect((await me(await tokenFor("mail", { email: "joan.clarke@example.com" }))).body.username).toBe("joan.clarke");
    expect((await me(await tokenFor("here"))).body.username).toBe("here_");
  });

  test("first tokens that come at once make one user", async () => {
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, n) => tokenFor("crowd", { n, preferred_username: "crowd" })),
    );
    const answers = await Promise.all(tokens.map((token) => me(token)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    const rows = await store.database.query({
      text: "SELECT FROM users WHERE external_id = 'crowd' OR username LIKE 'crowd%'",
    });
    expect(rows).toHaveLength(1);
  });

  test("people of one name who come at once are different users", async () => {
    const tokens = await Promise.all(
      Array.from({ length: 12 }, (_, n) => tokenFor(`twin ${n}`, { preferred_username: "twin" })),
    );
    const answers = await Promise.all(tokens.map((token) => me(token)));
    expect(new Set(answers.map(({ body }) => body.username)).size).toBe(12);
  });

  test("a later token brings name and picture up to date, and nothing is written when nothing is new", async () => {
    const first = (await me(await tokenFor("alan", { name: "Alan" }))).body;
    const changed = (await me(await tokenFor("alan", { name: "Alan Turing", picture: "https://example.com/a.png" })))
      .body;
    expect(changed).toMatchObject({
      id: first.id,
      display_name: "Alan Turing",
      avatar_url: "https://example.com/a.png",
    });
    const version = async () =>
      store.database.query({ text: "SELECT xmin::text FROM users WHERE external_id = 'alan'" });
    const before = await version();
    await me(await tokenFor("alan", { name: "Alan Turing", n: 2 }));
    await me(await tokenFor("alan", { n: 3 }));
    expect(await version()).toEqual(before);
  });

  test("a token from before a change does not undo it", async () => {
    const old = await tokenFor("edith", { name: "Edith", iat: Math.floor(Date.now() / 1_000) - 60 });
    await me(old);
    await http.ask("PATCH", "/v1/users/me", { token: old, body: { display_name: "Edith Clarke" } });
    const another = await tokenFor("edith", { name: "Edith", iat: Math.floor(Date.now() / 1_000) - 60, n: 1 });
    expect((await me(another)).body.display_name).toBe("Edith Clarke");
  });

  test("admins are staff; a later token may make and unmake them", async () => {
    expect((await me(await tokenFor("boss", { admin: true }))).body).toMatchObject({ is_admin: true, is_staff: true });
    expect((await me(await tokenFor("boss", { n: 1 }))).body).toMatchObject({ is_admin: true });
    expect((await me(await tokenFor("boss", { admin: false }))).body).toMatchObject({
      is_admin: false,
      is_staff: false,
    });
    expect((await me(await tokenFor("desk", { staff: true }))).body).toMatchObject({ is_admin: false, is_staff: true });
  });

  test("an active user costs the database nothing", async () => {
    const token = await tokenFor("busy");
    await me(token);
    const asked: string[] = [];
    const db = {
      ...store.database,
      query: <R>(statement: { name?: string; text: string }) => {
        asked.push(statement.name ?? statement.text);
        return store.database.query<R>(statement);
      },
    };
    const quiet = await startHttp(db);
    try {
      await quiet.ask("GET", "/v1/users/me", { token });
      asked.length = 0;
      for (let i = 0; i < 50; i += 1) await quiet.ask("GET", "/v1/users/me", { token });
      expect(asked).toEqual([]);
    } finally {
      await quiet.close();
    }
  });
});

describe("refusals", () => {
  test("without a token, or with something else in its place", async () => {
    for (const headers of [
      {},
      { authorization: "Basic YTpi" },
      { authorization: "Bearer" },
      { authorization: "Bearer a b" },
    ]) {
      const { status, body, headers: answered } = await http.refused("GET", "/v1/users/me", { headers });
      expect([status, body.code]).toEqual([401, "unauthenticated"]);
      expect(answered.get("www-authenticate")).toContain("Bearer");
    }
  });

  test("with an expired or forged token; neither the answer nor the log repeats it", async () => {
    const expired = await tokenFor("late", { exp: Math.floor(Date.now() / 1_000) - 120 });
    const forged = `${(await tokenFor("ada")).slice(0, -8)}AAAAAAAA`;
    for (const token of [expired, forged, "parley_agent_guess"]) {
      const { status, text } = await http.refused("GET", "/v1/users/me", { token });
      expect(status).toBe(401);
      expect(text).not.toContain(token);
      expect(http.logged.join("")).not.toContain(token.slice(-20));
    }
    expect(await store.database.query({ text: "SELECT FROM users WHERE external_id = 'late'" })).toEqual([]);
  });

  test("a body is not even read before the token is", async () => {
    const { status } = await http.refused("PATCH", "/v1/users/me", { body: "{ not JSON" });
    expect(status).toBe(401);
  });

  test("failures are limited by address; who is known still comes in", async () => {
    const limited = await startHttp(store.database, {
      rates: {
        sends: { count: 10, seconds: 1, burst: 60 },
        support: [],
        conversation: { count: 50, seconds: 1, burst: 50 },
        authFailures: { count: 30, seconds: 60, burst: 30 },
        requests: { count: 100, seconds: 1, burst: 100 },
        addresses: { count: 100, seconds: 1, burst: 100 },
      },
    });
    try {
      const known = await tokenFor("known");
      await limited.ask("GET", "/v1/users/me", { token: known });
      for (let i = 0; i < 40; i += 1) await limited.refused("GET", "/v1/users/me");
      for (let i = 0; i < 30; i += 1)
        expect((await limited.refused("GET", "/v1/users/me", { token: `x${i}` })).status).toBe(401);
      const { status, body, headers } = await limited.refused("GET", "/v1/users/me", { token: "x30" });
      expect([status, body.code]).toEqual([429, "rate_limited"]);
      expect(Number(headers.get("retry-after"))).toBe(body.retry_after_seconds);
      expect((await limited.ask("GET", "/v1/users/me", { token: known })).status).toBe(200);
      expect((await limited.refused("GET", "/v1/users/me", { token: await tokenFor("unknown") })).status).toBe(429);
    } finally {
      await limited.close();
    }
  });

  test("requests are limited by user", async () => {
    const few = { count: 5, seconds: 60, burst: 5 };
    const many = { count: 100, seconds: 1, burst: 100 };
    const limited = await startHttp(store.database, {
      rates: { sends: many, support: [], conversation: many, authFailures: many, requests: few, addresses: many },
    });
    try {
      const token = await tokenFor("hasty");
      const statuses: number[] = [];
      for (let i = 0; i < 7; i += 1) statuses.push((await limited.ask("GET", "/v1/users/me", { token })).status);
      expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
      for (let i = 0; i < 7; i += 1)
        expect((await limited.ask("GET", "/v1/users/me", { token: service })).status).toBe(200);
    } finally {
      await limited.close();
    }
  });
});

describe("the host's backend", () => {
  test("is the system user in its own name", async () => {
    expect((await me(service)).body).toMatchObject({ username: "system", kind: "system" });
    expect((await http.refused("PATCH", "/v1/users/me", { token: service, body: { display_name: "X" } })).status).toBe(
      403,
    );
  });

  test("acts for a user with Parley-Act-As", async () => {
    const { body: ada } = await me(await tokenFor("ada"));
    expect((await me(service, { "parley-act-as": ada.id })).body.id).toBe(ada.id);
    expect((await me(service, { "parley-act-as": ada.id.toUpperCase() })).body.id).toBe(ada.id);
  });

  test("is told when there is nobody to act for", async () => {
    const unknown = { "parley-act-as": "0195c9a0-0000-7000-8000-00000000dead" };
    const { status, body } = await http.refused("GET", "/v1/users/me", { token: service, headers: unknown });
    expect([status, body.code]).toEqual([404, "not_found"]);
    expect(body.detail).toContain("Parley-Act-As");
    const wrong = await http.refused("GET", "/v1/users/me", { token: service, headers: { "parley-act-as": "ada" } });
    expect([wrong.status, wrong.body.errors?.[0]?.path]).toEqual([400, "headers.parley-act-as"]);
  });

  test("nobody else acts for others", async () => {
    const { body: ada } = await me(await tokenFor("ada"));
    const headers = { "parley-act-as": ada.id };
    for (const token of [
      await tokenFor("eve"),
      await tokenFor("chief", { admin: true }),
      (await makeAgent("mimic")).token,
    ]) {
      const { status, body } = await http.refused("GET", "/v1/users/me", { token, headers });
      expect([status, body.code]).toEqual([403, "permission_denied"]);
    }
  });
});

describe("deactivated users", () => {
  test("are out at once on this node, and their sockets are told of", async () => {
    const token = await tokenFor("leaver");
    const { body: leaver } = await me(token);
    await http.ask("PUT", "/v1/users/leaver", { token: service, body: { deactivated: true } });
    expect((await http.refused("GET", "/v1/users/me", { token })).body).toMatchObject({
      status: 401,
      detail: "This account is deactivated.",
    });
    expect((await http.refused("GET", "/v1/users/me", { token: await tokenFor("leaver", { n: 2 }) })).status).toBe(401);
    expect(
      (await http.refused("GET", "/v1/users/me", { token: service, headers: { "parley-act-as": leaver.id } })).status,
    ).toBe(401);
    expect(http.deactivated).toContain(leaver.id);
    await http.ask("PUT", "/v1/users/leaver", { token: service, body: { deactivated: false } });
    expect((await me(token)).status).toBe(200);
  });

  test("are noticed within seconds by other nodes", async () => {
    const other = await startHttp(store.database);
    try {
      const token = await tokenFor("traveller");
      expect((await other.ask("GET", "/v1/users/me", { token })).status).toBe(200);
      await http.ask("PUT", "/v1/users/traveller", { token: service, body: { deactivated: true } });
      const status = async () => (await other.ask("GET", "/v1/users/me", { token })).status;
      await expect.poll(status, { timeout: 6_000, interval: 200 }).toBe(401);
    } finally {
      await other.close();
    }
  });
});

describe("agents", () => {
  test("come in with their token, which is shown once and kept as a hash", async () => {
    const agent = await makeAgent("deployer");
    expect(agent.token).toMatch(/^parley_agent_[\w-]{43}$/);
    expect((await me(agent.token)).body).toMatchObject({
      id: agent.id,
      username: "deployer",
      kind: "agent",
      external_id: null,
    });
    const list = await http.ask<Page<Agent>>("GET", "/v1/agents?limit=100", { token: service });
    expect(list.text).not.toContain(agent.token);
    expect(list.body.items.find(({ id }) => id === agent.id)?.tokens).toMatchObject([
      { id: agent.tokenId, name: "first" },
    ]);
    const rows = await store.database.query<{ row: string }>({ text: "SELECT t::text AS row FROM agent_tokens t" });
    expect(JSON.stringify(rows)).not.toContain(agent.token.slice(13));
  });

  test("when they were last seen is known", async () => {
    const agent = await makeAgent("watcher");
    await me(agent.token);
    const { body } = await http.ask<Page<Agent>>("GET", "/v1/agents?limit=100", { token: service });
    const seen = body.items.find(({ id }) => id === agent.id)?.tokens[0]?.last_used_at;
    expect(Math.abs(Date.now() - Date.parse(seen ?? ""))).toBeLessThan(60_000);
  });

  test("a revoked token is worth nothing at once; another of the same agent stays", async () => {
    const agent = await makeAgent("worker");
    const second = await http.ask<IssuedAgentToken>("POST", `/v1/agents/${agent.id}/tokens`, {
      token: service,
      body: {},
    });
    expect([(await me(agent.token)).status, (await me(second.body.token)).status]).toEqual([200, 200]);
    const revoke = `/v1/agents/${agent.id}/tokens/${agent.tokenId}`;
    expect((await http.ask("DELETE", revoke, { token: service })).status).toBe(204);
    expect((await http.ask("DELETE", revoke, { token: service })).status).toBe(204);
    expect([(await me(agent.token)).status, (await me(second.body.token)).status]).toEqual([401, 200]);
    expect((await http.ask("DELETE", `/v1/agents/${agent.id}/tokens`, { token: service })).status).toBe(204);
    expect((await me(second.body.token)).status).toBe(401);
  });

  test("a revoked token is noticed within seconds by other nodes", async () => {
    const agent = await makeAgent("roamer");
    const other = await startHttp(store.database);
    try {
      const status = async () => (await other.ask("GET", "/v1/users/me", { token: agent.token })).status;
      expect(await status()).toBe(200);
      await http.ask("DELETE", `/v1/agents/${agent.id}/tokens`, { token: service });
      await expect.poll(status, { timeout: 5_000, interval: 200 }).toBe(401);
    } finally {
      await other.close();
    }
  });

  test("a token ends when it was said to", async () => {
    const agent = await makeAgent("timer");
    const path = `/v1/agents/${agent.id}/tokens`;
    const past = await http.refused("POST", path, {
      token: service,
      body: { expires_at: new Date(Date.now() - 1_000).toISOString() },
    });
    expect([past.status, past.body.errors?.[0]?.path]).toEqual([400, "body.expires_at"]);
    const soon = new Date(Date.now() + 700).toISOString();
    const { body } = await http.ask<IssuedAgentToken>("POST", path, { token: service, body: { expires_at: soon } });
    expect(body.expires_at).toBe(soon);
    expect((await me(body.token)).status).toBe(200);
    await expect.poll(async () => (await me(body.token)).status, { timeout: 3_000 }).toBe(401);
  });

  test("an agent has a bounded number of tokens", async () => {
    const agent = await makeAgent("hoarder");
    const issue = async () => (await http.ask("POST", `/v1/agents/${agent.id}/tokens`, { token: service })).status;
    const statuses = await Promise.all(Array.from({ length: 25 }, issue));
    expect(statuses.filter((status) => status === 201)).toHaveLength(19);
    expect(statuses.filter((status) => status === 409)).toHaveLength(6);
  });

  test("only administrators and the host manage them", async () => {
    const agent = await makeAgent("guarded");
    const paths = [
      ["POST", "/v1/agents", { username: "x", display_name: "X" }],
      ["GET", "/v1/agents", undefined],
      ["POST", `/v1/agents/${agent.id}/tokens`, {}],
      ["DELETE", `/v1/agents/${agent.id}/tokens`, undefined],
      ["DELETE", `/v1/agents/${agent.id}/tokens/${agent.tokenId}`, undefined],
    ] as const;
    for (const token of [await tokenFor("eve"), await tokenFor("helper", { staff: true }), agent.token]) {
      for (const [method, path, body] of paths) {
        const { status } = await http.refused(method, path, { token, body });
        expect([method, path, status]).toEqual([method, path, 403]);
      }
    }
    const admin = await tokenFor("chief", { admin: true });
    expect((await http.ask("POST", `/v1/agents/${agent.id}/tokens`, { token: admin, body: {} })).status).toBe(201);
    expect(
      (await http.refused("POST", "/v1/agents", { token: admin, body: { username: "guarded", display_name: "X" } }))
        .status,
    ).toBe(409);
    const unknown = "0195c9a0-0000-7000-8000-00000000dead";
    expect((await http.refused("POST", `/v1/agents/${unknown}/tokens`, { token: admin, body: {} })).status).toBe(404);
    expect((await http.refused("DELETE", `/v1/agents/${agent.id}/tokens/${unknown}`, { token: admin })).status).toBe(
      404,
    );
  });
});

describe("what lives longer than a request", () => {
  const identify = (token: string) => http.authentication.authenticate({ token, address: "192.0.2.1" });

  test("learns what became of its user", async () => {
    const identity = await identify(await tokenFor("sitter"));
    expect(await http.authentication.recheck(identity)).toEqual(identity);
    await http.ask("PUT", "/v1/users/sitter", { token: service, body: { is_admin: true } });
    expect((await http.authentication.recheck(identity)).caller).toMatchObject({ isAdmin: true, isStaff: true });
    await http.ask("PUT", "/v1/users/sitter", { token: service, body: { deactivated: true } });
    await expect(http.authentication.recheck(identity)).rejects.toMatchObject({ code: "unauthenticated" });
  });

  test("learns that its agent's token was revoked", async () => {
    const agent = await makeAgent("listener");
    const identity = await identify(agent.token);
    expect(identity).toMatchObject({ tokenKind: "agent", tokenId: agent.tokenId, expiresAt: null });
    expect(await http.authentication.recheck(identity)).toEqual(identity);
    await http.ask("DELETE", `/v1/agents/${agent.id}/tokens`, { token: service });
    await expect(http.authentication.recheck(identity)).rejects.toMatchObject({ code: "unauthenticated" });
  });

  test("knows when its token ends", async () => {
    const exp = Math.floor(Date.now() / 1_000) + 60;
    expect(await identify(await tokenFor("guest", { exp }))).toMatchObject({
      expiresAt: exp * 1_000,
      tokenKind: "user",
      tokenId: null,
    });
    expect(await identify(service)).toMatchObject({
      tokenKind: "service",
      caller: { isService: true, kind: "system" },
    });
  });
});

describe("access of endpoints", () => {
  test("what is for the host's backend is refused to everyone else", async () => {
    for (const token of [
      await tokenFor("eve"),
      await tokenFor("chief", { admin: true }),
      (await makeAgent("upserter")).token,
    ]) {
      const { status, body } = await http.refused("PUT", "/v1/users/eve", { token, body: { is_admin: true } });
      expect([status, body.code]).toEqual([403, "permission_denied"]);
    }
  });

  test("an outsider sees no external ids, the host does, and so does everyone their own", async () => {
    const { body: ada } = await me(await tokenFor("ada"));
    const see = async (token: string) => (await http.ask<User>("GET", `/v1/users/${ada.id}`, { token })).body;
    expect(await see(await tokenFor("eve"))).not.toHaveProperty("external_id");
    expect(await see(await tokenFor("ada"))).toHaveProperty("external_id", "ada");
    expect(await see(service)).toHaveProperty("external_id", "ada");
  });
});
