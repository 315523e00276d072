import { setTimeout as sleep } from "node:timers/promises";
import { v7 as uuidv7 } from "uuid";
import type { Service } from "../service.ts";
import type { Scene } from "../stage.ts";
import { Latencies } from "../stats.ts";
import { closeAll } from "./client.ts";
import { createHttpClient } from "./http-client.ts";
import { openLoop } from "./open-loop.ts";
import { connectToParley, type ParleyClient } from "./parley-client.ts";

/** What happens in a second. */
const RATES = { sends: 60, reactions: 30, "marks as read": 60, pages: 20, searches: 2, reconnects: 4 } as const;
type Act = keyof typeof RATES;

const AWAY_MS = 3_000;
const AGAIN_MS = 500;

export interface Bustle {
  readonly about: string;
  /** Goes on for so long, at its rate, whatever becomes of it; throws when anything fails. */
  run(seconds: number): Promise<void>;
  readonly counts: Readonly<Record<Act, number>>;
  readonly latencies: Readonly<Record<Act, Latencies>>;
  /** What the service asked to be done again later: a machine that others use stalls at times. */
  readonly refused: number;
  close(): void;
}

interface BustleDeps {
  readonly service: Service;
  readonly scenes: readonly Scene[];
  readonly clients: Map<string, ParleyClient>;
  readonly texts: readonly string[];
}

/**
 * An ordinary day: people write, react, read, search, go and come back, all at fixed rates. Whoever comes back resumes from what they
 * held when they went.
 */
export function createBustle({ service, scenes, clients, texts }: BustleDeps): Bustle {
  const acts = Object.keys(RATES) as Act[];
  const perAct = <T>(make: () => T): Record<Act, T> =>
    Object.fromEntries(acts.map((act) => [act, make()])) as Record<Act, T>;
  const counts = perAct(() => 0);
  let refused = 0;
  const latencies = perAct(() => new Latencies());
  const http = createHttpClient(service.url, 16);
  const latest = new Map<string, string>();
  const people = [...clients.keys()];
  const away = new Set<string>();
  const words = texts.flatMap((text) => text.match(/[a-z]{4,}/g) ?? []);

  const atWork = new Map<string, number>();

  function somebody(of: readonly string[]): string {
    const there = of.filter((userId) => !away.has(userId));
    return pick(there.length > 0 ? there : of);
  }

  /** Somebody of these does something at their socket; meanwhile they do not go away. */
  async function withSomebody(of: readonly string[], work: (client: ParleyClient) => Promise<void>): Promise<void> {
    const userId = somebody(of);
    atWork.set(userId, (atWork.get(userId) ?? 0) + 1);
    try {
      await work(clients.get(userId) as ParleyClient);
    } catch (error) {
      if (isCut(error) && !away.has(userId)) {
        away.add(userId);
        await comeBack(userId, {}).finally(() => away.delete(userId));
      }
      throw error;
    } finally {
      atWork.set(userId, (atWork.get(userId) ?? 1) - 1);
    }
  }

  /** Until it succeeds, as a client does. */
  async function comeBack(userId: string, held: Readonly<Record<string, number>>): Promise<void> {
    for (;;) {
      try {
        const back = await connectToParley(service, userId);
        await back.command("resume", JSON.stringify({ epoch: back.epoch, conversations: held }));
        clients.set(userId, back);
        return;
      } catch (error) {
        if (!isPassing(error)) throw error;
        refused += 1;
        await sleep(AGAIN_MS);
      }
    }
  }

  const deeds: Record<Act, () => Promise<unknown>> = {
    async sends() {
      const scene = pick(scenes);
      const id = uuidv7();
      await withSomebody(scene.members, (client) => client.send(scene.id, id, pick(texts)));
      latest.set(scene.id, id);
    },
    async reactions() {
      const scene = pick(scenes);
      const message = latest.get(scene.id);
      if (message === undefined) return;
      const data = `{"conversation_id":"${scene.id}","message_id":"${message}","reaction":"${pick(["👍", "👋", "🎉"])}"}`;
      await withSomebody(scene.members, (client) => client.command("add_reaction", data));
    },
    async "marks as read"() {
      const scene = pick(scenes);
      const data = `{"conversation_id":"${scene.id}"}`;
      await withSomebody(scene.members, (client) => client.command("mark_read", data));
    },
    async pages() {
      const scene = pick(scenes);
      await http.get(`/v1/conversations/${scene.id}/messages?limit=50`, await tokenOf(pick(scene.members)));
    },
    async searches() {
      await http.get(`/v1/search/messages?q=${pick(words)}`, await tokenOf(pick(people)));
    },
    async reconnects() {
      const userId = somebody(people);
      away.add(userId);
      try {
        while ((atWork.get(userId) ?? 0) > 0) await sleep(5);
        const held = versionsIn(await http.get("/v1/conversations?limit=100", await tokenOf(userId)));
        clients.get(userId)?.close();
        await sleep(AWAY_MS);
        await comeBack(userId, held);
      } finally {
        away.delete(userId);
      }
    },
  };

  let failure: unknown;
  async function perform(act: Act, due: number): Promise<void> {
    try {
      await deeds[act]();
      counts[act] += 1;
      latencies[act].add(performance.now() - due - (act === "reconnects" ? AWAY_MS : 0));
    } catch (error) {
      if (isPassing(error)) refused += 1;
      else failure ??= error;
    }
  }

  const tokens = new Map<string, Promise<string>>();
  function tokenOf(userId: string): Promise<string> {
    const known = tokens.get(userId) ?? service.tokenOf(userId);
    tokens.set(userId, known);
    return known;
  }

  const turns = acts.flatMap((act) => Array<Act>(RATES[act]).fill(act)).toSorted(() => Math.random() - 0.5);
  return {
    about: `${acts.map((act) => `${RATES[act]} ${act}`).join(", ")} a second`,
    async run(seconds) {
      const running = new Set<Promise<void>>();
      await openLoop(turns.length, seconds, (number, due) => {
        if (failure !== undefined) throw failure;
        const act = turns[number % turns.length] as Act;
        const going = perform(act, due).finally(() => running.delete(going));
        running.add(going);
      });
      await Promise.all(running);
      if (failure !== undefined) throw failure;
    },
    counts,
    latencies,
    get refused() {
      return refused;
    },
    close() {
      http.close();
      closeAll(clients);
    },
  };
}

function isCut(error: unknown): boolean {
  return error instanceof Error && error.message.includes("socket was closed");
}

/** A client tries again: the service is overloaded, and says so or closes the socket. */
function isPassing(error: unknown): boolean {
  return isCut(error) || (error instanceof Error && error.message.includes('"overloaded"'));
}

/** What somebody holds: the head of each of their conversations. */
function versionsIn(body: string): Record<string, number> {
  const { items } = JSON.parse(body) as { items: { id: string; head: number }[] };
  return Object.fromEntries(items.map(({ id, head }) => [id, head]));
}

function pick<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)] as T;
}
