/** One line of what the service tells Prometheus. */
interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
export type Metrics = ReadonlyMap<string, readonly Sample[]>;

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const LABEL = /(\w+)="((?:\\.|[^"\\])*)"/g;

/** The text format of Prometheus, by the name of the metric. What is no line of it is left out. */
export function parseMetrics(text: string): Metrics {
  const metrics = new Map<string, Sample[]>();
  for (const line of text.split("\n")) {
    const [, name, labels = "", value] = LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const sample = {
      labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, key = "", text = ""]) => [key, text])),
      value: value === "+Inf" ? Infinity : Number(value),
    };
    metrics.set(name, [...(metrics.get(name) ?? []), sample]);
  }
  return metrics;
}

/** What all samples of a metric that have these labels come to. */
export function sumOf(metrics: Metrics, name: string, labels: Readonly<Record<string, string>> = {}): number {
  return (metrics.get(name) ?? [])
    .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

/** How often a second, between two readings. A counter that went back belongs to a service that was started anew. */
export function rateOf(before: number, after: number, seconds: number): number {
  return seconds <= 0 || after < before ? 0 : (after - before) / seconds;
}

/** The value under which a share of what a histogram counted between two readings is; undefined where nothing was. */
export function quantileOf(before: Metrics, after: Metrics, name: string, share: number): number | undefined {
  const bounds = new Map<number, number>();
  const add = (metrics: Metrics, sign: 1 | -1): void => {
    for (const { labels, value } of metrics.get(`${name}_bucket`) ?? []) {
      const bound = labels["le"] === "+Inf" ? Infinity : Number(labels["le"]);
      bounds.set(bound, (bounds.get(bound) ?? 0) + sign * value);
    }
  };
  add(after, 1);
  add(before, -1);
  const buckets = [...bounds.entries()].sort(([a], [b]) => a - b);
  const total = buckets.at(-1)?.[1] ?? 0;
  if (total <= 0) return undefined;
  const found = buckets.find(([, count]) => count >= total * share)?.[0];
  // Beyond the last bound is all that is known.
  return found === Infinity ? buckets.at(-2)?.[0] : found;
}
