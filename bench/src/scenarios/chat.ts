import { closeAll, connectAll, type Client, type Connect } from "../load/client.ts";
import { delays, talk, writersOf } from "../load/deliveries.ts";
import { connectToParley } from "../load/parley-client.ts";
import type { Watched } from "../machine/usage.ts";
import { connectToSocketIo, startSocketIo } from "../rivals/socketio.ts";
import { connectToBareWs, startBareWs } from "../rivals/ws.ts";
import type { Scenario } from "../scenario.ts";
import { setStage } from "../stage.ts";

const PEOPLE = 400;
const GROUPS = 400;
const MEMBERS = 10;
const IN_FLIGHT = 800;
/** Of the open loop: messages a second, each to ten people. */
const PER_SECOND = 300;

interface Party {
  readonly name: string;
  readonly clients: ReadonlyMap<string, Client>;
  readonly processes: Watched;
}

/** Groups of ten, everyone online: what leaves, what arrives, and how late. */
export const chat: Scenario = {
  name: "chat",
  title: "Groups of ten",
  async run(stand) {
    const seconds = stand.size === "quick" ? 3 : 6;
    const rounds = stand.size === "quick" ? 3 : 7;
    const service = await stand.startService();
    const scenes = await setStage(service.connectionString, {
      conversations: GROUPS,
      membersEach: MEMBERS,
      kind: "group",
      people: PEOPLE,
    });
    await using ws = await startBareWs(scenes);
    await using socketIo = await startSocketIo(scenes, service.connectionString);
    const { database, generator } = service.processes as { database: number; generator: number };
    const people = [...new Set(scenes.flatMap(({ members }) => members))];
    const seat = async (name: string, connect: Connect, processes: Watched): Promise<Party> => ({
      name,
      clients: await connectAll(people, connect),
      processes,
    });
    const parties = [
      await seat("Parley", (userId) => connectToParley(service, userId), service.processes),
      await seat("bare ws", (userId) => connectToBareWs(ws, userId), { service: ws.pid, generator }),
      await seat("socket.io + INSERT", (userId) => connectToSocketIo(socketIo, userId), {
        service: socketIo.pid,
        database,
        generator,
      }),
    ];
    for (let round = 1; round <= rounds; round += 1) {
      stand.say(`round ${round} of ${rounds}`);
      for (const { name, clients, processes } of parties) {
        const result = await stand.watch(name, processes, () =>
          talk(writersOf(scenes, clients), clients, IN_FLIGHT, seconds),
        );
        stand.sample(`${name}: sends`, result.sends, "messages/s");
        stand.sample(`${name}: deliveries`, result.deliveries, "deliveries/s");
      }
    }
    stand.say(`open loop, ${PER_SECOND} messages/s to ${MEMBERS} people each`);
    for (const { name, clients, processes } of parties) {
      const load = { perSecond: PER_SECOND, seconds: seconds * 2, receivers: MEMBERS };
      const result = await stand.watch(`${name}, ${PER_SECOND} messages/s`, processes, () =>
        delays(writersOf(scenes, clients), clients, load),
      );
      stand.latency(`${name}: send→ack`, result.ack);
      stand.latency(`${name}: send→deliver`, result.deliver);
      if (result.missing !== 0) throw new Error(`${name}: ${result.missing} deliveries are missing`);
    }
    for (const { clients } of parties) closeAll(clients);
    stand.ratioByRound("group_deliveries_vs_ws", "Parley: deliveries", "bare ws: deliveries");
    stand.ratioByRound("socket_vs_socketio", "Parley: sends", "socket.io + INSERT: sends");
  },
};
