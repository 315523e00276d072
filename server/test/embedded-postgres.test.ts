import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { runningServer, startEmbeddedPostgres } from "../src/store/postgres/embedded.ts";
import { isAlive, ownIdentity } from "../src/store/postgres/embedded/processes.ts";
import { makeDataDirectory } from "./harness/data-directory.ts";
import { onServer } from "./harness/on-server.ts";
import { startProcess } from "./harness/process.ts";

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function freshDirectory(): string {
  const directory = makeDataDirectory("parley-test-");
  directories.push(directory);
  return directory;
}

const password = "test";
const isRoot = process.getuid?.() === 0;

function urlOf(directory: string): string {
  const secret = readFileSync(join(directory, "secrets", "database-password"), "utf8").trim();
  const url = runningServer(directory, secret);
  if (url === undefined) throw new Error("no server runs");
  return url;
}

function serverPid(directory: string): number {
  return Number(readFileSync(join(directory, "postgres", "postmaster.pid"), "utf8").split("\n")[0]);
}

test("fsync is on, and what listens is nothing but a socket in the data directory", async () => {
  await using server = await startEmbeddedPostgres({ directory: freshDirectory(), password });
  const [row] = await onServer<Record<string, string>>(
    server.connectionString,
    "select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit, current_setting('listen_addresses') as addresses",
  );
  expect(row).toEqual({ fsync: "on", commit: "on", addresses: "" });
  await expect(onServer(server.connectionString.replace(password, "wrong"), "select 1")).rejects.toThrow(/password/);
});

test("when Node is killed, the next start ends the server it left behind and finds what was committed", async () => {
  const directory = freshDirectory();
  const first = startProcess(directory);
  await first.ready;
  await onServer(urlOf(directory), "create table kept (n int)");
  await onServer(urlOf(directory), "insert into kept values (1)");
  const orphan = serverPid(directory);
  first.kill("SIGKILL");
  await first.exited;
  expect(isAlive(orphan)).toBe(true);

  await using second = startProcess(directory);
  await second.ready;
  expect(isAlive(orphan)).toBe(false);
  expect(await onServer(urlOf(directory), "select n from kept")).toEqual([{ n: 1 }]);
});

test("when PostgreSQL is killed together with Node, the next start recovers", async () => {
  const directory = freshDirectory();
  const first = startProcess(directory);
  await first.ready;
  await onServer(urlOf(directory), "create table kept (n int)");
  await onServer(urlOf(directory), "insert into kept values (1)");
  process.kill(serverPid(directory), "SIGKILL");
  first.kill("SIGKILL");
  await first.exited;

  await using second = startProcess(directory);
  await second.ready;
  expect(await onServer(urlOf(directory), "select n from kept")).toEqual([{ n: 1 }]);
});

test("a second Parley on the same data directory is refused with one line, and the first goes on", async () => {
  const directory = freshDirectory();
  await using first = startProcess(directory);
  await first.ready;
  const second = startProcess(directory);
  expect(await second.exited).toBe(1);
  const lines = second.output().trim().split("\n");
  expect(lines).toEqual([expect.stringContaining(`another Parley (process ${first.pid}) already uses ${directory}`)]);
  expect(await onServer(urlOf(directory), "select 1 as n")).toEqual([{ n: 1 }]);
});

test("of many that start at once on one directory exactly one gets it", async () => {
  const directory = freshDirectory();
  writeFileSync(join(directory, "parley.lock"), JSON.stringify({ pid: 999_999_999, started: "long ago" }));
  const processes = Array.from({ length: 4 }, () => startProcess(directory));
  const outcomes = await Promise.allSettled(processes.map(({ ready }) => ready));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  await Promise.all(processes.map((one) => one[Symbol.asyncDispose]()));
});

test("SIGTERM stops both, and leaves neither lock nor server", async () => {
  const directory = freshDirectory();
  const parley = startProcess(directory);
  await parley.ready;
  const pid = serverPid(directory);
  parley.kill("SIGTERM");
  expect(await parley.exited).toBe(0);
  expect(isAlive(pid)).toBe(false);
  expect(lstatSync(join(directory, "parley.lock"), { throwIfNoEntry: false })).toBeUndefined();
});

test("a server that dies alone is started again", async () => {
  await using server = await startEmbeddedPostgres({ directory: freshDirectory(), password });
  const first = server.pid();
  process.kill(first, "SIGKILL");
  await expect.poll(() => server.pid(), { timeout: 20_000 }).not.toBe(first);
  expect(await onServer(server.connectionString, "select 1 as n")).toEqual([{ n: 1 }]);
});

