import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterAll, expect, test } from "vitest";
import { openDatabase } from "../src/store/postgres/pool.ts";
import { request, startCommitter, wordOf } from "./harness/committer.ts";
import { createTestDatabase } from "./harness/database.ts";
import { makeConversation, makeUser } from "./harness/rows.ts";

/** A line to PostgreSQL whose present connections can fall silent for ever, without being closed. */
async function startLine(connectionString: string) {
  const target = new URL(connectionString.replace("@/", "@socket/"));
  const directory = target.searchParams.get("host");
  const stranded = new Set<Socket>();
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = directory
      ? connect(`${directory}/.s.PGSQL.${target.searchParams.get("port") ?? "5432"}`)
      : connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("error", () => undefined);
      from.on("close", () => void (stranded.has(from) ? undefined : to.destroy()));
      from.on("data", (bytes) => void (stranded.has(from) ? undefined : to.write(bytes)));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `postgresql://${target.username}:${target.password}@127.0.0.1:${port}${target.pathname}`,
    strand: () => sockets.forEach((socket) => stranded.add(socket)),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const own = await createTestDatabase();
afterAll(() => own.close());

test("connections that fall silent are dropped: reads fail, then work again, and a send is committed once", async () => {
  await using line = await startLine(own.connectionString);
  const timeouts = { readTimeoutMs: 300, writeTimeoutMs: 300, silenceMs: 200 };
  await using database = openDatabase({ connectionString: line.url, applicationName: "test", ...timeouts });
  const ada = await makeUser(database);
  const id = await makeConversation(database, { members: [ada] });
  await using committer = startCommitter(database, { lanes: 1 });
  expect(wordOf(await committer.send(request(ada, id)))).toBe("sent");

  await database.query({ text: "SELECT 1" });

  line.strand();
  const sent = committer.send(request(ada, id));
  await expect(database.query({ text: "SELECT 1" })).rejects.toThrow(/timeout/i);
  expect(await database.query({ text: "SELECT 1 AS one" })).toEqual([{ one: 1 }]);
  expect(wordOf(await sent)).toBe("sent");
  await expect(database.transaction((tx) => tx.query({ text: "SELECT 2 AS two" }))).resolves.toEqual([{ two: 2 }]);
});
