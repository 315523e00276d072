import { endpoints, type Endpoint } from "@parley/protocol";
import { createHmac, generateKeyPairSync } from "node:crypto";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { useTestDatabase } from "../harness/database.ts";
import { mint, NODE_SECRET, startNode, type Person, type TestNode } from "../harness/node.ts";
import { expectClear } from "./bad-input.ts";

/** A token that is not one of ours opens nothing, and says nothing about whose it might have been. */
const store = useTestDatabase();
let node: TestNode;
let ada: Person;

beforeAll(async () => {
  node = await startNode(store.database);
  ada = await node.person("ada");
});
afterAll(async () => {
  expect(node.faults()).toEqual([]);
  await node.close();
});

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Signed with our secret, whatever the header says. */
function signed(header: object, payload: object | string): string {
  const body = `${encoded(header)}.${typeof payload === "string" ? Buffer.from(payload).toString("base64url") : encoded(payload)}`;
  return `${body}.${createHmac("sha256", NODE_SECRET).update(body).digest("base64url")}`;
}

const claims = { sub: "ada", exp: 4_000_000_000 };
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });

const BAD_TOKENS: Readonly<Record<string, () => string | Promise<string>>> = {
  expired: () => mint({ sub: "ada", exp: inSeconds(-120) }),
  "not yet valid": () => mint({ sub: "ada", nbf: inSeconds(600) }),
  "signed with another secret": () => mint({ sub: "ada" }, "another secret, long enough to be one of somebody else's"),
  "changed after it was signed": async () => {
    const [header, , signature] = (await mint({ sub: "ada" })).split(".");
    return `${header}.${encoded({ ...claims, admin: true })}.${signature}`;
  },
  "without a signature": async () => `${(await mint({ sub: "ada" })).split(".").slice(0, 2).join(".")}.`,
  "of two parts": async () => (await mint({ sub: "ada" })).split(".").slice(0, 2).join("."),
  "with the algorithm none": () => `${encoded({ alg: "none", typ: "JWT" })}.${encoded(claims)}.`,
  "with the algorithm nOnE and a signature": () => signed({ alg: "nOnE" }, claims),
  "without an algorithm": () => signed({}, claims),
  "with an algorithm that is no text": () => signed({ alg: ["HS256"] }, claims),
  "of HS512": () =>
    new SignJWT(claims).setProtectedHeader({ alg: "HS512" }).sign(Buffer.from(NODE_SECRET.padEnd(64, "x"))),
  "of RS256, where there is no provider": () =>
    new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "1" }).sign(privateKey),
  "that names its own key": () => signed({ alg: "HS256", jwk: { kty: "oct", k: "AAAA" }, crit: ["jwk"] }, claims),
  "that names a file as its key": () =>
    signed({ alg: "RS256", kid: "../../../../dev/null", jku: "http://127.0.0.1:1/" }, claims),
  "with a critical extension": () => signed({ alg: "HS256", crit: ["exp2"], exp2: 1 }, claims),
  "without a subject": () => signed({ alg: "HS256" }, { exp: claims.exp }),
  "with a number as subject": () => signed({ alg: "HS256" }, { ...claims, sub: 7 }),
  "with an empty subject": () => signed({ alg: "HS256" }, { ...claims, sub: "" }),
  "with a subject of spaces": () => signed({ alg: "HS256" }, { ...claims, sub: "  " }),
  "with a NUL in the subject": () => signed({ alg: "HS256" }, { ...claims, sub: "ada\0" }),
  "with half a pair in the subject": () => signed({ alg: "HS256" }, String.raw`{"sub":"ada\ud800","exp":4000000000}`),
  "with an endless subject": () => signed({ alg: "HS256" }, { ...claims, sub: "x".repeat(300) }),
  "with a text as its end": () => signed({ alg: "HS256" }, { sub: "ada", exp: "never" }),
  "that is no JSON": () => signed({ alg: "HS256" }, "not JSON"),
  "that is a list": () => signed({ alg: "HS256" }, "[]"),
  "that is null": () => signed({ alg: "HS256" }, "null"),
  "too long": () => mint({ sub: "ada", more: "x".repeat(9_000) }),
  "of dots": () => "..",
  "of one letter": () => "x",
  "that looks like an agent's": () => "parley_agent_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  "that is an agent's prefix": () => "parley_agent_",
};

const guarded = (Object.values(endpoints) as Endpoint[]).filter(({ access }) => access !== "public");

