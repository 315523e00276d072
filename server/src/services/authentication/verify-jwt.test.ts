import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ParleyError } from "@parley/protocol";
import { SignJWT, UnsecuredJWT, base64url, exportJWK, exportSPKI, generateKeyPair, type JWK } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { KeySetDeps } from "./key-set.ts";
import { createJwtVerifier, type JwtVerifierDeps } from "./verify-jwt.ts";

const SECRET = "a secret of the installation, long enough for HS256";
const ALGORITHMS = ["RS256", "ES256", "EdDSA"] as const;

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
interface SignOptions {
  readonly alg?: string;
  readonly kid?: string;
  readonly key?: Uint8Array | Pair["privateKey"];
  readonly claims?: Record<string, unknown>;
}

/** A provider whose key set, and whose failures, the tests decide. */
const provider = { keys: [] as JWK[], status: 200, body: undefined as string | undefined, silent: false, reads: 0 };
let server: Server;
let url = "";

beforeAll(async () => {
  server = createServer((_request, response) => {
    provider.reads += 1;
    if (provider.silent) return;
    response.writeHead(provider.status, { "content-type": "application/json" });
    response.end(provider.body ?? JSON.stringify({ keys: provider.keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  Object.assign(provider, { keys: [], status: 200, body: undefined, silent: false, reads: 0 });
});

function verifier(deps: Partial<JwtVerifierDeps> = {}, keySet: Partial<KeySetDeps> = {}) {
  return createJwtVerifier({
    secret: SECRET,
    keySet: { url, coolDownMs: 0, retryMs: 0, timeoutMs: 300, ...keySet },
    issuer: undefined,
    audience: undefined,
    ...deps,
  });
}

function sign({ alg = "HS256", kid, key = Buffer.from(SECRET), claims = {} }: SignOptions = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({ sub: "ada", iat: now, exp: now + 600, ...claims })
    .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) })
    .sign(key);
}

/** A key of the provider, and what signs with it. */
async function publish(alg: string, kid: string | undefined = randomBytes(4).toString("hex")) {
  const pair = await generateKeyPair(alg, { extractable: true });
  provider.keys.push({ ...(await exportJWK(pair.publicKey)), alg, use: "sig", ...(kid === undefined ? {} : { kid }) });
  const key = pair.privateKey;
  return { pair, signed: (claims = {}) => sign({ alg, key, claims, ...(kid === undefined ? {} : { kid }) }) };
}

async function refusal(verifying: Promise<unknown>): Promise<ParleyError> {
  try {
    await verifying;
  } catch (error) {
    if (error instanceof ParleyError) return error;
    throw error;
  }
  throw new Error("the token was accepted");
}

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;

describe("the shared secret", () => {
  test("an HS256 token says who holds it", async () => {
    const claims = {
      name: "Ada Lovelace",
      preferred_username: "ada",
      email: "ada@example.com",
      picture: "https://example.com/ada.png",
      admin: true,
      staff: false,
      scope: "openid service",
    };
    expect(await verifier()(await sign({ claims }))).toMatchObject({
      subject: "ada",
      name: "Ada Lovelace",
      preferredUsername: "ada",
      email: "ada@example.com",
      picture: "https://example.com/ada.png",
      isAdmin: true,
      isStaff: false,
      isService: true,
    });
  });

  test("what makes no sense is passed over: only `sub` is needed", async () => {
    const claims = {
      name: 7,
      preferred_username: "\0",
      email: "nobody",
      picture: "javascript:alert(1)",
      admin: "yes",
      scope: 1,
    };
    expect(await verifier()(await sign({ claims }))).toMatchObject({
      subject: "ada",
      name: undefined,
      preferredUsername: undefined,
      email: undefined,
      picture: undefined,
      isAdmin: undefined,
      isService: false,
    });
  });

  test.each([undefined, "", " ada", "a\0b", "a".repeat(256), 7])("a token for %j is for nobody", async (sub) => {
    expect((await refusal(verifier()(await sign({ claims: { sub } })))).code).toBe("unauthenticated");
  });

  test("a token that another secret signed is refused", async () => {
    const forged = await sign({ key: Buffer.from("another secret of the same length, so to speak") });
    expect((await refusal(verifier()(forged))).message).toBe("The token's signature is not valid.");
  });

  test("changed claims are noticed", async () => {
    const [header, , signature] = (await sign()).split(".");
    const forged = `${header}.${base64url.encode(JSON.stringify({ sub: "ada", admin: true }))}.${signature}`;
    expect((await refusal(verifier()(forged))).code).toBe("unauthenticated");
  });

  test.each(["", "x", "a.b.c", "....", "e30.e30.", `${"a".repeat(9_000)}.e30.e30`, "{}", "Bearer x"])(
    "%j is no token",
    async (token) => {
      const error = await refusal(verifier()(token));
      expect(error.code).toBe("unauthenticated");
    },
  );

  test("no error repeats the token", async () => {
    const token = await sign({ claims: { exp: inSeconds(-600) } });
    const error = await refusal(verifier()(token));
    const [, payload = "", signature = ""] = token.split(".");
    for (const text of [error.message, String(error.cause), JSON.stringify(error)]) {
      expect(text).not.toContain(signature);
      expect(text).not.toContain(payload);
    }
  });
});

describe("time", () => {
  test("an expired token is refused, but clocks may differ by a minute", async () => {
    expect((await refusal(verifier()(await sign({ claims: { exp: inSeconds(-62) } })))).message).toBe(
      "The token has expired.",
    );
    const claims = await verifier()(await sign({ claims: { exp: inSeconds(-55) } }));
    expect(claims.expiresAt).toBeLessThan(Date.now());
  });

  test("a token from the future is refused, but clocks may differ by a minute", async () => {
    expect((await refusal(verifier()(await sign({ claims: { nbf: inSeconds(65) } })))).message).toBe(
      "The token is not valid yet.",
    );
    await verifier()(await sign({ claims: { nbf: inSeconds(55) } }));
  });

  test("a token without an end is accepted and says so", async () => {
    expect((await verifier()(await sign({ claims: { exp: undefined } }))).expiresAt).toBeUndefined();
  });
});

describe("issuer and audience", () => {
  const deps = { issuer: "https://id.example.com", audience: "parley" };
  const right = { iss: deps.issuer, aud: ["other", "parley"] };

  test("are checked where they are set", async () => {
    await verifier(deps)(await sign({ claims: right }));
    const { signed } = await publish("RS256");
    await verifier(deps)(await signed(right));
    expect((await refusal(verifier(deps)(await signed({ ...right, iss: "https://evil.example" })))).message).toContain(
      "issuer",
    );
    expect((await refusal(verifier(deps)(await sign({ claims: { ...right, aud: "shop" } })))).message).toContain(
      "audience",
    );
    expect((await refusal(verifier(deps)(await sign()))).code).toBe("unauthenticated");
  });

  test("are not looked at where they are not set", async () => {
    await verifier()(await sign({ claims: { iss: "anyone", aud: "anything" } }));
  });
});

describe("keys of a provider", () => {
  test.each(ALGORITHMS)("%s tokens are verified", async (alg) => {
    const { signed } = await publish(alg);
    expect((await verifier()(await signed())).subject).toBe("ada");
  });

  test.each(ALGORITHMS)("%s tokens of another key with the same id are refused", async (alg) => {
    await publish(alg, "one");
    const { privateKey } = await generateKeyPair(alg);
    const forged = await sign({ alg, kid: "one", key: privateKey });
    expect((await refusal(verifier()(forged))).message).toBe("The token's signature is not valid.");
  });

  test("without a key id every key that fits is tried", async () => {
    await publish("RS256");
    await publish("RS256");
    const { pair } = await publish("RS256");
    await verifier()(await sign({ alg: "RS256", key: pair.privateKey }));
    const { privateKey } = await generateKeyPair("RS256");
    expect((await refusal(verifier()(await sign({ alg: "RS256", key: privateKey })))).code).toBe("unauthenticated");
  });

  test("they are read once and kept", async () => {
    const { signed } = await publish("ES256");
    const verify = verifier();
    for (let i = 0; i < 5; i += 1) await verify(await signed({ n: i }));
    expect(provider.reads).toBe(1);
  });

  test("a new key is found when it is first used", async () => {
    const old = await publish("RS256", "old");
    const verify = verifier();
    await verify(await old.signed());
    const fresh = await publish("RS256", "new");
    await verify(await fresh.signed());
    expect(provider.reads).toBe(2);
  });

  test("a withdrawn key ends when the keys are read again", async () => {
    const { signed } = await publish("RS256", "old");
    const verify = verifier({}, { freshMs: 0 });
    await verify(await signed());
    provider.keys = [];
    await publish("RS256", "new");
    expect((await refusal(verify(await signed({ again: true })))).message).toBe(
      "The token is signed with a key that is not known.",
    );
  });

  test("forged key ids do not become requests to the provider", async () => {
    const { signed } = await publish("ES256");
    const verify = verifier({}, { coolDownMs: 60_000 });
    await verify(await signed());
    const { privateKey } = await generateKeyPair("ES256");
    for (let i = 0; i < 20; i += 1)
      await refusal(verify(await sign({ alg: "ES256", kid: `forged ${i}`, key: privateKey })));
    expect(provider.reads).toBe(1);
  });

  test("while the provider does not answer, known keys go on working", async () => {
    const { signed } = await publish("EdDSA");
    const verify = verifier({}, { freshMs: 0 });
    await verify(await signed());
    provider.status = 500;
    await verify(await signed({ again: true }));
  });

  test.each([
    ["answers 500", { status: 500 }],
    ["answers no JSON", { body: "<html>" }],
    ["answers JSON without keys", { body: "[]" }],
    ["answers without end", { body: `{"keys":[],"x":"${"x".repeat(1_100_000)}"}` }],
    ["does not answer", { silent: true }],
  ])("a provider that %s makes it unavailable, not unauthenticated, and is not asked by everyone", async (_, state) => {
    const { signed } = await publish("RS256");
    Object.assign(provider, state);
    const verify = verifier({}, { retryMs: 60_000 });
    for (let i = 0; i < 5; i += 1) expect((await refusal(verify(await signed({ n: i })))).code).toBe("overloaded");
    expect(provider.reads).toBe(1);
  });
});

describe("algorithms", () => {
  test("`none` is refused, however it is written", async () => {
    await publish("RS256");
    const unsigned = new UnsecuredJWT({ sub: "ada", admin: true }).encode();
    const [, payload] = unsigned.split(".");
    for (const alg of ["none", "None", "NONE", "nOnE"]) {
      const header = base64url.encode(JSON.stringify({ alg }));
      for (const signature of ["", "AAAA"]) {
        expect((await refusal(verifier()(`${header}.${payload}.${signature}`))).code).toBe("unauthenticated");
      }
    }
  });

  test("a public key is not taken for the secret of an HMAC (algorithm confusion)", async () => {
    const { pair } = await publish("RS256", "one");
    const pem = await exportSPKI(pair.publicKey);
    const jwk = JSON.stringify(provider.keys[0]);
    for (const key of [pem, pem.trim(), jwk, String(provider.keys[0]?.n)]) {
      const forged = await sign({ alg: "HS256", kid: "one", key: Buffer.from(key) });
      expect((await refusal(verifier()(forged))).code).toBe("unauthenticated");
    }
  });

  test("a symmetric key in the provider's set verifies nothing", async () => {
    const secret = randomBytes(32);
    provider.keys.push({ kty: "oct", kid: "shared", alg: "HS256", k: secret.toString("base64url") });
    expect((await refusal(verifier()(await sign({ alg: "HS256", kid: "shared", key: secret })))).code).toBe(
      "unauthenticated",
    );
  });

  test.each(["HS384", "HS512"])("%s with the right secret is not what was agreed", async (alg) => {
    const key = Buffer.from(SECRET.repeat(2));
    const error = await refusal(verifier({ secret: SECRET.repeat(2) })(await sign({ alg, key })));
    expect(error.message).toBe("The token's algorithm is not accepted here.");
  });

  test("without a provider only the secret counts", async () => {
    const { signed } = await publish("RS256");
    expect((await refusal(verifier({ keySet: undefined })(await signed()))).code).toBe("unauthenticated");
    await verifier({ keySet: undefined })(await sign());
    expect(provider.reads).toBe(0);
  });

  test("critical headers that are not understood are refused", async () => {
    const token = await new SignJWT({ sub: "ada" })
      .setProtectedHeader({ alg: "HS256", crit: ["exp2"], exp2: 1 })
      .sign(Buffer.from(SECRET), { crit: { exp2: true } });
    expect((await refusal(verifier()(token))).code).toBe("unauthenticated");
  });
});
