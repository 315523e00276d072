import type { Random } from "../random.ts";
import type { Findings } from "./findings.ts";
import type { Tally } from "./tally.ts";
import type { World } from "./world.ts";

/** What those share who send. */
export interface Field {
  readonly port: number;
  readonly world: World;
  readonly random: Random;
  readonly tally: Tally;
  readonly findings: Findings;
  /** Takes one of the inputs that are left; false: there are none. */
  claim(): boolean;
}

/**
 * Within which everything has to be answered. Long, since machines are shared and writes may wait for the database for 10 s; a wait
 * without end is what is looked for.
 */
export const ANSWER_LIMIT_MS = 60_000;