test("a server that dies and cannot be started is tried again until it can, and stopping does not wait for that", async () => {
  const directory = freshDirectory();
  const said: string[] = [];
  await using server = await startEmbeddedPostgres({ directory, password, log: (line) => said.push(line) });
  const first = server.pid();
  const settings = join(directory, "postgres", "postgresql.auto.conf");
  const sound = readFileSync(settings, "utf8");
  writeFileSync(settings, "nonsense");
  process.kill(first, "SIGKILL");
  await expect.poll(() => said.filter((line) => line.includes("tried again")).length, { timeout: 20_000 }).toBe(3);
  expect(server.pid()).toBe(first);
  writeFileSync(settings, sound);
  await expect.poll(() => server.pid(), { timeout: 20_000 }).not.toBe(first);
  expect(await onServer(server.connectionString, "select 1 as n")).toEqual([{ n: 1 }]);

  writeFileSync(settings, "nonsense");
  process.kill(server.pid(), "SIGKILL");
  await expect.poll(() => said.filter((line) => line.includes("tried again")).length, { timeout: 20_000 }).toBe(4);
  await server.stop();
});

test("a server that dies while the clock is set forth and back is started again", async () => {
  const clock = vi.spyOn(Date, "now");
  onTestFinished(() => clock.mockRestore());
  const days = [0, 1, -1, 2];
  clock.mockImplementation(() => {
    days.push(days.shift() ?? 0);
    return 1_700_000_000_000 + (days[0] ?? 0) * 86_400_000;
  });
  await using server = await startEmbeddedPostgres({ directory: freshDirectory(), password });
  for (let death = 1; death <= 7; death += 1) {
    const former = server.pid();
    process.kill(former, "SIGKILL");
    await expect.poll(() => server.pid(), { timeout: 20_000 }).not.toBe(former);
  }
  expect(await onServer(server.connectionString, "select 1 as n")).toEqual([{ n: 1 }]);
});

test("a pid that now belongs to somebody else keeps nobody from starting, and is not harmed", async () => {
  const directory = freshDirectory();
  await (await startEmbeddedPostgres({ directory, password })).stop();
  const { pid } = ownIdentity();
  writeFileSync(
    join(directory, "postgres", "postmaster.pid"),
    `${process.ppid}\n${join(directory, "postgres")}\n1700000000\n5432\n${directory}\n\n  0         0\nready\n`,
  );
  writeFileSync(join(directory, "postgres", ".s.PGSQL.5432.lock"), `${process.ppid}\n`);
  writeFileSync(join(directory, "parley.lock"), JSON.stringify({ pid, started: "before the reboot" }));
  await using server = await startEmbeddedPostgres({ directory, password });
  expect(await onServer(server.connectionString, "select 1 as n")).toEqual([{ n: 1 }]);
  expect(isAlive(process.ppid)).toBe(true);
});

test("a cluster whose making was interrupted is made anew", async () => {
  const directory = freshDirectory();
  mkdirSync(join(directory, "postgres.unfinished"));
  writeFileSync(join(directory, "postgres.unfinished", "PG_VERSION"), "18\n");
  await using server = await startEmbeddedPostgres({ directory, password });
  expect(await onServer(server.connectionString, "select 1 as n")).toEqual([{ n: 1 }]);
});

test("below a path too long for a socket the server listens on the loopback address", async () => {
  const directory = join(freshDirectory(), "d".repeat(90));
  await using server = await startEmbeddedPostgres({ directory, password });
  expect(new URL(server.connectionString).hostname).toBe("127.0.0.1");
  expect(await onServer(server.connectionString, "select 1 as n")).toEqual([{ n: 1 }]);
});

test.runIf(isRoot)(
  "under root, a directory only root may enter holds a link to the database, which stays",
  async () => {
    const closed = mkdtempSync(join(tmpdir(), "parley-test-"));
    directories.push(closed);
    const directory = join(closed, "data");
    const first = await startEmbeddedPostgres({ directory, password });
    const cluster = readlinkSync(join(directory, "postgres"));
    directories.push(dirname(cluster));
    await onServer(first.connectionString, "create table kept (n int)");
    await first.stop();
    await using second = await startEmbeddedPostgres({ directory, password });
    expect(readlinkSync(join(directory, "postgres"))).toBe(cluster);
    expect(await onServer(second.connectionString, "select n from kept")).toEqual([]);
  },
);
