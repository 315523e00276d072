import { availableParallelism } from "node:os";
import process from "node:process";
import { FAULTS } from "./faults.ts";
import type { RoundResult, RunResult } from "./run.ts";
import type { DatabaseKind } from "./stand/stand.ts";

/** What stands in results/latest.json. */
export interface Results {
  /** When it was over. */
  readonly at: string;
  readonly machine: { readonly cores: number; readonly system: string; readonly node: string };
  readonly seed: number;
  readonly rounds: number;
  readonly byKind: Readonly<Partial<Record<DatabaseKind, number>>>;
  readonly seconds: number;
  /** Messages that were acknowledged, and taken to be sent later; events that clients heard. */
  readonly acknowledged: number;
  readonly scheduled: number;
  readonly heard: number;
  readonly worstRecoveryMs: number;
  readonly violations: number;
  readonly faults: Readonly<Record<string, FaultSummary>>;
  /** How often connections of clients ended, by close code. */
  readonly ends: Readonly<Record<string, number>>;
  /** Faults that could not be had, and why. */
  readonly excuses: Readonly<Record<string, string>>;
  readonly played: readonly Omit<RoundResult, "notes" | "waitedFor">[];
}

/** The rounds a fault was in, and how long it took until every client had everything again. */
export interface FaultSummary {
  readonly alone: number;
  readonly mixed: number;
  /** Rounds in which something was violated. */
  readonly bad: number;
  /** Of the rounds in which it was alone, or else of all. */
  readonly medianMs: number;
  readonly worstMs: number;
}

export function summarize(
  seed: number,
  runs: readonly RunResult[],
  excuses: ReadonlyMap<string, string>,
  at: Date,
): Results {
  const played = runs.flatMap(({ rounds }) => rounds);
  const sum = (of: (round: RoundResult) => number): number => played.reduce((total, round) => total + of(round), 0);
  const atTheEnd = runs.reduce((total, run) => total + run.atTheEnd.length, 0);
  return {
    at: at.toISOString(),
    machine: {
      cores: availableParallelism(),
      system: process.platform,
      node: process.version,
    },
    seed,
    rounds: played.length,
    byKind: countBy(played, ({ kind }) => kind),
    seconds: Math.round(runs.reduce((total, { seconds }) => total + seconds, 0)),
    acknowledged: sum(({ acked }) => acked),
    scheduled: runs.reduce((total, { scheduled }) => total + scheduled, 0),
    heard: sum(({ heard }) => heard),
    worstRecoveryMs: Math.max(0, ...played.map(({ recoveryMs }) => recoveryMs)),
    violations: sum(({ violations }) => violations.length) + atTheEnd,
    faults: summarizeFaults(played),
    ends: addUp(runs.map(({ ends }) => ends)),
    excuses: Object.fromEntries(excuses),
    played: played.map(({ notes: _notes, waitedFor: _waitedFor, ...round }) => round),
  };
}

function summarizeFaults(rounds: readonly RoundResult[]): Record<string, FaultSummary> {
  const summaries: Record<string, FaultSummary> = {};
  for (const name of Object.keys(FAULTS)) {
    const having = rounds.filter(({ faults }) => faults.includes(name));
    if (having.length === 0) continue;
    const alone = having.filter(({ faults }) => faults.length === 1);
    const times = (alone.length > 0 ? alone : having).map(({ recoveryMs }) => recoveryMs).toSorted((a, b) => a - b);
    summaries[name] = {
      alone: alone.length,
      mixed: having.length - alone.length,
      bad: having.filter(({ violations }) => violations.length > 0).length,
      medianMs: times[Math.floor(times.length / 2)] ?? 0,
      worstMs: times.at(-1) ?? 0,
    };
  }
  return summaries;
}

function countBy<T, K extends string>(items: readonly T[], key: (item: T) => K): Partial<Record<K, number>> {
  const counts: Partial<Record<K, number>> = {};
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  return counts;
}

function addUp(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const each of counts) for (const [key, count] of Object.entries(each)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}
