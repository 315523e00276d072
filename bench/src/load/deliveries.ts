import { v7 as uuidv7 } from "uuid";
import type { Scene } from "../stage.ts";
import { Latencies, ratePerSecond, type LatencySummary } from "../stats.ts";
import type { Client } from "./client.ts";
import { CONTENT } from "./content.ts";
import { openLoop } from "./open-loop.ts";

export interface Talk {
  readonly sends: number;
  readonly deliveries: number;
}

/** Someone who writes, and where they may. */
interface Writer {
  readonly client: Client;
  readonly conversations: readonly string[];
}

/** Everyone of the scenes who is at a socket. */
export function writersOf(scenes: readonly Scene[], clients: ReadonlyMap<string, Client>): Writer[] {
  const conversationsOf = new Map<string, string[]>();
  for (const { id, members } of scenes) {
    for (const member of members) {
      const own = conversationsOf.get(member);
      if (own) own.push(id);
      else conversationsOf.set(member, [id]);
    }
  }
  return [...clients].map(([userId, client]) => ({ client, conversations: conversationsOf.get(userId) ?? [] }));
}

/** Closed loop, as fast as it goes, so many messages in flight: acknowledged sends and what arrived, per second. */
export async function talk(
  writers: readonly Writer[],
  clients: ReadonlyMap<string, Client>,
  inFlight: number,
  seconds: number,
  texts: readonly string[] = [CONTENT],
): Promise<Talk> {
  const received = (): number => [...clients.values()].reduce((sum, client) => sum + client.received, 0);
  const before = received();
  const start = performance.now();
  const sends = await ratePerSecond(seconds, inFlight, async (worker) => {
    const { client, conversations } = writers[worker % writers.length] as Writer;
    await client.send(anyOf(conversations), uuidv7(), anyOf(texts));
    return 1;
  });
  const deliveries = (received() - before) / ((performance.now() - start) / 1_000);
  // What is still on its way is not to be in the way of who is measured next.
  for (let known = -1; known !== received();) {
    known = received();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { sends, deliveries };
}

function anyOf<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)] as T;
}

export interface Delays {
  readonly ack: LatencySummary;
  readonly deliver: LatencySummary;
  /** Messages sent that everyone should have got, less those that they did; 0 unless something is wrong. */
  readonly missing: number;
}

/** Open loop: messages leave at a fixed rate, each latency counts from when it was due. */
export async function delays(
  writers: readonly Writer[],
  clients: ReadonlyMap<string, Client>,
  {
    perSecond,
    seconds,
    receivers,
    texts = [CONTENT],
  }: {
    readonly perSecond: number;
    readonly seconds: number;
    readonly receivers: number;
    readonly texts?: readonly string[];
  },
): Promise<Delays> {
  const ack = new Latencies();
  const deliver = new Latencies();
  const dueAt = new Map<string, number>();
  for (const client of clients.values()) {
    client.onMessage = (id) => {
      const due = dueAt.get(id);
      if (due !== undefined) deliver.add(performance.now() - due);
    };
  }
  const sent: Promise<void>[] = [];
  await openLoop(perSecond, seconds, (number, due) => {
    const { client, conversations } = writers[number % writers.length] as Writer;
    const id = uuidv7();
    dueAt.set(id, due);
    sent.push(
      client
        .send(conversations[number % conversations.length] as string, id, texts[number % texts.length] as string)
        .then(() => ack.add(performance.now() - due)),
    );
  });
  await Promise.all(sent);
  const expected = sent.length * receivers;
  const deadline = performance.now() + 5_000;
  while (deliver.count < expected && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  for (const client of clients.values()) client.onMessage = undefined;
  return { ack: ack.summary(), deliver: deliver.summary(), missing: expected - deliver.count };
}
