import type { Measured } from "./service.ts";

export interface Sample extends Measured {
  /** After how many inputs. */
  readonly inputs: number;
}

/** What caches may still take before it is called growth. */
const SPARE_BYTES = 8 * 1_048_576;
/**
 * The same for each input after the warm-up: less than what any kept request, answer or frame takes. Each world brings its users,
 * tokens and conversations into caches that are bounded, but not full for a long time.
 */
const SPARE_BYTES_EACH = 32;
/** What a process opens for itself once in a while. */
const SPARE_FILES = 8;

/** The samples after the part in which caches fill. */
export function afterWarmUp(samples: readonly Sample[]): readonly Sample[] {
  const rest = samples.slice(Math.max(1, Math.floor(samples.length * 0.25)));
  return rest.length >= 2 ? rest : samples.slice(-2);
}

/** How much larger the heap was at the end than after the warm-up, each the middle one of some samples. */
export function growthOf(samples: readonly Sample[]): { readonly from: number; readonly to: number } {
  const looked = afterWarmUp(samples);
  const some = Math.max(1, Math.floor(looked.length / 4));
  const middle = (part: readonly Sample[]): number => {
    const sorted = part.map(({ heap, external }) => heap + external).toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  };
  return { from: middle(looked.slice(0, some)), to: middle(looked.slice(-some)) };
}

/** What has not come back to where it was. */
export function leaksIn(samples: readonly Sample[]): string[] {
  const [first] = afterWarmUp(samples);
  const last = samples.at(-1);
  if (!first || !last || first === last) return [];
  const leaks: string[] = [];
  const { from, to } = growthOf(samples);
  if (to - from > Math.max(SPARE_BYTES, (last.inputs - first.inputs) * SPARE_BYTES_EACH))
    leaks.push(`the heap has grown from ${megabytes(from)} after the warm-up to ${megabytes(to)}`);
  if (last.files > first.files + SPARE_FILES)
    leaks.push(`${last.files} files and connections are open at the end, ${first.files} after the warm-up`);
  if (
    last.databaseConnections >
    Math.max(
      ...afterWarmUp(samples)
        .slice(0, -1)
        .map(({ databaseConnections }) => databaseConnections),
    )
  )
    leaks.push(
      `${last.databaseConnections} database connections are open at the end, ${first.databaseConnections} after the warm-up`,
    );
  return leaks;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
