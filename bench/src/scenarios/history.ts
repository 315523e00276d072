import { openLibrary, type Library } from "../history/library.ts";
import type { History } from "../history/seed.ts";
import { COMMON_WORD, RARE_WORD, UNCOMMON_WORD } from "../history/texts.ts";
import type { Scenario, Stand } from "../scenario.ts";
import { Latencies, median } from "../stats.ts";

const SMALLEST = 10_000;
/** Readings in a round, of each. */
const ROUND = 40;

/** Reading does not become slower as a history grows. Two services run side by side and are asked in turn. */
export const history: Scenario = {
  name: "history",
  title: "Reading in long histories",
  async run(stand) {
    const sizes =
      stand.size === "quick" ? [100_000] : [100_000, 1_000_000, ...(stand.options.isHuge ? [10_000_000] : [])];
    const { keepIn } = stand.options;
    await using small = await openLibrary(stand, SMALLEST, keepIn);
    let growth = Number.NaN;
    for (const size of sizes) {
      await using large = await openLibrary(stand, size, keepIn);
      growth = await compare(stand, small, large, size, size === sizes.at(-1) && stand.size === "full" ? 5 : 3);
    }
    stand.ratio("history_growth", growth);
  },
};

/** What is read, as a path; places in the long conversation are anywhere in it. */
const READS: Record<string, (history: History) => string> = {
  "page of messages": ({ long }) => `/v1/conversations/${long.id}/messages?limit=50&before=${anywhere(long.messages)}`,
  "page of changes": ({ long }) => `/v1/conversations/${long.id}/changes?limit=50&after=${anywhere(long.messages)}`,
  "list of 1,000 conversations": () => "/v1/conversations?limit=100",
  "search, a rare word": () => `/v1/search/messages?q=${RARE_WORD}`,
  "search, an uncommon word": () => `/v1/search/messages?q=${UNCOMMON_WORD}`,
  "search, a common word": () => `/v1/search/messages?q=${COMMON_WORD}`,
  "search, both of these": () => `/v1/search/messages?q=${UNCOMMON_WORD}+${COMMON_WORD}`,
  "search in one conversation": ({ long }) => `/v1/search/messages?q=${COMMON_WORD}&conversation_id=${long.id}`,
};

function anywhere(messages: number): number {
  return 60 + Math.floor(Math.random() * (messages - 60));
}

/** Both are asked in turn; the median of the rounds counts, so that a moment in which the machine was busy does not. */
async function compare(stand: Stand, small: Library, large: Library, size: number, rounds: number): Promise<number> {
  let worst = 0;
  const [few, many] = [SMALLEST.toLocaleString("en"), size.toLocaleString("en")];
  for (const [name, path] of Object.entries(READS)) {
    stand.say(`${many} messages: ${name}`);
    const all = { small: new Latencies(), large: new Latencies() };
    const growth: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const each = { small: new Latencies(), large: new Latencies() };
      for (let number = round === 0 ? -10 : 0; number < ROUND; number += 1) {
        for (const which of ["small", "large"] as const) {
          const { http, history: seeded, token } = which === "small" ? small : large;
          const start = performance.now();
          await http.get(path(seeded), token);
          if (number >= 0) for (const list of [all, each]) list[which].add(performance.now() - start);
        }
      }
      const [before, after] = [each.small.quantile(0.95), each.large.quantile(0.95)];
      stand.sample(`${name}: p95 at ${few}`, before, "ms");
      stand.sample(`${name}: p95 at ${many}`, after, "ms");
      growth.push(after / before);
    }
    stand.latency(`${name}, ${few}`, all.small.summary());
    stand.latency(`${name}, ${many}`, all.large.summary());
    worst = Math.max(worst, stand.sample(`${name}: growth to ${many}`, median(growth), "times"));
  }
  return worst;
}
