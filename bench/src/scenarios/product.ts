import { v7 as uuidv7 } from "uuid";
import { createHttpClient } from "../load/http-client.ts";
import { connectClient, type SocketClient } from "../load/socket-client.ts";
import { CONTENT } from "../rivals/single-transaction.ts";
import type { Service } from "../service.ts";
import type { Scene } from "../stage.ts";
import { Latencies, ratePerSecond, type LatencySummary } from "../stats.ts";

/** A person at their socket, with the conversations they write in. */
interface Writer {
  readonly client: SocketClient;
  readonly conversations: readonly string[];
}

/** Everyone of the stage at a socket. */
export async function seat(service: Service, scenes: readonly Scene[]): Promise<Writer[]> {
  const conversationsOf = new Map<string, string[]>();
  for (const scene of scenes) for (const member of scene.members) conversationsOf.set(member, [...(conversationsOf.get(member) ?? []), scene.id]);
  return await Promise.all(
    [...conversationsOf].map(async ([userId, conversations]) => ({
      client: await connectClient(service.url, await service.tokenOf(userId)),
      conversations,
    })),
  );
}

/** Acknowledged durable sends per second, closed loop: each writer keeps so many in flight. */
export async function socketSendRate(writers: readonly Writer[], inFlight: number, seconds: number): Promise<number> {
  return await ratePerSecond(seconds, writers.length * inFlight, async (worker) => {
    const { client, conversations } = writers[worker % writers.length] as Writer;
    await client.send(conversations[Math.floor(Math.random() * conversations.length)] as string, uuidv7(), CONTENT);
    return 1;
  });
}

/** The same over HTTP with connections kept alive. */
export async function restSendRate(service: Service, scenes: readonly Scene[], inFlight: number, seconds: number): Promise<number> {
  const tokens = new Map<string, string>();
  for (const scene of scenes) for (const member of scene.members) if (!tokens.has(member)) tokens.set(member, await service.tokenOf(member));
  const client = createHttpClient(service.url, inFlight);
  try {
    return await ratePerSecond(seconds, inFlight, async () => {
      const scene = scenes[Math.floor(Math.random() * scenes.length)] as Scene;
      const sender = scene.members[Math.floor(Math.random() * scene.members.length)] as string;
      const body = JSON.stringify({ id: uuidv7(), content: CONTENT });
      const status = await client.post(`/v1/conversations/${scene.id}/messages`, tokens.get(sender) ?? "", body);
      if (status !== 201) throw new Error(`a send was answered with ${status}`);
      return 1;
    });
  } finally {
    client.close();
  }
}

export interface DeliveryResult {
  readonly ack: LatencySummary;
  readonly deliver: LatencySummary;
  /** Events that arrived per second. */
  readonly deliveries: number;
}

/**
 * Open loop: messages leave at a fixed rate whatever the answers do, and their latency counts from when they were due, so that a
 * stall is seen by all who would have waited in it.
 */
export async function deliveryLatency(writers: readonly Writer[], perSecond: number, seconds: number): Promise<DeliveryResult> {
  const ack = new Latencies();
  const deliver = new Latencies();
  const dueAt = new Map<string, number>();
  let deliveries = 0;
  for (const { client } of writers) {
    client.onMessage = (frame) => {
      deliveries += 1;
      const at = frame.indexOf('"data":{"id":"');
      const due = dueAt.get(frame.slice(at + 14, at + 50));
      if (due !== undefined) deliver.add(performance.now() - due);
    };
  }
  const start = performance.now();
  const total = Math.floor(perSecond * seconds);
  const sent: Promise<void>[] = [];
  for (let number = 0; number < total; ) {
    const now = performance.now() - start;
    for (; number < total && (number * 1_000) / perSecond <= now; number += 1) {
      const due = start + (number * 1_000) / perSecond;
      const { client, conversations } = writers[number % writers.length] as Writer;
      const id = uuidv7();
      dueAt.set(id, due);
      sent.push(client.send(conversations[number % conversations.length] as string, id, CONTENT).then(() => ack.add(performance.now() - due)));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(sent);
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (const { client } of writers) client.onMessage = undefined;
  return { ack: ack.summary(), deliver: deliver.summary(), deliveries: deliveries / seconds };
}
