import { ERROR_CODES, endpoints } from "@parley/protocol";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addApiReference } from "../src/adapters/http/api-reference.ts";
import { addLandingPage } from "../src/adapters/http/landing-page.ts";
import { describeApi } from "../src/adapters/http/openapi.ts";
import { useTestDatabase } from "./harness/database.ts";
import { startHttp, type HttpHarness } from "./harness/http.ts";

/** What a browser is shown, and what describes the API to machines. */
const store = useTestDatabase();
const logins = [{ name: "Ada <Lovelace>", href: '/demo/ada?"x' }];
let http: HttpHarness;

beforeAll(async () => {
  const pages = [
    addApiReference(Object.values(endpoints), "1.2.3"),
    addLandingPage({ version: "1.2.3", url: () => "http://localhost:8080", logins: () => logins }),
  ];
  http = await startHttp(store.database, { server: { pages } });
});
afterAll(() => http.close());

/** Everything a page names to be loaded or gone to. */
function addressesIn(html: string): string[] {
  return [...html.matchAll(/(?:src|href|action)="([^"]*)"/g)].map(([, address = ""]) => address);
}

describe("the landing page", () => {
  test("says what runs here and where to go; everything it names is there", async () => {
    const { status, text, headers } = await http.ask("GET", "/");
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(text).toContain("1.2.3");
    const addresses = addressesIn(text).filter(
      (address) => !address.startsWith("data:") && !address.startsWith("/demo"),
    );
    expect(addresses).toEqual(expect.arrayContaining(["/docs", "/openapi.json", "/healthz", "/readyz", "/metrics"]));
    for (const address of addresses) expect([address, (await http.ask("GET", address)).status]).toEqual([address, 200]);
  });

  test("shows demo logins, as text and not as markup", async () => {
    const { text } = await http.ask("GET", "/");
    expect(text).toContain("Ada &lt;Lovelace&gt;");
    expect(text).toContain('href="/demo/ada?&quot;x"');
  });

  test("may load nothing but what stands in it", async () => {
    const { headers } = await http.ask("GET", "/");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/style-src 'sha256-[\w+/]+='/);
    expect(policy).not.toMatch(/script-src|unsafe|\*|https?:/);
  });
});

describe("the API reference", () => {
  test("comes from this server alone", async () => {
    const { status, text, headers } = await http.ask("GET", "/docs");
    expect(status).toBe(200);
    expect(text).not.toMatch(/https?:\/\//);
    expect(text).not.toMatch(/<script>| on\w+=/);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    const scripts = addressesIn(text).filter((address) => /\.js(?:\?|$)/.test(address));
    expect(scripts).toEqual(["/docs/scalar.js?v=1.2.3", "/docs/start.js"]);
    for (const script of scripts) {
      const answer = await http.ask("GET", script);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/javascript; charset=utf-8"]);
      expect(answer.text).toContain("createApiReference");
    }
    expect((await http.ask("GET", "/docs/")).headers.get("location")).toBe("/docs");
  });

  test("its script is sent small, and kept by browsers", async () => {
    const response = await fetch(`${http.url}/docs/scalar.js?v=1.2.3`, { headers: { "accept-encoding": "gzip" } });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(response.headers.get("cache-control")).toContain("immutable");
    expect(Number(response.headers.get("content-length"))).toBeLessThan(1_500_000);
    await response.body?.cancel();
  });
});

interface Operation {
  operationId: string;
  summary?: string;
  tags: string[];
  security?: unknown[];
  parameters?: { $ref?: string; name?: string; in?: string }[];
  responses: Record<string, unknown>;
}
interface Document {
  openapi: string;
  info: { version: string };
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, unknown>>;
}

describe("the OpenAPI document", () => {
  const document = describeApi(Object.values(endpoints), "1.2.3") as unknown as Document;
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );

  test("is served as it is", async () => {
    const { body, headers } = await http.ask<Document>("GET", "/openapi.json");
    expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(body).toEqual(JSON.parse(JSON.stringify(document)));
  });

  test("is valid OpenAPI 3.1", async () => {
    const validator = new Validator();
    const result = await validator.validate(structuredClone(document) as unknown as Record<string, unknown>);
    expect(result.errors).toBeUndefined();
    expect([result.valid, validator.version, document.openapi]).toEqual([true, "3.1", "3.1.0"]);
  });

  test("every reference in it leads somewhere", () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, reference = ""]) => reference,
    );
    expect(references.length).toBeGreaterThan(500);
    for (const reference of new Set(references)) {
      const [, , kind = "", name = ""] = reference.split("/");
      expect([reference, document.components[kind]?.[name]]).not.toEqual([reference, undefined]);
    }
  });

  test("has every endpoint once, and nothing else", () => {
    expect(operations.map(({ operation }) => operation.operationId).toSorted()).toEqual(
      Object.keys(endpoints).toSorted(),
    );
    const shapes = Object.keys(document.paths).map((path) => path.replaceAll(/\{\w+\}/g, "{}"));
    expect(new Set(shapes).size).toBe(shapes.length);
  });

  test("every operation says who may call it, what it answers, and names each parameter of its path", () => {
    for (const { path, operation } of operations) {
      const { access } = endpoints[operation.operationId as keyof typeof endpoints];
      expect([operation.operationId, operation.security]).toEqual([
        operation.operationId,
        access === "public" ? [] : undefined,
      ]);
      expect(operation.summary).toBeTruthy();
      expect(Object.keys(operation.responses).some((status) => status.startsWith("2"))).toBe(true);
      if (access !== "public")
        expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(["400", "401", "429", "500", "503"]));
      const named = (operation.parameters ?? [])
        .filter((parameter) => parameter.in === "path")
        .map((parameter) => `{${parameter.name}}`);
      expect([path, named.toSorted()]).toEqual([path, (path.match(/\{\w+\}/g) ?? []).toSorted()]);
    }
  });

  test("every error code has an example", () => {
    expect(Object.keys(document.components["examples"] ?? {}).toSorted()).toEqual([...ERROR_CODES].toSorted());
  });
});
