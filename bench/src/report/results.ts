import type { Machine } from "../machine/machine.ts";
import type { Findings, RatioName } from "../scenario.ts";

/** What stands in results/latest.json. */
export interface Results {
  readonly machine: Machine;
  readonly scenarios: Record<string, Findings>;
  readonly ratios: Partial<Record<RatioName, number>>;
}
