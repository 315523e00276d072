import { request } from "node:http";
import { problem } from "@parley/protocol";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useTestDatabase } from "./harness/database.ts";
import { serviceToken, startHttp, tokenFor, type HttpHarness } from "./harness/http.ts";

/** Whatever is sent, the answer is one that the API knows: never a 5xx, and every refusal a problem document. */
const store = useTestDatabase();
const RUNS = 150;
let http: HttpHarness;
let service: string;
let user: string;

beforeAll(async () => {
  http = await startHttp(store.database);
  [service, user] = await Promise.all([serviceToken(), tokenFor("fuzzer")]);
});
afterAll(() => http.close());

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly token?: string;
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
}

/** Sends what fetch would tidy up. */
function send({ method, path, token, body, headers = {} }: Sent): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(http.url);
  return new Promise((resolve, reject) => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const options = {
      method,
      path,
      hostname,
      port,
      headers: { ...authorization, "content-type": "application/json", ...headers },
    };
    const asking = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asking.on("error", reject);
    asking.end(body);
  });
}

async function expectKnownAnswer(sent: Sent): Promise<void> {
  const { status, text } = await send(sent);
  expect([status < 500, sent, text]).toEqual([true, sent, text]);
  if (status >= 400) expect(problem.safeParse(JSON.parse(text)).error).toBeUndefined();
}

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc.constantFrom("\0", "\ud800", "%", "_", "\\", "'"),
);
const anyValue = fc.oneof(
  anyText,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.jsonValue({ maxDepth: 5 }),
);
const fields = [
  "username",
  "display_name",
  "slug",
  "avatar_url",
  "locale",
  "contact_policy",
  "kind",
  "is_admin",
  "deactivated",
  "name",
  "expires_at",
  "__proto__",
];
const anyBody = fc.dictionary(fc.oneof(fc.constantFrom(...fields), anyText), anyValue, { maxKeys: 5 });

test("any JSON object as a body", async () => {
  const targets = [
    ["PATCH", "/v1/users/me"],
    ["PUT", "/v1/users/fuzzed"],
    ["POST", "/v1/agents"],
    ["POST", "/v1/agents/0195c9a0-0000-7000-8000-00000000dead/tokens"],
  ] as const;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...targets), anyBody, async ([method, path], body) => {
      await expectKnownAnswer({
        method,
        path,
        token: path.includes("/me") ? user : service,
        body: JSON.stringify(body),
      });
    }),
    { numRuns: RUNS },
  );
});

test("any bytes as a body", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      await expectKnownAnswer({ method: "PATCH", path: "/v1/users/me", token: user, body: Buffer.from(bytes) });
    }),
    { numRuns: RUNS },
  );
});

test("any text in a query", async () => {
  const keys = fc.oneof(fc.constantFrom("q", "limit", "cursor"), anyText);
  const encode = (text: string): string => encodeURIComponent(text.replaceAll(/[\ud800-\udfff]/g, "?"));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(keys, anyText), { maxLength: 4 }), async (pairs) => {
      const query = pairs.map(([key, value]) => `${encode(key)}=${encode(value)}`).join("&");
      await expectKnownAnswer({ method: "GET", path: `/v1/users?${query}`, token: user });
    }),
    { numRuns: RUNS },
  );
});

test("any cursor that looks like one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom("/v1/users", "/v1/agents"), async (value, path) => {
      const cursor = Buffer.from(JSON.stringify(value)).toString("base64url");
      await expectKnownAnswer({ method: "GET", path: `${path}?cursor=${cursor}`, token: service });
    }),
    { numRuns: RUNS },
  );
});

test("any address", async () => {
  const characters = fc.constantFrom(..."abc/?#&=%0123456789ABCDEFef;:@!$'()*+,-._~[]|^");
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: characters, maxLength: 60 }),
      fc.constantFrom("GET", "PUT", "DELETE"),
      async (path, method) => {
        await expectKnownAnswer({ method, path: `/${path}`, token: user });
        await expectKnownAnswer({ method, path: `/v1/users/${path}`, token: user });
      },
    ),
    { numRuns: RUNS },
  );
});

test("any header in place of a token or of whom to act for", async () => {
  const printable = fc.string({
    unit: fc
      .integer({ min: 0x20, max: 0xff })
      .filter((code) => code !== 0x7f)
      .map((code) => String.fromCharCode(code)),
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(printable, printable, async (token, actAs) => {
      await expectKnownAnswer({ method: "GET", path: "/v1/users/me", headers: { authorization: token } });
      await expectKnownAnswer({ method: "GET", path: "/v1/users/me", headers: { authorization: `Bearer ${token}` } });
      await expectKnownAnswer({
        method: "GET",
        path: "/v1/users/me",
        token: service,
        headers: { "parley-act-as": actAs },
      });
      await expectKnownAnswer({
        method: "PATCH",
        path: "/v1/users/me",
        token: user,
        headers: { "content-type": actAs },
        body: "{}",
      });
    }),
    { numRuns: RUNS },
  );
});
