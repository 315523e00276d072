import { endpoints, ERROR_CODES, ERRORS, problem, problemType, type Endpoint, type ErrorCode } from "@parley/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import { createTestDatabase, useTestDatabase } from "../harness/database.ts";
import { mint, startNode, type Answered, type TestNode } from "../harness/node.ts";
import { run } from "../harness/rows.ts";
import { BROKEN_STATEMENT, CONNECTION_LOST, makeFaulty } from "./faulty-database.ts";
import { HAPPY_PATHS, makeWorld, type Request, type World } from "./happy-paths.ts";
import { makeStranger } from "./places.ts";

/** Every endpoint with every answer that it may give, and every error that clients are told of. */
const store = useTestDatabase();
let node: TestNode;
let world: World;

beforeAll(async () => {
  node = await startNode(store.database);
  world = await makeWorld(node);
});
afterAll(async () => {
  expect(node.faults()).toEqual([]);
  await node.close();
});

function urlOf({ path }: Endpoint, { params = {}, query = {} }: Request): string {
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => params[name] ?? `missing-${name}`);
  const search = new URLSearchParams(query).toString();
  return search === "" ? filled : `${filled}?${search}`;
}

describe("what endpoints answer", () => {
  test("every answer that is documented is asked for here", () => {
    const asked = new Set(HAPPY_PATHS.map(({ id, status }) => `${id} ${status}`));
    const documented = (Object.values(endpoints) as Endpoint[]).flatMap(({ id, responses }) =>
      Object.keys(responses).map((status) => `${id} ${status}`),
    );
    // Not ready is the node with the faulty database below.
    expect(documented.filter((answer) => !asked.has(answer))).toEqual(["getReadiness 503"]);
  });

  test.each(HAPPY_PATHS.map((path) => [path.id, path.status, path] as const))(
    "%s: %i",
    async (id, status, { request, like }) => {
      const endpoint: Endpoint = endpoints[id];
      const asked = await request(world);
      const answer = await node.call(asked.who, endpoint.method, urlOf(endpoint, asked), { body: asked.body });
      expect([answer.status, answer.status === status ? "" : answer.text]).toEqual([status, ""]);
      expectDocumented(endpoint, answer);
      if (like !== undefined) expect(answer.body).toMatchObject(like as object);
    },
  );
});

/** The answer has what its definition has, and nothing else. */
function expectDocumented({ responses, produces }: Endpoint, { status, headers, body, text }: Answered<unknown>): void {
  const schema = responses[status];
  expect(headers["x-request-id"]).toMatch(/./);
  expect(headers["x-content-type-options"]).toBe("nosniff");
  if (produces !== undefined) expect(headers["content-type"]).toMatch(produces);
  else if (schema === null) expect(text).toBe("");
  else expect(schema?.parse(body)).toEqual(body);
}

type Refusal = () => Promise<Answered<unknown>>;

/** How each code comes about over HTTP. */
const REFUSALS: Readonly<Partial<Record<ErrorCode, Refusal>>> = {
  validation_failed: () => node.call(world.ada, "GET", "/v1/conversations?limit=0"),
  unauthenticated: () => node.call(undefined, "GET", "/v1/users/me"),
  permission_denied: () =>
    node.call(world.grace, "PATCH", `/v1/conversations/${world.group}`, { body: { title: "Mine" } }),
  not_a_member: async () => {
    const body = { kind: "channel", title: "Open", visibility: "public" };
    const { id } = await node.done<{ id: string }>(world.ada, "POST", "/v1/conversations", body);
    return await node.call(world.grace, "POST", `/v1/conversations/${id}/messages`, { body: { content: "hello" } });
  },
  contact_refused: async () => {
    const shy = await node.person("shy");
    return await node.call(world.ada, "POST", "/v1/messages", { body: { recipient_id: shy.id, content: "hello" } });
  },
  edit_window_over: async () => {
    const path = `/v1/conversations/${world.group}/messages`;
    const { id } = await node.done<{ id: string }>(world.ada, "POST", path, { content: "typso" });
    await run(store.database, "UPDATE messages SET created_at = created_at - interval '1 hour' WHERE id = $1", [id]);
    return await node.call(world.ada, "PUT", `${path}/${id}`, { body: { content: "typos" } });
  },
  not_found: () => node.call(world.ada, "GET", `/v1/conversations/${uuidv7()}`),
  method_not_allowed: () => node.call(world.ada, "PUT", "/v1/conversations"),
  conflict: async () => {
    const path = `/v1/conversations/${world.group}/messages`;
    const id = uuidv7();
    await node.done(world.ada, "POST", path, { id, content: "one" });
    return await node.call(world.ada, "POST", path, { body: { id, content: "another" } });
  },
  message_deleted: async () => {
    const path = `/v1/conversations/${world.group}/messages`;
    const { id } = await node.done<{ id: string }>(world.ada, "POST", path, { content: "gone" });
    await node.done(world.ada, "DELETE", `${path}/${id}`);
    return await node.call(world.ada, "PUT", `${path}/${id}`, { body: { content: "back" } });
  },
  transfer_required: () => node.call(world.ada, "POST", `/v1/conversations/${world.group}/leave`),
  too_large: () =>
    node.call(world.ada, "POST", `/v1/conversations/${world.group}/messages`, {
      body: { content: "x".repeat(1_100_000) },
    }),
  unsupported_media_type: () =>
    node.call(world.ada, "PATCH", "/v1/users/me", {
      body: "display_name=Ada",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    }),
  rate_limited: async () => {
    const { id } = await node.done<{ id: string }>(world.ada, "POST", "/v1/conversations", {
      kind: "group",
      title: "Slow",
      member_ids: [world.grace.id],
      settings: { slow_mode_seconds: 600 },
    });
    await node.done(world.grace, "POST", `/v1/conversations/${id}/messages`, { content: "one" });
    return await node.call(world.grace, "POST", `/v1/conversations/${id}/messages`, { body: { content: "two" } });
  },
  internal: () => withFault(BROKEN_STATEMENT),
  overloaded: () => withFault(CONNECTION_LOST),
};

