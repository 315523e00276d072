import { v7 as uuidv7 } from "uuid";
import { closeAll, connectAll } from "../load/client.ts";
import { committerRate } from "../load/committer.ts";
import { CONTENT } from "../load/content.ts";
import { talk, writersOf } from "../load/deliveries.ts";
import { createHttpClient } from "../load/http-client.ts";
import { connectToParley } from "../load/parley-client.ts";
import { openBareCommit } from "../rivals/bare-commit.ts";
import { hasPgbench, pgbenchRate } from "../rivals/pgbench.ts";
import { singleTransactionRate } from "../rivals/single-transaction.ts";
import type { Scenario, Stand } from "../scenario.ts";
import type { Service } from "../service.ts";
import { setStage, type Scene } from "../stage.ts";
import { Latencies, ratePerSecond } from "../stats.ts";

const CLIENTS = [1, 4, 16, 32];
/** Messages in flight: 100 people at sockets, 20 each. */
const IN_FLIGHT = 2_000;
const REST_CONNECTIONS = 64;

/** How many messages a second are committed and acknowledged, against one transaction for each. */
export const sends: Scenario = {
  name: "sends",
  title: "Acknowledged, durable sends",
  async run(stand) {
    const seconds = stand.size === "quick" ? 2 : 5;
    const rounds = stand.size === "quick" ? 2 : 3;
    const service = await stand.startService();
    const groups = await setStage(service.connectionString, {
      conversations: 400,
      membersEach: 10,
      kind: "group",
      people: 100,
    });
    const directs = await setStage(service.connectionString, {
      conversations: 200,
      membersEach: 2,
      kind: "direct",
      people: 100,
    });
    await quiet(stand, service, directs);
    const clients = await connectAll([...new Set(directs.flatMap(({ members }) => members))], (userId) =>
      connectToParley(service, userId),
    );
    const writers = writersOf(directs, clients);
    const rest = await restSender(service, directs);
    const run = async (name: string, measure: () => Promise<number>): Promise<void> => {
      stand.sample(name, await stand.watch(name, service.processes, measure), "messages/s");
    };
    for (let round = 1; round <= rounds; round += 1) {
      stand.say(`round ${round} of ${rounds}`);
      for (const count of CLIENTS) {
        await run(`single transaction, ${count} clients`, () =>
          singleTransactionRate(service.connectionString, groups, count, seconds),
        );
        if (hasPgbench())
          await run(`pgbench, ${count} clients`, () => pgbenchRate(service.connectionString, groups, count, seconds));
      }
      await run("committer alone", () => committerRate(service.connectionString, groups, seconds));
      await run("sockets, direct", async () => (await talk(writers, clients, IN_FLIGHT, seconds)).sends);
      await run("REST", () => ratePerSecond(seconds, REST_CONNECTIONS, rest.send));
    }
    closeAll(clients);
    rest.close();
    stand.ratioByRound("committer_vs_single", "committer alone", ...singles());
    stand.ratioByRound("socket_vs_single", "sockets, direct", ...singles());
    stand.ratioByRound("rest_vs_single", "REST", ...singles());
  },
};

function singles(): string[] {
  return CLIENTS.flatMap((count) => [
    `single transaction, ${count} clients`,
    ...(hasPgbench() ? [`pgbench, ${count} clients`] : []),
  ]);
}

/** One person who writes a message now and then, and in turn with each a bare commit. */
async function quiet(stand: Stand, service: Service, directs: readonly Scene[]): Promise<void> {
  const [scene] = directs;
  if (!scene) return;
  const client = await connectToParley(service, scene.members[0] ?? "");
  const bare = await openBareCommit(service.connectionString);
  const ack = new Latencies();
  const commit = new Latencies();
  const count = stand.size === "quick" ? 300 : 1_000;
  for (let number = -20; number < count; number += 1) {
    const beforeSend = performance.now();
    await client.send(scene.id, uuidv7(), CONTENT);
    const afterSend = performance.now();
    // Marks and hints that follow a send are not to be in the way of what is measured next.
    await new Promise((resolve) => setTimeout(resolve, 8));
    const beforeCommit = performance.now();
    await bare.commit();
    const afterCommit = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (number < 0) continue;
    ack.add(afterSend - beforeSend);
    commit.add(afterCommit - beforeCommit);
  }
  client.close();
  await bare.close();
  stand.latency("quiet send→ack", ack.summary());
  stand.latency("bare commit", commit.summary());
  stand.ratio("quiet_ack_vs_commit", ack.summary().p50 / commit.summary().p50);
}

async function restSender(
  service: Service,
  scenes: readonly Scene[],
): Promise<{ send: () => Promise<number>; close: () => void }> {
  const tokens = new Map<string, string>();
  for (const { members } of scenes)
    for (const member of members) if (!tokens.has(member)) tokens.set(member, await service.tokenOf(member));
  const client = createHttpClient(service.url, REST_CONNECTIONS);
  const send = async (): Promise<number> => {
    const scene = scenes[Math.floor(Math.random() * scenes.length)] as Scene;
    const sender = scene.members[Math.floor(Math.random() * scene.members.length)] as string;
    const status = await client.post(
      `/v1/conversations/${scene.id}/messages`,
      tokens.get(sender) ?? "",
      JSON.stringify({ id: uuidv7(), content: CONTENT }),
    );
    if (status !== 201) throw new Error(`a send was answered with ${status}`);
    return 1;
  };
  return { send, close: client.close };
}
