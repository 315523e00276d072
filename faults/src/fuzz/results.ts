import { availableParallelism } from "node:os";
import process from "node:process";
import { growthOf, type Sample } from "./memory.ts";
import { byClass, deepShare, neverDone, sorted } from "./report.ts";
import type { FuzzResult } from "./run.ts";
import { timeOf } from "./tally.ts";

type Counts = Readonly<Record<string, number>>;

/** What stands in results/fuzz.json. */
export interface FuzzResults {
  /** When it was over. */
  readonly at: string;
  readonly machine: { readonly cores: number; readonly system: string; readonly node: string };
  readonly seed: number;
  readonly only: "http" | "socket" | "both";
  readonly inputs: number;
  readonly seconds: number;
  readonly requests: number;
  readonly frames: number;
  readonly sockets: number;
  readonly events: number;
  readonly findings: readonly { readonly text: string; readonly times: number }[];
  readonly didSomethingPercent: number;
  /** Endpoints and commands that never did anything. */
  readonly neverDone: readonly string[];
  readonly statusClasses: Counts;
  readonly statuses: Counts;
  readonly httpCodes: Counts;
  readonly replies: Counts;
  readonly closes: Counts;
  readonly overloads: number;
  readonly unanswered: number;
  readonly answeredWithinMs: { readonly half: number; readonly p99: number; readonly slowest: number };
  /** After the warm-up and at the end, all garbage collected. */
  readonly heapBytes: { readonly from: number; readonly to: number };
  readonly samples: readonly Sample[];
  readonly warnings: Counts;
  /** What was done to the inputs. */
  readonly hows: Counts;
  readonly topics: Readonly<Record<string, { readonly sent: number; readonly done: number }>>;
}

export function summarizeFuzz(result: FuzzResult, only: "http" | "socket" | undefined, at: Date): FuzzResults {
  const { tally, samples, findings } = result;
  return {
    at: at.toISOString(),
    machine: { cores: availableParallelism(), system: process.platform, node: process.version },
    seed: result.seed,
    only: only ?? "both",
    inputs: result.sent,
    seconds: Math.round(result.seconds),
    requests: tally.http,
    frames: tally.socket,
    sockets: tally.sockets,
    events: tally.events,
    findings: findings.kinds.map(({ text, times }) => ({ text: text.slice(0, 1_000), times })),
    didSomethingPercent: Number(deepShare(tally)),
    neverDone: neverDone(tally),
    statusClasses: byClass(tally.statuses),
    statuses: tally.statuses,
    httpCodes: sorted(tally.httpCodes),
    replies: sorted(tally.replies),
    closes: sorted(tally.closes),
    overloads: tally.overloads,
    unanswered: tally.unanswered,
    answeredWithinMs: { half: timeOf(tally, 0.5), p99: timeOf(tally, 0.99), slowest: Math.round(tally.slowestMs) },
    heapBytes: growthOf(samples),
    samples,
    warnings: result.warnings,
    hows: sorted(tally.hows),
    topics: tally.topics,
  };
}
