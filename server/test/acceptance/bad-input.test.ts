import { LIMITS, type Endpoint, type Problem } from "@parley/protocol";
import fc from "fast-check";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type * as z from "zod";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { useTestDatabase } from "../harness/database.ts";
import { startNode, type Person, type TestNode } from "../harness/node.ts";
import {
  examplesIn,
  expectClear,
  expectHarmless,
  fieldsOf,
  NASTY_CURSORS,
  NASTY_TEXTS,
  NASTY_VALUES,
  typeOf,
  withValue,
  type Example,
} from "./bad-input.ts";
import { makeWorld, type World } from "./happy-paths.ts";

/** Whatever is sent, the answer is a clear refusal: never a fault, never a word about how the service is made. */
const store = useTestDatabase();
let node: TestNode;
let world: World;
let administrator: Person;
let examples: readonly Example[];

beforeAll(async () => {
  node = await startNode(store.database);
  administrator = await node.person("administrator", { admin: true });
});
// What comes through may well delete something.
beforeEach(async () => {
  world = await makeWorld(node);
  await node.done(node.host, "POST", `/v1/conversations/${world.group}/members`, {
    user_id: administrator.id,
    role: "admin",
  });
  examples = examplesIn(world, administrator);
});
afterAll(async () => {
  expect((await node.call(undefined, "GET", "/readyz")).status).toBe(200);
  expect(node.faults()).toEqual([]);
  await node.close();
});

const withBody = (): readonly (Example & { endpoint: Endpoint & { body: z.ZodType } })[] =>
  examples.filter(
    (example): example is Example & { endpoint: Endpoint & { body: z.ZodType } } => example.endpoint.body !== undefined,
  );

