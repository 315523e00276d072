import { commitSends } from "@parley/server/store/committer/commit-sends.js";
import { openDatabase } from "@parley/server/store/postgres/pool.js";
import type { Reader, Statement } from "@parley/server/store/database.js";
import type pg from "pg";
import { startDatabase } from "../database.ts";
import { committerRate, requestFor } from "../load/committer.ts";
import { openBareCommit } from "../rivals/bare-commit.ts";
import type { Scenario, Stand } from "../scenario.ts";
import { setStage, withClient, type Scene } from "../stage.ts";
import { Latencies } from "../stats.ts";

/** What was tried in the core, on scratch databases: whether it paid, and what it was that did. */
export const tried: Scenario = {
  name: "tried",
  title: "What was tried",
  isLong: true,
  async run(stand) {
    await using database = await startDatabase({ fsync: true });
    const { connectionString } = database;
    const groups = { conversations: 400, membersEach: 10, kind: "group", people: 100 } as const;
    const scenes = await setStage(connectionString, groups);
    await sendAlone(stand, connectionString, scenes);
    await withClient(connectionString, (client) => indexTheLog(stand, connectionString, scenes, client));
  },
};

/** A batch of one by the statement for one, by the statement for many, and a bare commit, in turn on one connection each. */
async function sendAlone(stand: Stand, connectionString: string, scenes: readonly Scene[]): Promise<void> {
  stand.say("a batch of one");
  await using database = openDatabase({ connectionString });
  const bare = await openBareCommit(connectionString);
  await using connection = await database.connect();
  const forMany: Reader = {
    query: <R>({ text, values = [] }: Statement) =>
      connection.query<R>({ name: "for_many", text: text.replace("commit_send(", "commit_sends("), values }),
  };
  const send = async (through: Reader): Promise<void> => {
    const [outcome] = await commitSends(through, [requestFor(anyOf(scenes))], { wait: true, quota: null });
    if (outcome === "busy" || outcome?.outcome !== "sent") throw new Error("a message was not sent");
  };
  const ways: Record<string, () => Promise<void>> = {
    "batch of one: statement for one": () => send(connection),
    "batch of one: statement for many": () => send(forMany),
    "bare commit": bare.commit,
  };
  const latencies = Object.fromEntries(Object.keys(ways).map((name) => [name, new Latencies()]));
  for (let number = -30; number < 1_000; number += 1) {
    for (const [name, way] of Object.entries(ways)) {
      const start = performance.now();
      await way();
      if (number >= 0) latencies[name]?.add(performance.now() - start);
    }
  }
  await bare.close();
  for (const [name, each] of Object.entries(latencies)) stand.latency(name, each.summary());
}

const KINDS = {
  tree: "CREATE INDEX changes_xid ON changes USING btree (xid)",
  BRIN: "CREATE INDEX changes_xid ON changes USING brin (xid) WITH (autosummarize = on, pages_per_range = 32)",
} as const;

const ROUNDS = 5;

/**
 * A tree against BRIN for the transaction ids of the log. PostgreSQL has no BRIN for xid8, so that the column is a bigint for both; the
 * followers' reads are theirs but for that.
 */
async function indexTheLog(
  stand: Stand,
  connectionString: string,
  scenes: readonly Scene[],
  client: pg.Client,
): Promise<void> {
  await client.query(`ALTER TABLE changes ALTER xid DROP DEFAULT, ALTER xid TYPE bigint USING xid::text::bigint;
    ALTER TABLE changes ALTER xid SET DEFAULT pg_current_xact_id()::text::bigint`);
  for (let round = 1; round <= ROUNDS; round += 1) {
    stand.say(`the index of the log, round ${round} of ${ROUNDS}`);
    for (const kind of ["tree", "BRIN"] as const) {
      await client.query(`DROP INDEX IF EXISTS changes_xid; ${KINDS[kind]}`);
      const rate = await committerRate(connectionString, scenes, stand.size === "quick" ? 2 : 5);
      stand.sample(`committer alone, ${kind}`, rate, "messages/s");
    }
  }
  for (const kind of ["tree", "BRIN"] as const) {
    await client.query(`DROP INDEX IF EXISTS changes_xid; ${KINDS[kind]}`);
    await client.query("VACUUM (ANALYZE) changes");
    await committerRate(connectionString, scenes, 1);
    stand.latency(`follower asks for news, ${kind}`, await timed(client, LOOK_AHEAD));
    stand.latency(`follower reads 500 changes, ${kind}`, await timed(client, READ_LOG));
    const { rows } = await client.query<{ bytes: number }>("SELECT pg_relation_size('changes_xid')::float8 AS bytes");
    stand.sample(`size of the index, ${kind}`, (rows[0]?.bytes ?? 0) / 1e6, "MB");
  }
}

/** Nothing is beyond the cursor, which is what an idle follower finds twice a second. */
const LOOK_AHEAD = "SELECT min(xid) FROM changes WHERE xid > $1::bigint";
const READ_LOG =
  "SELECT * FROM changes WHERE xid >= $1::bigint - 20 AND xid < $1::bigint ORDER BY conversation_id, version LIMIT 500";

async function timed(client: pg.Client, text: string): Promise<ReturnType<Latencies["summary"]>> {
  const { rows } = await client.query<{ latest: string }>("SELECT max(xid)::text AS latest FROM changes");
  const latencies = new Latencies();
  for (let number = -10; number < 200; number += 1) {
    const start = performance.now();
    await client.query({ name: text.slice(0, 60), text, values: [rows[0]?.latest] });
    if (number >= 0) latencies.add(performance.now() - start);
  }
  return latencies.summary();
}

function anyOf<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)] as T;
}
