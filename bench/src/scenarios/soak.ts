import { connectAll } from "../load/client.ts";
import { readCorpus } from "../load/corpus.ts";
import { connectToParley, type ParleyClient } from "../load/parley-client.ts";
import { createBustle } from "../load/bustle.ts";
import { memoryOfAll } from "../machine/usage.ts";
import type { Scenario, Stand } from "../scenario.ts";
import type { Service } from "../service.ts";
import { setStage } from "../stage.ts";
import { lineThrough } from "../stats.ts";

const PEOPLE = 400;
const GROUPS = 400;
const MEMBERS = 10;
const MINUTES = 30;
const SAMPLES = 120;
/** Looking at the heap stops the service for a moment: not more often than this. */
const LEAST_PAUSE_MS = 1_500;
const HEAP = "service: heap after garbage";

/** Half an hour of an ordinary day, everything going on at once: what the service holds must not grow. */
export const soak: Scenario = {
  name: "soak",
  title: "Half an hour of an ordinary day",
  isLong: true,
  async run(stand) {
    const minutes = stand.options.soakMinutes ?? (stand.size === "quick" ? 1 : MINUTES);
    const service = await stand.startService({ isInspectable: true });
    const scenes = await setStage(service.connectionString, {
      conversations: GROUPS,
      membersEach: MEMBERS,
      kind: "group",
      people: PEOPLE,
    });
    const people = [...new Set(scenes.flatMap(({ members }) => members))];
    const clients = (await connectAll(people, (userId) => connectToParley(service, userId))) as Map<
      string,
      ParleyClient
    >;
    const { texts } = await readCorpus();
    const bustle = createBustle({ service, scenes, clients, texts });
    stand.say(`${minutes} minutes: ${bustle.about}`);
    const [heap] = await stand.watch("all of it", service.processes, () =>
      Promise.all([observe(stand, service, minutes), bustle.run(minutes * 60)]),
    );
    for (const [name, latencies] of Object.entries(bustle.latencies)) stand.latency(name, latencies.summary());
    for (const [name, count] of Object.entries(bustle.counts)) stand.sample(name, count / (minutes * 60), "a second");
    stand.sample("asked to come again", bustle.refused / (minutes * 60), "a second");
    judge(stand, heap);
    bustle.close();
  },
};

/** Looks at memory again and again; answers what the heap held, by seconds. */
async function observe(stand: Stand, service: Service, minutes: number): Promise<(readonly [number, number])[]> {
  const start = performance.now();
  const end = start + minutes * 60_000;
  const pause = Math.max(LEAST_PAUSE_MS, (minutes * 60_000) / SAMPLES);
  const heap: (readonly [number, number])[] = [];
  for (let next = start + pause; next < end; next = Math.max(next + pause, performance.now())) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
    const used = (await service.heap()) / 1e6;
    const seconds = (performance.now() - start) / 1_000;
    heap.push([seconds, used]);
    stand.point(HEAP, seconds, used, "MB");
    for (const [name, bytes] of Object.entries(memoryOfAll(service.processes)))
      stand.point(`${name}: memory`, seconds, bytes / 1e6, "MB");
    if (heap.length % 10 === 0)
      stand.say(`after ${Math.round(seconds)} s: ${used.toFixed(1)} MB of heap after garbage`);
  }
  return heap;
}

/** The first half is for caches to fill; in the second the heap has to lie on a level line. */
function judge(stand: Stand, heap: readonly (readonly [number, number])[]): void {
  const half = heap.slice(Math.floor(heap.length / 2));
  const line = lineThrough(half);
  const [first] = half[0] ?? [0];
  const [last] = half.at(-1) ?? [1];
  stand.sample("slope of the heap, second half", line.slope * 3_600, "MB/hour");
  stand.sample("slope of the heap, 95 % ±", line.uncertainty * 3_600, "MB/hour");
  stand.sample("heap at the end, by the line", line.at(last), "MB");
  stand.ratio("soak_growth", line.at(last) / line.at(first));
}