/** The same node on a database that fails. */
async function withFault(error: Error): Promise<Answered<unknown>> {
  await using test = await createTestDatabase();
  const faulty = makeFaulty(test.open());
  const broken = await startNode(faulty.database);
  try {
    const person = await broken.person("ada");
    faulty.failWith(error);
    const readiness = await broken.call(undefined, "GET", "/readyz");
    expect([readiness.status, readiness.body]).toEqual([
      503,
      { status: "not_ready", checks: { database: "failing", bus: "ok" } },
    ]);
    expectDocumented(endpoints.getReadiness, readiness);
    return await broken.call(person, "GET", "/v1/conversations");
  } finally {
    faulty.failWith(undefined);
    await broken.close();
  }
}

describe("what refusals say", () => {
  test("every code of the catalogue is produced here, but for the socket's own", () => {
    expect(ERROR_CODES.filter((code) => !Object.hasOwn(REFUSALS, code))).toEqual(["invalid_frame"]);
  });

  test.each(Object.entries(REFUSALS))("%s", async (name, refuse) => {
    const code = name as ErrorCode;
    const { status, headers, body, text } = await refuse();
    expect([status, headers["content-type"]]).toEqual([ERRORS[code].status, "application/problem+json; charset=utf-8"]);
    const read = problem.parse(body);
    expect(read).toEqual(body);
    expect(read).toMatchObject({ code, status, type: problemType(code), title: ERRORS[code].title });
    expect(read.request_id).toBe(headers["x-request-id"]);
    expect(read.errors !== undefined).toBe(code === "validation_failed");
    expect(headers["retry-after"]).toBe(
      read.retry_after_seconds === undefined ? undefined : String(read.retry_after_seconds),
    );
    if (code === "rate_limited" || code === "overloaded") expect(read.retry_after_seconds).toBeGreaterThan(0);
    if (code === "unauthenticated") expect(headers["www-authenticate"]).toContain("Bearer");
    if (code === "method_not_allowed") expect(headers.allow).toBe("GET, HEAD, POST");
    expect(text).not.toMatch(/hunter2|SELECT|administrator|\bat .*:\d+/);
  });

  test("the limit of sends is a 429 with the time to wait, and the service is not bound by it", async () => {
    await using database = await createTestDatabase();
    const limited = await startNode(database.open(), { PARLEY_RATE_LIMITS: "on", PARLEY_RATE_SENDS: "1/min:3" });
    try {
      const ada = await limited.person("ada");
      const grace = await makeStranger(limited);
      const body = { recipient_id: grace.id, content: "hello" };
      const statuses: number[] = [];
      for (let i = 0; i < 4; i += 1) statuses.push((await limited.call(ada, "POST", "/v1/messages", { body })).status);
      expect(statuses).toEqual([201, 201, 201, 429]);
      expect((await limited.call(limited.actingFor(ada), "POST", "/v1/messages", { body })).status).toBe(201);
    } finally {
      await limited.close();
    }
  });

  test("guesses of tokens are limited by address; who is known still comes in", async () => {
    await using database = await createTestDatabase();
    const limited = await startNode(database.open(), { PARLEY_RATE_LIMITS: "on", PARLEY_RATE_AUTH_FAILURES: "3/min" });
    try {
      const ada = await limited.person("ada");
      const guesses = await Promise.all(
        [1, 2, 3, 4].map((n) => mint({ sub: "ada", n }, "not the secret, but just as long as one has to be")),
      );
      const statuses: number[] = [];
      for (const guess of guesses) statuses.push((await limited.call(guess, "GET", "/v1/users/me")).status);
      expect(statuses).toEqual([401, 401, 401, 429]);
      expect((await limited.call(ada, "GET", "/v1/users/me")).status).toBe(200);
    } finally {
      await limited.close();
    }
  });
});
