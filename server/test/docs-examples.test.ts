import { spawnSync } from "node:child_process";
import { Script } from "node:vm";
import { command, endpoints, problem, serverFrame, type Endpoint } from "@parley/protocol";
import { describe, expect, test } from "vitest";
import type * as z from "zod";
import { createJwtVerifier } from "../src/services/authentication/verify-jwt.ts";
import { documentationFiles, readMarkdown, ROOT, type CodeBlock } from "./harness/markdown.ts";

describe("JSON in the documentation is what it stands for", () => {
  const paths = documentationFiles().filter((path) => /^docs\/(guides|reference)\//.test(path));
  const examples = paths
    .map(readMarkdown)
    .flatMap(({ path, blocks }) =>
      blocks.filter(({ language }) => language === "json").map((block) => [`${path}:${block.line}`, block] as const),
    );

  test("there are some", () => expect(examples.length).toBeGreaterThan(10));

  test.each(examples)("%s", (_, block) => {
    const value = completed(JSON.parse(block.code));
    const schema = schemaOf(block, value);
    expect(problemsIn(schema, value)).toEqual([]);
  });
});

describe("the code of embedding.md signs tokens that Parley takes", () => {
  const secret = "a secret of more than thirty-two bytes";
  const code = readMarkdown("docs/guides/embedding.md").blocks.filter(({ language }) => language === "js");
  const [userToken = "", serviceToken = ""] = run(`${code.map((block) => block.code).join("\n")}
    console.log(await tokenFor({ id: "customer-17", name: "Ada", avatarUrl: "https://cdn.example.com/ada.png" }));
    console.log(serviceToken);`);
  const verify = createJwtVerifier({ secret, keySet: undefined, issuer: undefined, audience: undefined });

  test("of users", async () => {
    const claims = await verify(userToken);
    expect(claims).toMatchObject({ subject: "customer-17", name: "Ada", isService: false });
    expect((claims.expiresAt ?? 0) - (claims.issuedAt ?? 0)).toBe(3_600_000);
  });

  test("of the backend", async () => {
    expect(await verify(serviceToken)).toMatchObject({ isService: true });
  });

  function run(script: string): string[] {
    const options = {
      cwd: ROOT,
      input: script,
      encoding: "utf8",
      env: { ...process.env, PARLEY_JWT_SECRET: secret },
    } as const;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module"], options);
    if (stdout === "") throw new Error(stderr);
    return stdout.trim().split("\n");
  }
});

test("the code of socket.md can be read", () => {
  const scripts = readMarkdown("docs/guides/socket.md").blocks.filter(({ language }) => language === "js");
  expect(scripts.length).toBeGreaterThan(0);
  for (const { code } of scripts) expect(() => new Script(code)).not.toThrow();
});

/** `json sendMessage body` and `json listChanges response` name their endpoint; frames name themselves. */
function schemaOf({ info }: CodeBlock, value: unknown): z.ZodType {
  const [id = "", part] = info.split(" ");
  if (id === "problem") return problem;
  if (id === "") return isCommand(value) ? command : isFrame(value) ? serverFrame : problem;
  const endpoint = (endpoints as Record<string, Endpoint>)[id];
  const schema = part === "body" ? endpoint?.body : (endpoint?.responses[200] ?? endpoint?.responses[201]);
  if (!schema) throw new Error(`${info}: there is no such endpoint, or it has no ${part}`);
  return schema;
}

const COMMANDS = new Set(command.options.map((option) => option.shape.type.value as string));

function isCommand(value: unknown): boolean {
  return isFrame(value) && COMMANDS.has((value as { type: string }).type);
}

/** Problems have a `type`, too, which is an address. */
function isFrame(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    typeof value.type === "string" &&
    !value.type.includes(":")
  );
}

const ANYTHING = "…";

/** An id that is cut off is written out. */
function completed(value: unknown): unknown {
  if (typeof value === "string")
    return /^[0-9a-f]{8}-…$/.test(value) ? value.replace("…", "0000-7000-8000-000000000001") : value;
  if (Array.isArray(value)) return value.map(completed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [completed(key), completed(inner)]));
}

/** What the schema finds wrong, apart from fields that `"…": "…"` says are left out. */
function problemsIn(schema: z.ZodType, value: unknown): string[] {
  const issues = schema.safeParse(withoutEllipses(value)).error?.issues ?? [];
  return issues
    .filter(({ path }) => !isLeftOut(value, path))
    .map(({ path, message }) => `${path.join(".")}: ${message}`);
}

function isLeftOut(value: unknown, path: readonly PropertyKey[]): boolean {
  const [key, ...rest] = path;
  if (key === undefined || typeof value !== "object" || value === null) return false;
  const inner = (value as Record<PropertyKey, unknown>)[key];
  return rest.length === 0 ? inner === undefined && ANYTHING in value : isLeftOut(inner, rest);
}

function withoutEllipses(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEllipses);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (key === ANYTHING ? [] : [[key, withoutEllipses(inner)]])),
  );
}
