import { closeAll, connectAll, type Client, type Connect } from "../load/client.ts";
import { readCorpus } from "../load/corpus.ts";
import { delays, talk, writersOf } from "../load/deliveries.ts";
import { connectToParley } from "../load/parley-client.ts";
import type { Watched } from "../machine/usage.ts";
import { connectToSocketIo, startSocketIo } from "../rivals/socketio.ts";
import { connectToBareWs, startBareWs } from "../rivals/ws.ts";
import type { Scenario, Stand } from "../scenario.ts";
import { setStage, untilFollowed, withClient } from "../stage.ts";

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
    const { source, texts } = await readCorpus();
    stand.say(`${texts.length.toLocaleString("en")} texts, ${source}`);
    stand.sample("texts: mean length", texts.reduce((sum, text) => sum + text.length, 0) / texts.length, "characters");
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
        const result = await stand.watch(
          name,
          processes,
          () => talk(writersOf(scenes, clients), clients, IN_FLIGHT, seconds, texts),
          ({ sends }) => sends * seconds,
        );
        stand.sample(`${name}: sends`, result.sends, "messages/s");
        stand.sample(`${name}: deliveries`, result.deliveries, "deliveries/s");
      }
    }
    await untilFollowed(service.connectionString);
    stand.say(`open loop, ${PER_SECOND} messages/s to ${MEMBERS} people each`);
    for (const { name, clients, processes } of parties) {
      const load = { perSecond: PER_SECOND, seconds: seconds * 2, receivers: MEMBERS, texts };
      const result = await stand.watch(`${name}, ${PER_SECOND} messages/s`, processes, () =>
        delays(writersOf(scenes, clients), clients, load),
      );
      stand.latency(`${name}: send→ack`, result.ack);
      stand.latency(`${name}: send→deliver`, result.deliver);
      if (result.missing !== 0) throw new Error(`${name}: ${result.missing} deliveries are missing`);
    }
    await countNotifications(stand, service.connectionString);
    for (const { clients } of parties) closeAll(clients);
    stand.ratioByRound("group_deliveries_vs_ws", "Parley: deliveries", "bare ws: deliveries");
    stand.ratioByRound("socket_vs_socketio", "Parley: sends", "socket.io + INSERT: sends");
  },
};

/** What a message leaves besides itself, once the follower is through. */
async function countNotifications(stand: Stand, connectionString: string): Promise<void> {
  const { rows } = await withClient(connectionString, (client) =>
    client.query<{ each: number }>(
      `WITH seen AS (SELECT id FROM messages WHERE created_at < (SELECT max(created_at) FROM notifications))
       SELECT (SELECT count(*) FROM notifications n JOIN seen s ON s.id = n.message_id)::float8 / greatest(1, count(*)) AS each FROM seen`,
    ),
  );
  stand.sample("Parley: rows in notifications", rows[0]?.each ?? 0, "for each message");
}
