import { chmodSync, existsSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { decodeJwt, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { makeDataDirectory } from "./harness/data-directory.ts";
import { createTestDatabase } from "./harness/database.ts";
import { runCommand, startProcess } from "./harness/process.ts";

let directory: string;
beforeAll(() => {
  directory = makeDataDirectory("parley-test-");
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const secret = "a secret of more than thirty-two bytes";

describe("parley", () => {
  test.each(["start", "migrate", "token", "doctor"])("%s explains itself with --help", async (command) => {
    const { code, output } = await runCommand(directory, [command, "--help"]);
    expect(code).toBe(0);
    expect(output).toContain(`Usage: parley ${command}`);
  });

  test("answers an unknown command with code 2 and what to do", async () => {
    const { code, output } = await runCommand(directory, ["dance"]);
    expect(code).toBe(2);
    expect(output).toMatch(/dance[^]*--help/);
  });

  test("lists every mistake in the settings and starts nothing", async () => {
    const { code, output } = await runCommand(directory, [], { PORT: "x", PARLEY_EDIT_WINDOW: "soon" });
    expect(code).toBe(1);
    expect(output.trim().split("\n")).toEqual([
      "Parley cannot start with these settings:",
      expect.stringMatching(/^ {2}PORT must be a whole number/),
      expect.stringMatching(/^ {2}PARLEY_EDIT_WINDOW must be a duration/),
    ]);
    expect(existsSync(join(directory, "postgres"))).toBe(false);
  });

  test("says in one line that the database cannot be reached", async () => {
    const { code, output } = await runCommand(directory, [], { DATABASE_URL: "postgresql://127.0.0.1:1/none" });
    expect(code).toBe(1);
    expect(output.trim().split("\n")).toEqual([expect.stringContaining("check DATABASE_URL")]);
  });
});

describe("parley token", () => {
  test("prints nothing but a token that the installation's secret verifies", async () => {
    const flags = ["--user", "ada", "--name", "Ada", "--admin", "--ttl", "15m"];
    const { code, output } = await runCommand(directory, ["token", ...flags], {
      PARLEY_JWT_SECRET: secret,
      PARLEY_JWT_ISSUER: "https://id.example.com",
      PARLEY_JWT_AUDIENCE: "parley",
    });
    expect(code).toBe(0);
    const { payload } = await jwtVerify(output.trim(), new TextEncoder().encode(secret), {
      issuer: "https://id.example.com",
      audience: "parley",
    });
    expect(payload).toMatchObject({ sub: "ada", name: "Ada", admin: true });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900);
  });

  test("uses the secret made at the first start, the same every time", async () => {
    const [first, second] = [
      await runCommand(directory, ["token", "--service"]),
      await runCommand(directory, ["token", "--service"]),
    ];
    expect(decodeJwt(first.output.trim())).toMatchObject({ sub: "service", scope: "service" });
    expect(second.output.split(".")[0]).toBe(first.output.split(".")[0]);
  });

  test("asks for whom, and for a duration it understands", async () => {
    expect(await runCommand(directory, ["token"])).toMatchObject({
      code: 1,
      output: expect.stringContaining("--user <id>"),
    });
    expect(await runCommand(directory, ["token", "-u", "a", "--ttl", "soon"])).toMatchObject({ code: 2 });
  });
});

describe("parley migrate", () => {
  test("brings a database to this version, and says when there is nothing to do", async () => {
    const database = await createTestDatabase("empty");
    const variables = { DATABASE_URL: database.connectionString };
    expect(await runCommand(directory, ["migrate", "--dry-run"], variables)).toMatchObject({
      code: 0,
      output: expect.stringContaining("to run: core"),
    });
    expect(await runCommand(directory, ["migrate"], variables)).toMatchObject({
      code: 0,
      output: expect.stringContaining("ran: core"),
    });
    expect(await runCommand(directory, ["migrate"], variables)).toMatchObject({
      output: "the database is up to date\n",
    });
    await database.close();
  });
});

describe("parley doctor", () => {
  test("finds nothing wrong before the first start, while it runs and after", async () => {
    const home = makeDataDirectory("parley-test-");
    const before = await runCommand(home, ["doctor"]);
    expect(before.output).toMatch(/will be made at the first start[^]*nothing is wrong/);
    expect(existsSync(join(home, "postgres"))).toBe(false);
    {
      await using parley = startProcess(home);
      await parley.ready;
      expect((await runCommand(home, ["doctor"])).output).toMatch(/the database is up to date[^]*nothing is wrong/);
    }
    const after = await runCommand(home, ["doctor"]);
    expect(after).toMatchObject({ code: 0, output: expect.stringContaining("PostgreSQL 18") });
    chmodSync(join(home, "secrets", "jwt-secret"), 0o644);
    expect(await runCommand(home, ["doctor"])).toMatchObject({ code: 1, output: expect.stringContaining("chmod go=") });
    rmSync(home, { recursive: true });
  });

  test("names a port in use, bad settings, and a database with fsync off", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const { code, output } = await runCommand(directory, ["doctor"], {
      PORT: String(port),
      DATABASE_URL: inject("postgresUrl"),
    });
    await new Promise((resolve) => server.close(resolve));
    expect(code).toBe(1);
    expect(output).toContain(`port ${port} on 127.0.0.1 is in use by another program`);
    expect(output).toContain("fsync is off");
    expect(output).toContain("migrations to run");
    expect(await runCommand(directory, ["doctor"], { PORT: "x" })).toMatchObject({
      code: 1,
      output: expect.stringContaining("FAIL  PORT"),
    });
  });
});
