import type { Watched, Usage } from "./machine/usage.ts";
import type { Service, ServiceOptions } from "./service.ts";
import type { LatencySummary } from "./stats.ts";

/** `quick` leaves out the largest sizes and repeats less; `full` is what the goals are about. */
export type Size = "quick" | "full";

export interface RunOptions {
  readonly size: Size;
  /** CPU profiles of the service are written here. */
  readonly profileInto?: string | undefined;
  /** `history` goes up to its largest size. */
  readonly isHuge: boolean;
  /** Databases that took long to fill are kept here, and used again. */
  readonly keepIn?: string | undefined;
  readonly soakMinutes?: number | undefined;
}

/** One thing that is measured, in a process of its own: that process is the load generator. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Left out of a quick run, unless it is asked for by name. */
  readonly isLong?: boolean;
  run(stand: Stand): Promise<void>;
}

/** Where a scenario stands: what it may start, and where it writes what it has found. */
export interface Stand {
  readonly size: Size;
  readonly options: RunOptions;
  /** A line of progress. */
  say(line: string): void;
  /** Parley in a process of its own, on a database of its own; ended with the scenario. */
  startService(options?: ServiceOptions): Promise<Service>;
  /** One sample of a figure; of several the median counts. */
  sample(name: string, value: number, unit: Unit): number;
  latency(name: string, summary: LatencySummary): void;
  /** One point of a course: `value` at so many seconds from its start. */
  point(name: string, seconds: number, value: number, unit: Unit): void;
  /** Runs the work and keeps what each process used meanwhile; where the work counts messages, also the CPU of each for a message. */
  watch<T>(phase: string, processes: Watched, work: () => Promise<T>, messagesOf?: (result: T) => number): Promise<T>;
  ratio(name: RatioName, value: number): void;
  /** The median of a figure's samples ÷ the best rival's of the same round: noise that lasts longer than a round cancels. */
  ratioByRound(name: RatioName, figure: string, ...rivals: readonly string[]): void;
}

export type Unit =
  | "messages/s"
  | "deliveries/s"
  | "sockets/s"
  | "s"
  | "ms"
  | "MB"
  | "KB"
  | "sockets"
  | "messages"
  | "changes"
  | "MB/hour"
  | "characters"
  | "times"
  | "a second"
  | "for each message"
  | "µs a message";

export interface Figure {
  readonly median: number;
  readonly unit: Unit;
  readonly samples: readonly number[];
}

/** How something went on, as pairs of seconds and values. */
export interface Course {
  readonly unit: Unit;
  readonly points: (readonly [number, number])[];
}

/** What a scenario found, as it stands in results/latest.json. */
export interface Findings {
  readonly name: string;
  readonly title: string;
  readonly size: Size;
  readonly at: string;
  readonly seconds: number;
  readonly figures: Record<string, Figure>;
  readonly latencies: Record<string, LatencySummary>;
  readonly courses?: Record<string, Course>;
  /** By phase, then by process. */
  readonly usage: Record<string, Record<string, Usage>>;
  readonly ratios: Partial<Record<RatioName, number>>;
}

/** The figures Parley is held to, and what it is to reach. `least` or `most` says which way is better. */
export const GOALS = {
  committer_vs_single: { least: 4, about: "the committer alone ÷ the best rate of one transaction per message" },
  socket_vs_single: {
    least: 1.2,
    about: "acknowledged sends through sockets in direct conversations, both online ÷ the same",
  },
  rest_vs_single: { least: undefined, about: "acknowledged sends through REST ÷ the same" },
  quiet_ack_vs_commit: { most: 2, about: "send→ack p50 of a single quiet sender ÷ one bare commit" },
  group_deliveries_vs_ws: {
    least: 0.5,
    about: "deliveries/s in groups of 10, each send durable ÷ bare ws broadcast, pre-framed",
  },
  socket_vs_socketio: { least: 3, about: "acknowledged sends in groups of 10 ÷ socket.io with one INSERT per message" },
  fanout_vs_ws: { least: 0.9, about: "deliveries/s to 1,000 sockets ÷ bare ws broadcast, pre-framed" },
  idle_memory_vs_ws: { most: 1.5, about: "memory of an idle socket, its user in 20 conversations ÷ a bare ws socket" },
  idle_p99_ms: { most: 50, about: "send→deliver p99 at 1,000 messages/s with 10,000 sockets open, ms" },
  storm_seconds: {
    most: 10,
    about: "until all clients that came back at once, each 100 changes behind, have caught up, s",
  },
  history_growth: {
    most: 1.5,
    about: "the worst p95 of pages, changes, list and search in the largest history ÷ in 10,000 messages",
  },
  soak_growth: {
    most: 1.05,
    about:
      "the heap of the service after garbage, at the end ÷ at the beginning of the second half of the soak, by its line",
  },
} as const satisfies Record<
  string,
  { readonly about: string; readonly least?: number | undefined; readonly most?: number }
>;

export type RatioName = keyof typeof GOALS;

/** Whether the goal is reached; undefined where there is none. */
export function isReached(name: RatioName, value: number): boolean | undefined {
  const goal: { least?: number | undefined; most?: number } = GOALS[name];
  if (goal.least !== undefined) return value >= goal.least;
  return goal.most === undefined ? undefined : value <= goal.most;
}
