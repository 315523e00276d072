import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { isAlive } from "@parley/server/store/postgres/embedded/processes.js";
import { expect, test } from "vitest";
import type { Violation } from "../src/checker/facts.ts";
import { worthTelling } from "../src/report.ts";
import { createLeftovers } from "../src/stand/leftovers.ts";
import { startNode, StandError } from "../src/stand/node-process.ts";
import { copyServer, serverMain } from "../src/stand/server-copy.ts";
import { setUpStand } from "../src/stand/stand.ts";

test("the copy of the server has its own protocol, lies where no installation empties it, and goes away", () => {
  const copy = copyServer();
  const resolve = createRequire(copy.main).resolve;
  expect(copy.main.startsWith(dirname(dirname(dirname(serverMain()))))).toBe(false);
  expect(realpathSync(join(dirname(copy.main), "../node_modules/@parley/protocol"))).toContain(
    realpathSync(dirname(dirname(copy.main))),
  );
  expect(existsSync(resolve("zod"))).toBe(true);
  copy[Symbol.dispose]();
  expect(existsSync(copy.main)).toBe(false);
});

test("a service whose files are gone is no violation, but the harness's own trouble", async () => {
  using copy = copyServer();
  const start = startNode({ main: join(dirname(copy.main), "not-there.js"), variables: {} });
  await expect(start).rejects.toBeInstanceOf(StandError);
});

test.each(["external", "embedded"] as const)(
  "an interrupted harness leaves no process and no directory behind: %s",
  { timeout: 60_000 },
  async (kind) => {
    const troubles: unknown[] = [];
    const leftovers = createLeftovers((error) => void troubles.push(error));
    await using stand = await setUpStand({ kind, main: serverMain(), leftovers });
    const pids = [stand.node.pid, ...stand.databasePids()];
    expect(pids.every(isAlive) && pids.length > 5).toBe(true);
    // What is stopped has to go as well.
    for (const pid of stand.databasePids()) process.kill(pid, "SIGSTOP");
    leftovers.clear();
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(stand.directory)).toBe(false);
    expect(troubles).toEqual([]);
  },
);

test("whatever keeps the service from coming back is told, of other violations the one with the shortest history", () => {
  const violations: Violation[] = [
    { invariant: "L", text: "ada is not connected" },
    { invariant: "L", text: "kill-node: the service ended before it was ready: and why" },
    { invariant: "I1", text: "a message is lost", subject: "1" },
    { invariant: "I1", text: "another message is lost", subject: "2" },
  ];
  const told = worthTelling(violations, []).join("\n");
  expect(told).toContain("ada is not connected");
  expect(told).toContain("and why");
  expect(told).toContain("a message is lost");
  expect(told).not.toContain("another message is lost");
});
