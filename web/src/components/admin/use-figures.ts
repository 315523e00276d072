import { useDocumentVisibility, useIntervalFn } from "@vueuse/core";
import { computed, onScopeDispose, ref, shallowRef, watch } from "vue";
import { parseMetrics, quantileOf, rateOf, sumOf, type Metrics } from "./metrics.ts";

export const FIGURES = [
  "sockets",
  "sends",
  "deliveries",
  "requests",
  "latency",
  "queued",
  "refused",
  "memory",
] as const;
export type Figure = (typeof FIGURES)[number];
export type Reading = Readonly<Record<Figure, number | undefined>>;

const EVERY_MS = 2_000;
/** So many are drawn: two minutes. */
const KEPT = 60;
const MS = 1_000;

/** What the service tells of itself, every two seconds while one looks. It is the node that answers this page. */
export function useFigures() {
  const readings = shallowRef<readonly Reading[]>([]);
  const failure = ref(false);
  const visibility = useDocumentVisibility();
  const ending = new AbortController();
  let before: { readonly at: number; readonly metrics: Metrics } | undefined;

  async function read(): Promise<void> {
    try {
      const response = await fetch("/metrics", { signal: ending.signal });
      if (!response.ok) throw new Error(`The service answered ${response.status}.`);
      const now = { at: performance.now(), metrics: parseMetrics(await response.text()) };
      readings.value = [...readings.value, readingOf(before, now)].slice(-KEPT);
      before = now;
      failure.value = false;
    } catch {
      // The next reading may work; what was drawn stays.
      if (!ending.signal.aborted) failure.value = true;
    }
  }

  const { pause, resume } = useIntervalFn(() => void read(), EVERY_MS, { immediateCallback: true });
  watch(visibility, (state) => {
    // What would be between two looks is no second of either.
    before = undefined;
    if (state === "visible") resume();
    else pause();
  });
  onScopeDispose(() => ending.abort());
  return { readings, latest: computed(() => readings.value.at(-1)), failure };
}

interface Taken {
  readonly at: number;
  readonly metrics: Metrics;
}

function readingOf(before: Taken | undefined, { at, metrics }: Taken): Reading {
  const rate = (name: string, labels?: Readonly<Record<string, string>>): number | undefined =>
    before && rateOf(sumOf(before.metrics, name, labels), sumOf(metrics, name, labels), (at - before.at) / MS);
  const latency = before && quantileOf(before.metrics, metrics, "parley_http_request_seconds", 0.95);
  return {
    sockets: sumOf(metrics, "parley_sockets"),
    sends: rate("parley_sends_total", { result: "created" }),
    deliveries: rate("parley_fanout_deliveries_total"),
    requests: rate("parley_http_requests_total"),
    latency: latency === undefined ? undefined : latency * MS,
    queued: sumOf(metrics, "parley_queue_depth"),
    refused: rate("parley_rate_limited_total"),
    memory: sumOf(metrics, "process_resident_memory_bytes"),
  };
}
