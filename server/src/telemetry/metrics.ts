import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

export type Metrics = ReturnType<typeof createMetrics>;

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/**
 * What this node tells Prometheus. Labels only ever take values from a short list: routes are patterns, never paths,
 * and nothing is labelled by user or conversation.
 */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    /** Result: `created`, `duplicate`, or the code of the refusal. */
    sends: new Counter({
      name: "parley_sends_total",
      help: "Messages sent, by result",
      labelNames: ["result"] as const,
      registers,
    }),
    commitBatchSize: new Histogram({
      name: "parley_commit_batch_size",
      help: "Message changes written by one transaction of the committer",
      buckets: BATCH_SIZES,
      registers,
    }),
    commitSeconds: new Histogram({
      name: "parley_commit_seconds",
      help: "Duration of one transaction of the committer",
      buckets: SECONDS,
      registers,
    }),
    /** Queue: `committer`, `marks`, `jobs`, `bus`, … */
    queueDepth: new Gauge({
      name: "parley_queue_depth",
      help: "Entries waiting, by queue",
      labelNames: ["queue"] as const,
      registers,
    }),
    sockets: new Gauge({ name: "parley_sockets", help: "Open sockets that are authenticated", registers }),
    /** Kind: `change`, `mark` or `signal`. */
    deliveries: new Counter({
      name: "parley_fanout_deliveries_total",
      help: "Events written to sockets, by kind",
      labelNames: ["kind"] as const,
      registers,
    }),
    droppedSignals: new Counter({
      name: "parley_signals_dropped_total",
      help: "Signals left out for sockets that were behind",
      registers,
    }),
    slowCloses: new Counter({
      name: "parley_slow_closes_total",
      help: "Sockets closed because they did not keep up (4409)",
      registers,
    }),
    socketCloses: new Counter({
      name: "parley_socket_closes_total",
      help: "Sockets closed, by close code",
      labelNames: ["code"] as const,
      registers,
    }),
    httpRequests: new Counter({
      name: "parley_http_requests_total",
      help: "HTTP requests, by method, route and status",
      labelNames: ["method", "route", "status"] as const,
      registers,
    }),
    httpSeconds: new Histogram({
      name: "parley_http_request_seconds",
      help: "Duration of HTTP requests, by method and route",
      labelNames: ["method", "route"] as const,
      buckets: SECONDS,
      registers,
    }),
    followerLag: new Gauge({
      name: "parley_follower_lag_changes",
      help: "Changes a follower has not yet read",
      labelNames: ["follower"] as const,
      registers,
    }),
    rateLimited: new Counter({
      name: "parley_rate_limited_total",
      help: "Requests refused by a rate limit, by limit",
      labelNames: ["limit"] as const,
      registers,
    }),
  };
}
