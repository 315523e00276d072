import { randomUUID } from "node:crypto";
import process from "node:process";
import { closeAll, connectAll, type Client } from "../load/client.ts";
import { delays, talk, writersOf } from "../load/deliveries.ts";
import { connectToParley, type ParleyClient } from "../load/parley-client.ts";
import { openLoop } from "../load/open-loop.ts";
import { connectToBareWs, startBareWs } from "../rivals/ws.ts";
import type { Scenario, Stand } from "../scenario.ts";
import { setStage, type Scene } from "../stage.ts";

const ROUNDS = 5;
const SPEAKERS = 10;
const IN_FLIGHT = 40;
/** Of the open loop, a second: messages, and what the listeners do besides. */
const MESSAGES = 20;
const REACTIONS = 10;
const TYPING = 20;
const READ = 50;

/** One conversation with everybody in it, all online; they also type, react and mark as read. */
export const townHall: Scenario = {
  name: "town-hall",
  title: "Town hall",
  async run(stand) {
    await hold(stand, 1_000);
    if (stand.size === "full") await hold(stand, 5_000);
    stand.ratioByRound("fanout_vs_ws", "Parley, 1,000 members", "bare ws, 1,000 members");
  },
};

async function hold(stand: Stand, members: number): Promise<void> {
  const seconds = stand.size === "quick" ? 2 : 5;
  const crowd = `${members.toLocaleString("en")} members`;
  await using service = await stand.startService();
  const scenes = await setStage(service.connectionString, {
    conversations: 1,
    membersEach: members,
    kind: "group",
    people: members,
  });
  const [scene] = scenes as [Scene];
  await using ws = await startBareWs(scenes);
  const inParley = (await connectAll(scene.members, (userId) => connectToParley(service, userId), stand.say)) as Map<
    string,
    ParleyClient
  >;
  const inWs = await connectAll(scene.members, (userId) => connectToBareWs(ws, userId), stand.say);
  const parties: [string, ReadonlyMap<string, Client>, typeof service.processes][] = [
    ["Parley", inParley, service.processes],
    ["bare ws", inWs, { service: ws.pid, generator: process.pid }],
  ];
  for (let round = 1; round <= ROUNDS; round += 1) {
    stand.say(`${crowd}, round ${round} of ${ROUNDS}`);
    for (const [name, clients, processes] of parties) {
      const writers = writersOf(scenes, clients).slice(0, SPEAKERS);
      const result = await stand.watch(`${name}, ${crowd}`, processes, () =>
        talk(writers, clients, IN_FLIGHT, seconds),
      );
      stand.sample(`${name}, ${crowd}`, result.deliveries, "deliveries/s");
    }
  }
  closeAll(inWs);
  stand.say(`${crowd}: ${MESSAGES} messages/s while they react, type and read`);
  // The percentiles need so many acknowledgements: 1,200 in a full run, 120 in a quick one.
  const load = { perSecond: MESSAGES, seconds: stand.size === "quick" ? 6 : 60, receivers: members };
  const writers = writersOf(scenes, inParley).slice(0, SPEAKERS);
  const result = await stand.watch(`Parley, ${crowd}, all kinds`, service.processes, async () => {
    const others = murmur(scene, inParley, load.seconds);
    const measured = await delays(writers, inParley, load);
    await others;
    return measured;
  });
  stand.latency(`${crowd}: send→ack`, result.ack);
  stand.latency(`${crowd}: send→deliver`, result.deliver);
  if (result.missing !== 0) throw new Error(`${result.missing} deliveries are missing`);
  closeAll(inParley);
}

/** What a crowd does besides writing. */
async function murmur(scene: Scene, clients: ReadonlyMap<string, ParleyClient>, seconds: number): Promise<void> {
  const everyone = [...clients.values()];
  const [first] = everyone as [ParleyClient];
  const message = randomUUID();
  await first.send(scene.id, message, "who is here?");
  const done: Promise<void>[] = [];
  const conversation = `"conversation_id":"${scene.id}"`;
  const someone = (number: number): ParleyClient => everyone[(number * 7) % everyone.length] as ParleyClient;
  await openLoop(REACTIONS + TYPING + READ, seconds, (number) => {
    const turn = number % (REACTIONS + TYPING + READ);
    const who = someone(number);
    if (turn < REACTIONS)
      done.push(who.command("add_reaction", `{${conversation},"message_id":"${message}","reaction":"👋"}`));
    else if (turn < REACTIONS + TYPING) done.push(who.command("typing", `{${conversation},"is_typing":true}`));
    else done.push(who.command("mark_read", `{${conversation}}`));
  });
  await Promise.all(done);
}
