type Counts = Record<string, number>;

/** What was sent and how it was answered: shows whether the inputs went deep or were all turned away at the door. */
export interface Tally {
  http: number;
  socket: number;
  /** Sockets that were opened. */
  sockets: number;
  /** Events that came beside the answers. */
  events: number;
  readonly statuses: Counts;
  readonly httpCodes: Counts;
  readonly replies: Counts;
  readonly closes: Counts;
  /** What was done to the inputs. */
  readonly hows: Counts;
  /** By endpoint or command: how many were sent, and how many did something. */
  readonly topics: Record<string, { sent: number; done: number }>;
  /** Deliberate refusals under load: allowed, but to be seen. */
  overloads: number;
  /** Not to be answered: what broke its connection, or came after that. */
  unanswered: number;
  slowestMs: number;
  /** Answers by time: up to 1, 2, 4, 8 … ms. */
  readonly times: number[];
}

export function createTally(): Tally {
  return {
    http: 0,
    socket: 0,
    sockets: 0,
    events: 0,
    statuses: {},
    httpCodes: {},
    replies: {},
    closes: {},
    hows: {},
    topics: {},
    overloads: 0,
    unanswered: 0,
    slowestMs: 0,
    times: [],
  };
}

export function count(counts: Counts, key: string | number): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

export function countTopic({ topics }: Tally, topic: string, isDone: boolean): void {
  const own = (topics[topic] ??= { sent: 0, done: 0 });
  own.sent += 1;
  if (isDone) own.done += 1;
}

export function countTime(tally: Tally, ms: number): void {
  tally.slowestMs = Math.max(tally.slowestMs, ms);
  const bucket = Math.max(0, Math.ceil(Math.log2(ms)));
  tally.times[bucket] = (tally.times[bucket] ?? 0) + 1;
}

/** Up to how many milliseconds this share of the answers took: an upper bound, by powers of two. */
export function timeOf({ times }: Tally, share: number): number {
  const total = times.reduce((sum, each) => sum + (each ?? 0), 0);
  let seen = 0;
  for (const [bucket, each] of times.entries()) {
    seen += each ?? 0;
    if (seen >= total * share) return 2 ** bucket;
  }
  return 0;
}
