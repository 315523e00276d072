import { closeAll, connectAll, type Client } from "../load/client.ts";
import { delays, writersOf } from "../load/deliveries.ts";
import { connectToParley } from "../load/parley-client.ts";
import { memoryOf } from "../machine/usage.ts";
import { connectToBareWs, startBareWs } from "../rivals/ws.ts";
import type { Scenario, Stand } from "../scenario.ts";
import { setStage } from "../stage.ts";

const SOCKETS = 10_000;
const MEMBERS = 10;
const CONVERSATIONS_EACH = 20;
const PER_SECOND = 1_000;
/** Before it is weighed, so that what is only held for a moment is let go. */
const QUIET_MS = 8_000;
/** A process that has just started is slow until its code is compiled: not measured. */
const WARM_UP_SECONDS = 5;

/** Ten thousand people who are there and mostly silent: what they weigh, and what those who write notice of them. */
export const idle: Scenario = {
  name: "idle",
  title: "Ten thousand sockets",
  async run(stand) {
    const service = await stand.startService({ isInspectable: true });
    const conversations = (SOCKETS * CONVERSATIONS_EACH) / MEMBERS;
    const scenes = await setStage(service.connectionString, {
      conversations,
      membersEach: MEMBERS,
      kind: "group",
      people: SOCKETS,
    });
    const people = [...new Set(scenes.flatMap(({ members }) => members))];
    stand.say(`bare ws, ${people.length.toLocaleString("en")} sockets`);
    const bare = await weighBareWs(stand, people);
    stand.say(`Parley, ${people.length.toLocaleString("en")} sockets, each in ${CONVERSATIONS_EACH} conversations`);
    const { weight, clients } = await weigh(stand, "Parley", service, people, (userId) =>
      connectToParley(service, userId),
    );
    stand.sample("Parley: a socket", weight / 1024, "KB");
    stand.sample("bare ws: a socket", bare / 1024, "KB");
    stand.ratio("idle_memory_vs_ws", weight / bare);
    stand.say(`${PER_SECOND.toLocaleString("en")} messages/s spread over them`);
    const writers = writersOf(scenes, clients);
    const load = { perSecond: PER_SECOND, seconds: stand.size === "quick" ? 8 : 20, receivers: MEMBERS };
    await delays(writers, clients, { ...load, seconds: WARM_UP_SECONDS });
    const result = await stand.watch(`${PER_SECOND} messages/s`, service.processes, () =>
      delays(writers, clients, load),
    );
    stand.latency("send→ack", result.ack);
    stand.latency("send→deliver", result.deliver);
    stand.ratio("idle_p99_ms", result.deliver.p99 ?? Number.NaN);
    if (result.missing !== 0) throw new Error(`${result.missing} deliveries are missing`);
    closeAll(clients);
  },
};

async function weighBareWs(stand: Stand, people: readonly string[]): Promise<number> {
  await using ws = await startBareWs([]);
  const { weight, clients } = await weigh(stand, "bare ws", ws, people, (userId) => connectToBareWs(ws, userId));
  closeAll(clients);
  return weight;
}

/** What the process has grown by for each socket, once it is quiet again. */
async function weigh(
  stand: Stand,
  name: string,
  server: { readonly pid: number; collectGarbage(): Promise<void> },
  people: readonly string[],
  connect: (userId: string) => Promise<Client>,
): Promise<{ weight: number; clients: ReadonlyMap<string, Client> }> {
  const before = await settled(server);
  const start = performance.now();
  const clients = await connectAll(people, connect, stand.say);
  stand.sample(`${name}: connecting`, clients.size / ((performance.now() - start) / 1_000), "sockets/s");
  return { weight: ((await settled(server)) - before) / clients.size, clients };
}

/** The memory of a process that has nothing to do, without garbage. */
async function settled({
  pid,
  collectGarbage,
}: {
  readonly pid: number;
  collectGarbage(): Promise<void>;
}): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  await collectGarbage();
  await new Promise((resolve) => setTimeout(resolve, 500));
  return memoryOf(pid);
}
