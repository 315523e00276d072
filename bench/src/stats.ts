/** Latencies in milliseconds, kept whole: a run has at most some hundred thousand of them. */
export class Latencies {
  readonly #values: number[] = [];

  add(milliseconds: number): void {
    this.#values.push(milliseconds);
  }

  get count(): number {
    return this.#values.length;
  }

  /** The value below which this share (0 … 1) of them lies; NaN where there are none. */
  quantile(share: number): number {
    return quantileOf(
      this.#values.toSorted((a, b) => a - b),
      share,
    );
  }

  /** Of few samples the high percentiles are left out: they would be the worst one by another name. */
  summary(): LatencySummary {
    const sorted = this.#values.toSorted((a, b) => a - b);
    return {
      p50: quantileOf(sorted, 0.5),
      p90: quantileOf(sorted, 0.9),
      p99: sorted.length >= 100 ? quantileOf(sorted, 0.99) : null,
      p999: sorted.length >= 1_000 ? quantileOf(sorted, 0.999) : null,
      most: sorted.at(-1) ?? Number.NaN,
      count: sorted.length,
    };
  }
}

function quantileOf(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Milliseconds; null where there were too few to tell. */
export interface LatencySummary {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly most: number;
  readonly count: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** Runs `workers` loops of `work` for so long and answers how often it ran to its end per second. */
export async function ratePerSecond(
  seconds: number,
  workers: number,
  work: (worker: number) => Promise<number>,
): Promise<number> {
  const start = performance.now();
  const end = start + seconds * 1000;
  let done = 0;
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      while (performance.now() < end) {
        const count = await work(worker);
        done += count;
      }
    }),
  );
  return done / ((performance.now() - start) / 1000);
}

/** A straight line through points, and how sure its slope is. */
export interface Line {
  readonly slope: number;
  /** Half of the interval that holds the true slope with 95 % confidence, if what is beside the line is chance. */
  readonly uncertainty: number;
  at(x: number): number;
}

/** By least squares; needs five points. */
export function lineThrough(points: readonly (readonly [number, number])[]): Line {
  const count = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const at = (x: number): number => meanY + slope * (x - meanX);
  const beside = points.reduce((sum, [x, y]) => sum + (y - at(x)) ** 2, 0) / (count - 2);
  return { slope, uncertainty: studentsT(count - 2) * Math.sqrt(beside / spread), at };
}

/** Quantile of Student's t for 95 %, both sides; good to a few hundredths from three degrees of freedom on. */
function studentsT(freedom: number): number {
  return 1.96 + 2.4 / freedom + 3.5 / freedom ** 2;
}