/** Many at once, but not all. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const worker = async (): Promise<void> => {
    for (let item = rest.pop(); item !== undefined; item = rest.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

describe("bodies", () => {
  test(
    "with something else in a field than what belongs there, in every field of every endpoint",
    { timeout: 60_000 },
    async () => {
      let [refused, taken] = [0, 0];
      const cases = withBody().flatMap((example) =>
        fieldsOf(example.endpoint.body).flatMap((field) => NASTY_VALUES.map((value) => ({ example, field, value }))),
      );
      await inParallel(cases, async ({ example, field, value }) => {
        const { endpoint, who, path } = example;
        const body = withValue(example.body, field.path, value);
        const what = `${endpoint.id} with ${JSON.stringify(value).slice(0, 60)} as ${field.path.join(".") || "body"}`;
        const answer = await node.call(who, endpoint.method, path, { body: JSON.stringify(body) });
        const isRightType = field.types === undefined || field.types.has(typeOf(value));
        if (isRightType && endpoint.body.safeParse(body).success) {
          taken += 1;
          expectHarmless(answer, what);
          return;
        }
        refused += 1;
        expectClear(answer, what);
        const { code, errors = [] } = answer.body as unknown as Problem;
        expect([answer.status, code], what).toEqual([400, "validation_failed"]);
        expect(errors.length, what).toBeGreaterThan(0);
        for (const error of errors) expect(error.path, what).toMatch(/^body/);
      });
      expect(refused).toBeGreaterThan(1_000);
      expect(taken).toBeGreaterThan(100);
    },
  );

  test("without a field that is needed, and with one that is not known", async () => {
    await inParallel(withBody(), async ({ endpoint, who, path, body }) => {
      const answer = await node.call(who, endpoint.method, path, { body: { ...(body as object), no_such_field: 1 } });
      expectClear(answer, `${endpoint.id} with an unknown field`);
      expect(answer.text).toContain("body.no_such_field");
      for (const name of Object.keys(body as object)) {
        const less = Object.fromEntries(Object.entries(body as object).filter(([key]) => key !== name));
        const without = await node.call(who, endpoint.method, path, { body: less });
        if (endpoint.body.safeParse(less).success) expectHarmless(without, `${endpoint.id} without ${name}`);
        else expectClear(without, `${endpoint.id} without ${name}`);
      }
    });
  });

  const NO_JSON: readonly (readonly [string, string | Buffer])[] = [
    ["half an object", "{"],
    ["two objects", "{}{}"],
    ["a comma too many", '{"a":1,}'],
    ["a comment", "{/* */}"],
    ["single quotes", "{'a':1}"],
    ["NaN", '{"a":NaN}'],
    ["a text", '"hello"'],
    ["a number", "1"],
    ["null", "null"],
    ["a list", "[]"],
    ["words", "hello"],
    ["a form", "a=1&b=2"],
    ["XML", "<a/>"],
    ["zeros", Buffer.alloc(100)],
    ["invalid UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    ["half a character", Buffer.from([0x7b, 0x22, 0xf0, 0x9f, 0x22, 0x3a, 0x31, 0x7d])],
    ["an encoded surrogate", Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
    ["UTF-16", Buffer.from('{"a":1}', "utf16le")],
    ["a key that reaches the prototype", '{"__proto__":{"admin":true}}'],
    ["one deeper down", '{"metadata":{"constructor":{"prototype":{"admin":true}}}}'],
    ["a NUL in a key", String.raw`{"\u0000":1}`],
    ["half a pair in a key", String.raw`{"\ud83d":1}`],
    ["a hundred levels", "[".repeat(100) + "]".repeat(100)],
    ["a hundred thousand levels", "[".repeat(100_000) + "]".repeat(100_000)],
    ["a hundred thousand objects", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`],
    ["two hundred thousand numbers", `[${"1,".repeat(200_000)}1]`],
    ["a number beyond all numbers", `{"a":1e400,"b":${"9".repeat(5_000)}}`],
  ];

  test.each(NO_JSON)("that are %s", async (what, body) => {
    await inParallel(withBody(), async ({ endpoint, who, path }) => {
      const answer = await node.call(who, endpoint.method, path, { body });
      expectClear(answer, `${endpoint.id} with ${what}`);
      expect(answer.status).toBe(400);
    });
  });

  test("that are none: what can do without, does", async () => {
    await inParallel(withBody(), async ({ endpoint, who, path }) => {
      for (const headers of [{}, { "content-type": "application/json" }]) {
        const answer = await node.call(who, endpoint.method, path, { headers });
        if (endpoint.body.safeParse(undefined).success) expectHarmless(answer, `${endpoint.id} without a body`);
        else expectClear(answer, `${endpoint.id} without a body`);
      }
    });
  });

  test("larger than 1 MiB are 413; just as large are read", async () => {
    await inParallel(withBody(), async ({ endpoint, who, path }) => {
      const fill = (size: number): string => `{"no_such_field":"${"x".repeat(size - 20)}"}`;
      const exact = fill(LIMITS.body);
      expect(exact.length).toBe(LIMITS.body);
      expect((await node.call(who, endpoint.method, path, { body: exact })).status, endpoint.id).toBe(400);
      const larger = await node.call(who, endpoint.method, path, { body: `${exact} ` });
      expectClear(larger, `${endpoint.id} with 1 MiB and a byte`);
      expect(larger.status).toBe(413);
    });
  });

  test.each([
    ["text/plain", {}],
    ["application/x-www-form-urlencoded", {}],
    ["multipart/form-data; boundary=x", {}],
    ["application/xml", {}],
    ["application/jsonp", {}],
    ["application/json; charset=utf-16", {}],
    ["application/json; charset=latin1", {}],
    ["nonsense", {}],
    ["application/json", { "content-encoding": "gzip" }],
    ["application/json", { "content-encoding": "br, br, br" }],
  ])("of type %s %o are 415", async (type, headers) => {
    await inParallel(withBody(), async ({ endpoint, who, path, body }) => {
      const answer = await node.call(who, endpoint.method, path, {
        body,
        headers: { "content-type": type, ...headers },
      });
      expectClear(answer, `${endpoint.id} with ${type}`);
      expect(answer.status).toBe(415);
    });
  });

  test("where none belongs are not read, whatever they are", async () => {
    const odd = [
      { body: "{" },
      { body: '{"a":1}' },
      { body: "x".repeat(1_000) },
      { body: "x", headers: { "content-type": "text/plain" } },
      { body: "x", headers: { "content-type": "/" } },
      { body: "x", headers: { "content-encoding": "gzip" } },
      { body: "x".repeat(LIMITS.body + 1) },
    ];
    await inParallel(
      examples.filter(({ endpoint }) => endpoint.body === undefined && endpoint.id !== "streamEvents"),
      async ({ endpoint, who, path }) => {
        for (const asked of odd) {
          const answer = await node.call(who, endpoint.method, path, asked);
          expectHarmless(answer, `${endpoint.id} with a body`);
          expect([413, 415], endpoint.id).not.toContain(answer.status);
          expect(answer.text, endpoint.id).not.toContain('"body');
        }
      },
    );
  });
});

describe("parameters", () => {
  test("in a path that are no ids, in every path", async () => {
    const cases = examples.flatMap((example) => {
      const names = [...example.endpoint.path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
      return names.flatMap((name) => NASTY_TEXTS.map((text) => ({ example, name, text })));
    });
    await inParallel(cases, async ({ example: { endpoint, who, body }, name, text }) => {
      const others = endpoint.example?.params ?? {};
      const path = endpoint.path.replaceAll(/:(\w+)/g, (_, each: string) =>
        each === name ? text : encodeURIComponent(others[each] ?? ""),
      );
      const what = `${endpoint.id} with ${text.slice(0, 40)} as ${name}`;
      const answer = await node.call(who, endpoint.method, path, { body });
      const isText = name === "external_id" || name === "reaction";
      if (isText || /^[0f-]{36}$/.test(text)) expectHarmless(answer, what);
      else {
        expectClear(answer, what);
        expect([400, 404], what).toContain(answer.status);
      }
    });
  });

  test("in a query, in every query: nonsense, twice, and without a value", async () => {
    const cases = examples.flatMap((example) =>
      Object.keys(example.endpoint.query?.shape ?? {}).map((name) => ({ example, name })),
    );
    expect(cases.length).toBeGreaterThan(50);
    await inParallel(cases, async ({ example: { endpoint, who, path }, name }) => {
      const [bare = ""] = path.split("?");
      // Users are listed in another order where something is looked for.
      const needed = ["searchMessages", "listUsers"].includes(endpoint.id) && name !== "q" ? "q=hello&" : "";
      const texts = name === "cursor" ? [...NASTY_TEXTS, ...NASTY_CURSORS] : NASTY_TEXTS;
      for (const text of texts) {
        const what = `${endpoint.id} with ${name}=${text.slice(0, 60)}`;
        const answer = await node.call(who, endpoint.method, `${bare}?${needed}${name}=${text}`);
        expectHarmless(answer, what);
        if (["limit", "archived", "unread", "kind", "status"].includes(name)) expect(answer.status, what).toBe(400);
        if (name.endsWith("_id") && answer.status === 200) expect(text, what).toMatch(/^[0f-]{36}$/);
      }
      for (const query of [`${name}=1&${name}=2`, name, `${name}=`, `${name}[]=1`, `${name}=1&${"&".repeat(500)}`]) {
        expectHarmless(
          await node.call(who, endpoint.method, `${bare}?${needed}${query}`),
          `${endpoint.id}?${query.slice(0, 60)}`,
        );
      }
      const twice = await node.call(who, endpoint.method, `${bare}?${needed}${name}=1&${name}=1`);
      expect(twice.status, `${endpoint.id} with ${name} twice`).toBe(400);
    });
  });

  test("of a query that nobody asked for are passed over; broken encoding is refused", async () => {
    await inParallel(
      examples.filter(({ endpoint }) => endpoint.method === "GET" && endpoint.id !== "streamEvents"),
      async ({ endpoint, who, path }) => {
        const [bare = ""] = path.split("?");
        const search = path.includes("?") ? `${path.slice(bare.length + 1)}&` : "";
        expectHarmless(
          await node.call(who, "GET", `${bare}?${search}no_such_key=1&__proto__=x&constructor=y`),
          `${endpoint.id} with unknown keys`,
        );
        for (const broken of ["%", "a=%E0%A4%A", "%FF=1", "a=%C3%28"]) {
          const answer = await node.call(who, "GET", `${bare}?${search}${broken}`);
          if (endpoint.query === undefined) expectHarmless(answer, `${endpoint.id}?${broken}`);
          else expectClear(answer, `${endpoint.id}?${broken}`);
        }
      },
    );
  });

  test("an address as odd as can be", async () => {
    const odd = [
      "/",
      "//",
      "/v1",
      "/v1/",
      "/v1//conversations",
      "/v1/conversations/",
      "/v1/../v1/conversations",
      "/v1/./conversations",
      "/V1/Conversations",
      "/v1/conversations;a=b",
      "/v1/conversations%2f",
      "/v1/conversations/%2e%2e",
      "/v1/users/me/",
      "/%",
      "/%00",
      "/\\..\\..",
      "/v1/conversations#x",
      `/${"a/".repeat(2_000)}`,
      `/v1/conversations/${"x".repeat(8_000)}`,
      "/v1/messages/__proto__/thread",
      "/v1/messages/constructor/reactions",
      "/.env",
      "/openapi.json/x",
      "*",
      "http://elsewhere.example/v1/conversations",
    ];
    for (const path of odd) expectHarmlessPage(await node.call(administrator, "GET", path), path);
  });

  test("a method that an address does not have is 405, with those it has", async () => {
    const paths = new Map<string, Set<string>>();
    for (const { endpoint, path } of examples) {
      const [bare = ""] = path.split("?");
      paths.set(bare, (paths.get(bare) ?? new Set()).add(endpoint.method));
    }
    await inParallel([...paths], async ([path, methods]) => {
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "PURGE", "SEARCH"]) {
        if (methods.has(method) || (method === "GET" && methods.has("HEAD"))) continue;
        const answer = await node.call(administrator, method, path);
        // What is an id in one address is a name in another.
        if (answer.status !== 405 && method !== "TRACE") expectHarmless(answer, `${method} ${path}`);
        else {
          expectClear(answer, `${method} ${path}`);
          expect((answer.headers.allow ?? "").split(", "), `${method} ${path}`).toEqual(
            expect.arrayContaining([...methods]),
          );
        }
      }
    });
  });
});

/** Pages beside the API answer in their own way. */
function expectHarmlessPage(answer: Parameters<typeof expectHarmless>[0], what: string): void {
  const isPage = answer.status < 400;
  if (isPage) expect(answer.status, what).toBeGreaterThanOrEqual(200);
  else expectClear(answer, what);
}

describe("headers", () => {
  test("Idempotency-Key is a UUID, and the same as the id of the body", async () => {
    const path = `/v1/conversations/${world.group}/messages`;
    const one = "0195c9a0-0000-7000-8000-00000000aaa1";
    for (const [key, id] of [
      ["x", undefined],
      ["", undefined],
      ["1, 2", undefined],
      ["' OR 1=1", undefined],
      [one, one.replace("aaa1", "aaa2")],
    ] as const) {
      const answer = await node.call(world.ada, "POST", path, {
        body: { content: "hi", ...(id ? { id } : {}) },
        headers: { "idempotency-key": key },
      });
      expectClear(answer, `Idempotency-Key: ${key}`);
      expect(answer.text).toContain("headers.idempotency-key");
    }
    expect(
      (
        await node.call(world.ada, "POST", path, {
          body: { content: "hi" },
          headers: { "idempotency-key": ` ${one} ` },
        })
      ).status,
    ).toBe(201);
  });

  test("odd ones change nothing", async () => {
    const odd = {
      "x-forwarded-for": "1.2.3.4, garbage, ::1",
      "x-request-id": "chosen\tby me",
      accept: "application/xml",
      "accept-encoding": "x",
      range: "bytes=0-0",
      "if-none-match": "*",
      "x-http-method-override": "DELETE",
      expect: "the-unexpected",
      host: "elsewhere.example",
      origin: "null",
      cookie: "a=b; ".repeat(100),
      te: "trailers",
      "last-event-id": "\u00ff",
    };
    for (const [name, value] of Object.entries(odd)) {
      const answer = await node.call(world.ada, "GET", "/v1/users/me", { headers: { [name]: value } });
      expect([answer.status, answer.headers["x-request-id"] === value], name).toEqual([200, false]);
    }
  });
});

test("seeded random bodies", { timeout: 60_000 }, async () => {
  const nasty = fc.constantFrom(...NASTY_VALUES);
  const bodies = withBody();
  const body = fc.constantFrom(...bodies).chain((example) => {
    const keys = Object.keys((example.endpoint.body as { shape?: object }).shape ?? (example.body as object));
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      nasty,
      fc.constantFrom(...Object.values(example.body as object)),
      fc.string({ unit: "binary" }),
    );
    const fields = fc.dictionary(
      fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...keys, "kind", "id") }, fc.string()),
      value,
      { maxKeys: 6 },
    );
    return fields.map((some) => ({ example, body: { ...(example.body as object), ...some } }));
  });
  const sending = fc.asyncProperty(body, async ({ example: { endpoint, who, path }, body }) => {
    expectHarmless(
      await node.call(who, endpoint.method, path, { body: JSON.stringify(body) }),
      `${endpoint.id} with ${JSON.stringify(body)}`,
    );
  });
  await fc.assert(sending, {
    seed: 20_260_301,
    numRuns: 6_000,
    interruptAfterTimeLimit: 15_000,
    markInterruptAsFailure: false,
  });
});

test("bad requests leave nothing behind in memory", { timeout: 60_000 }, async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const path = `/v1/conversations/${world.group}/messages`;
  const storm = async (count: number): Promise<number> => {
    const numbers = Array.from({ length: count }, (_, n) => n);
    await inParallel(numbers, async (n) => {
      await node.call(world.ada, "POST", path, { body: `{"content":"${"x".repeat(20_000)}${n}"` });
      await node.call(`${n}.x.y`, "GET", `/v1/nowhere/${n}?${n}=${n}`);
      await node.call(`parley_agent_${n}`, "GET", "/v1/users/me");
    });
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await storm(300);
  const after = await storm(1_500);
  expect((after - before) / 1_048_576).toBeLessThan(16);
});