describe.each(Object.entries(BAD_TOKENS))("a token %s", (_, make) => {
  test("is 401 at every endpoint", async () => {
    const token = await make();
    for (const endpoint of guarded) {
      const path = endpoint.path.replaceAll(/:\w+/g, "x");
      const answer = await node.call(token, endpoint.method, path, endpoint.body ? { body: "not even JSON" } : {});
      expectClear(answer, endpoint.id);
      expect([answer.status, answer.headers["www-authenticate"]], endpoint.id).toEqual([401, 'Bearer realm="parley"']);
      if (token.length > 30) expect(answer.text).not.toContain(token.slice(0, 30));
    }
  });
});

test("none of them was made a user of, and none is in the log", async () => {
  expect(
    await store.database.query({
      text: "SELECT external_id FROM users WHERE external_id LIKE 'ada' OR external_id LIKE 'x%'",
    }),
  ).toEqual([]);
  expect(node.logged.join("\n")).not.toMatch(/eyJ[\w-]{20}/);
});

test.each([
  ["nothing", {}],
  ["a password", { authorization: "Basic YWRhOnNlY3JldA==" }],
  ["no token", { authorization: "Bearer" }],
  ["no token but space", { authorization: "Bearer   " }],
  ["two tokens", { authorization: "Bearer a, Bearer b" }],
  ["a bare token", { authorization: "eyJhbGciOiJub25lIn0.e30." }],
  ["a cookie", { cookie: "token=x" }],
  ["a token in another header", { "x-authorization": "Bearer x" }],
])("%s in the header is 401", async (_, headers) => {
  const answer = await node.call(undefined, "GET", "/v1/users/me", { headers });
  expectClear(answer, JSON.stringify(headers));
  expect(answer.status).toBe(401);
});

test("a token in the query opens the stream of events alone", async () => {
  expect((await node.call(undefined, "GET", `/v1/users/me?token=${ada.token}`)).status).toBe(401);
  expect((await node.call(undefined, "GET", `/v1/events?token=${ada.token}`)).status).toBe(200);
  expect((await node.call(undefined, "GET", `/v1/events?token=${ada.token}&token=${ada.token}`)).status).toBe(401);
  expect((await node.call(undefined, "GET", "/v1/events?token=x")).status).toBe(401);
});

test("the scheme may be written in any case, and clocks may differ by less than a minute", async () => {
  for (const authorization of [`bearer ${ada.token}`, `BEARER   ${ada.token} `]) {
    expect((await node.call(undefined, "GET", "/v1/users/me", { headers: { authorization } })).status).toBe(200);
  }
  const slow = await mint({ sub: "slow", iat: inSeconds(30), nbf: inSeconds(30), exp: inSeconds(-30) });
  expect((await node.call(slow, "GET", "/v1/users/me")).status).toBe(200);
});

test("claims that make no sense are passed over: they lock nobody out and let nobody in", async () => {
  const token = signed(
    { alg: "HS256" },
    {
      ...claims,
      sub: "odd",
      name: ["x"],
      preferred_username: { a: 1 },
      email: "nobody",
      picture: "javascript:alert(1)",
      admin: "true",
      staff: 1,
      scope: { service: true },
    },
  );
  const { status, body } = await node.call(token, "GET", "/v1/users/me");
  expect([status, body]).toEqual([
    200,
    expect.objectContaining({ display_name: "odd", avatar_url: null, is_admin: false, is_staff: false }),
  ]);
  expect((await node.call(token, "GET", "/v1/agents")).status).toBe(403);
});

test("acting for somebody takes a service token and somebody to act for", async () => {
  const acting = (who: string, as: string) =>
    node.call(who, "GET", "/v1/users/me", { headers: { "parley-act-as": as } });
  const refusals = [
    await acting(ada.token, ada.id),
    await acting(node.host.token, "0195c9a0-0000-7000-8000-0000000000ff"),
    await acting(node.host.token, "ada"),
    await acting(node.host.token, `${ada.id}, ${ada.id}`),
    await acting(node.host.token, ""),
  ];
  for (const refusal of refusals) expectClear(refusal, "Parley-Act-As");
  expect(refusals.map(({ status }) => status)).toEqual([403, 404, 400, 400, 400]);
  expect((await acting(node.host.token, ada.id.toUpperCase())).body).toMatchObject({ id: ada.id });
});

test("a user who is deactivated is out at once, with the token that was good a moment ago", async () => {
  const sub = `gone-${ada.username}`;
  const token = await mint({ sub });
  expect((await node.call(token, "GET", "/v1/users/me")).status).toBe(200);
  await node.done(node.host, "PUT", `/v1/users/${sub}`, { deactivated: true });
  const answer = await node.call(token, "GET", "/v1/users/me");
  expectClear(answer, "a deactivated user");
  expect(answer.status).toBe(401);
  await node.done(node.host, "PUT", `/v1/users/${sub}`, { deactivated: false });
  expect((await node.call(token, "GET", "/v1/users/me")).status).toBe(200);
});
