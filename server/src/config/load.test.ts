import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ConfigurationError } from "./env.ts";
import { loadSettings } from "./load.ts";
import { loadSecrets } from "./secrets.ts";

const directory = mkdtempSync(join(tmpdir(), "parley-config-"));
afterAll(() => rmSync(directory, { recursive: true }));

function mistakesOf(variables: Record<string, string>): readonly string[] {
  try {
    loadSettings(variables);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.mistakes;
    throw error;
  }
  return [];
}

describe("settings", () => {
  test("without any, Parley runs in dev mode on this machine alone", () => {
    const { config, warnings } = loadSettings({});
    expect(config).toMatchObject({
      host: "127.0.0.1",
      port: 8080,
      dev: true,
      embeddedDatabase: true,
      logLevel: "info",
    });
    expect(config.messages).toEqual({ editWindowMs: 900_000, restoreWindowMs: 2_592_000_000, maxContent: 10_000 });
    expect(config.rates?.sends).toEqual({ count: 10, seconds: 1, burst: 60 });
    expect(config.rates?.support.map((rate) => rate.seconds)).toEqual([60, 3_600, 86_400]);
    expect(warnings).toEqual([]);
  });

  test("are frozen", () => {
    const { config } = loadSettings({});
    expect([config, config.auth, config.messages, config.corsOrigins, config.rates].every(Object.isFrozen)).toBe(true);
  });

  test("of an installation, or a public host, switch dev mode off", () => {
    expect(loadSettings({ PARLEY_PUBLIC_URL: "https://talk.example.com" }).config.dev).toBe(false);
    expect(loadSettings({ HOST: "0.0.0.0" }).config.dev).toBe(false);
    expect(loadSettings({ PORT: "9000", PARLEY_LOG_LEVEL: "debug" }).config.dev).toBe(true);
  });

  test("refuse dev mode on a public host", () => {
    expect(mistakesOf({ PARLEY_DEV: "1", HOST: "0.0.0.0" })).toEqual([expect.stringMatching(/^PARLEY_DEV .*HOST=127/)]);
  });

  test("name who may hand tokens to the web app, or switch it off", () => {
    expect(loadSettings({}).config.web).toEqual({ tokenUrl: undefined, signInUrl: undefined, frameOrigins: [] });
    expect(loadSettings({ PARLEY_WEB: "off" }).config.web).toBeUndefined();
    expect(mistakesOf({ PARLEY_WEB_FRAME_ORIGINS: "*" })).toEqual([expect.stringMatching(/name each origin/)]);
  });

  test("report all mistakes together, one line each", () => {
    const mistakes = mistakesOf({
      PORT: "eighty",
      PARLEY_EDIT_WINDOW: "15 minutes",
      PARLEY_RATE_SENDS: "10/s:5",
      PARLEY_LOG_LEVEL: "loud",
      PARLEY_TLS_CERT: "/nowhere/cert.pem",
      PARLEY_CORS_ORIGINS: "https://a.example.com/path",
      PARLEY_TRUST_PROXY: "10.0.0.0/99",
      PARLEY_JWT_SECRET: "short",
      DATABASE_URL: "mysql://localhost",
      NATS_URL: "nats://localhost",
    });
    expect(mistakes.map((line) => line.split(" ")[0]).toSorted()).toEqual([
      "DATABASE_URL",
      "NATS_URL",
      "PARLEY_CORS_ORIGINS",
      "PARLEY_EDIT_WINDOW",
      "PARLEY_JWT_SECRET",
      "PARLEY_LOG_LEVEL",
      "PARLEY_RATE_SENDS",
      "PARLEY_TLS_CERT",
      "PARLEY_TRUST_PROXY",
      "PORT",
    ]);
    expect(mistakes.every((line) => !line.includes("\n"))).toBe(true);
  });

  test("that nobody reads are named, since they are most likely misspelt", () => {
    expect(loadSettings({ PARLEY_RATE_LIMIT: "off" }).warnings).toEqual([
      expect.stringContaining("PARLEY_RATE_LIMIT "),
    ]);
  });

  test("switch the rates off and on", () => {
    expect(loadSettings({ PARLEY_RATE_LIMITS: "off" }).config.rates).toBeUndefined();
  });
});

describe("secrets", () => {
  const long = "x".repeat(40);

  test("may come from a file", () => {
    const file = join(directory, "jwt");
    writeFileSync(file, `${long}\n`);
    expect(loadSettings({ PARLEY_JWT_SECRET_FILE: file }).given.jwtSecret).toBe(long);
    expect(loadSettings({ PARLEY_JWT_SECRET_FILE: file }).config.dev).toBe(false);
    expect(mistakesOf({ PARLEY_JWT_SECRET_FILE: file, PARLEY_JWT_SECRET: long })).toHaveLength(1);
    expect(mistakesOf({ PARLEY_JWT_SECRET_FILE: join(directory, "none") })[0]).toContain("ENOENT");
  });

  test("are never part of what may be logged", () => {
    const { config } = loadSettings({ PARLEY_JWT_SECRET: long, DATABASE_URL: "postgresql://u:hidden@h/d" });
    expect(JSON.stringify(config)).not.toMatch(/hidden|xxxx/);
  });

  test("are made at the first start, readable by their owner alone, and stay", () => {
    const { given } = loadSettings({});
    const first = loadSecrets(given, directory);
    expect(loadSecrets(given, directory)).toEqual(first);
    const folder = join(directory, "secrets");
    expect(readdirSync(folder).toSorted()).toEqual(["database-password", "jwt-secret", "master-key"]);
    for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(folder, "jwt-secret"), "utf8").trim()).toBe(first.jwtSecret);
  });
});
