import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addWebApp, APP_PATHS } from "../src/adapters/http/web-app.ts";
import { useTestDatabase } from "./harness/database.ts";
import { startHttp, type HttpHarness } from "./harness/http.ts";

/** The app's files as the service hands them out; what is in them is web/test's. */
const store = useTestDatabase();
const PAGE = "<!doctype html><title>the app</title>";
const SCRIPT = "export const app = 1;";
let directory = "";
let http: HttpHarness;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "parley-web-"));
  mkdirSync(join(directory, "assets"));
  mkdirSync(join(directory, ".vite"));
  for (const [path, content] of [
    ["index.html", PAGE],
    ["theme.js", "1;"],
    ["widget.js", "2;"],
    ["assets/app-1a2b.js", SCRIPT],
    ["assets/app-1a2b.js.gz", gzipSync(SCRIPT)],
    ["assets/app-1a2b.js.map", "{}"],
    [".vite/manifest.json", "{}"],
  ] as const)
    writeFileSync(join(directory, path), content);
  const app = addWebApp({
    directory,
    version: "1.2.3",
    demoPeople: (host) => (host?.startsWith("127.0.0.1") ? [{ id: "ada", name: "Ada" }] : []),
    signIn: {
      tokenUrl: "https://app.example.com/token",
      signInUrl: undefined,
      frameOrigins: ["https://app.example.com"],
    },
  });
  http = await startHttp(store.database, { server: { pages: [app] } });
});
afterAll(async () => {
  await http.close();
  rmSync(directory, { recursive: true });
});

describe("the page", () => {
  test("is answered under every address of the app, and under no other", async () => {
    const addresses = ["/", ...APP_PATHS.flatMap((part) => [`/${part}`, `/${part}/a/b?c=d`])];
    for (const address of addresses) {
      const { status, text, headers } = await http.ask("GET", address);
      expect([address, status, text]).toEqual([address, 200, PAGE]);
      expect(headers.get("cache-control")).toBe("no-cache");
    }
    for (const address of [
      "/v1/nowhere",
      "/assets/nothing.js",
      "/other",
      "/cat",
      "/.vite/manifest.json",
      "/assets/app-1a2b.js.map",
    ])
      expect([address, (await http.ask("GET", address)).status]).toEqual([address, 404]);
  });

  test("takes scripts and styles from here alone, and none that stand in it", async () => {
    const { headers } = await http.ask("GET", "/c/1");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
    expect(policy).toContain("connect-src 'self' https://app.example.com;");
    expect(policy).not.toMatch(/unsafe|\*|http:/);
  });

  test("may be framed by whom the settings name", async () => {
    const { headers } = await http.ask("GET", "/");
    expect(headers.get("content-security-policy")).toMatch(/frame-ancestors https:\/\/app\.example\.com$/);
    expect(headers.get("x-frame-options")).toBeNull();
    expect((await http.ask("GET", "/v1/users/me")).headers.get("x-frame-options")).toBe("DENY");
  });

  test("is not sent again to who has it", async () => {
    const etag = (await http.ask("GET", "/")).headers.get("etag") ?? "";
    const again = await http.ask("GET", "/search", { headers: { "if-none-match": etag } });
    expect([again.status, again.text]).toEqual([304, ""]);
  });
});

describe("its files", () => {
  test("are kept for ever where their name is that of their content", async () => {
    const { headers } = await http.ask("GET", "/assets/app-1a2b.js");
    expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect((await http.ask("GET", "/theme.js")).headers.get("cache-control")).toBe("no-cache");
  });

  test("are for its own pages, but for the widget, which is for those of others", async () => {
    const own = (await http.ask("GET", "/theme.js")).headers;
    expect([own.get("cross-origin-resource-policy"), own.get("access-control-allow-origin")]).toEqual([
      "same-origin",
      null,
    ]);
    const { headers } = await http.ask("GET", "/widget.js");
    expect(headers.get("cross-origin-resource-policy")).toBe("cross-origin");
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.get("cache-control")).toBe("public, max-age=300");
  });

  test("come as small as the browser takes them", async () => {
    const raw = async (encoding: string) => {
      const response = await fetch(`${http.url}/assets/app-1a2b.js`, { headers: { "accept-encoding": encoding } });
      return {
        encoding: response.headers.get("content-encoding"),
        vary: response.headers.get("vary"),
        text: await response.text(),
      };
    };
    expect(await raw("gzip, br")).toEqual({ encoding: "gzip", vary: "accept-encoding", text: SCRIPT });
    expect(await raw("gzip;q=0, br")).toEqual({ encoding: null, vary: "accept-encoding", text: SCRIPT });
  });
});

test("what the app asks first tells how to sign in", async () => {
  const { body, headers } = await http.ask("GET", "/config.json");
  expect(headers.get("cache-control")).toBe("no-store");
  expect(body).toEqual({
    version: "1.2.3",
    sign_in: {
      demo: [{ id: "ada", name: "Ada" }],
      token_url: "https://app.example.com/token",
      sign_in_url: null,
      frame_origins: ["https://app.example.com"],
    },
  });
});
