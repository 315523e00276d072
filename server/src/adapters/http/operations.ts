import { endpoints, type Readiness } from "@parley/protocol";
import { route, type Route } from "./pipeline.ts";

export interface OperationRoutesDeps {
  /** Throws when PostgreSQL does not answer. */
  readonly checkDatabase: () => Promise<void>;
  /** Throws when other nodes cannot be reached. */
  readonly checkBus: () => Promise<void>;
  /** In the text format of Prometheus. */
  readonly metrics: () => Promise<string>;
}

/** Longer than this is no answer: whoever asks would rather send its users elsewhere. */
const LONGEST_CHECK_MS = 2_000;

export function operationRoutes({ checkDatabase, checkBus, metrics }: OperationRoutesDeps): Route[] {
  return [
    route(endpoints.getLiveness, () => ({ status: "ok" })),
    route(endpoints.getReadiness, async () => {
      const [database, bus] = await Promise.all([resultOf(checkDatabase), resultOf(checkBus)]);
      const checks = { database, bus };
      if (database === "ok" && bus === "ok") return { status: 200, body: { status: "ready", checks } };
      return { status: 503, body: { status: "not_ready", checks } };
    }),
    route(endpoints.getMetrics, () => metrics()),
  ];
}

async function resultOf(check: () => Promise<void>): Promise<Readiness["checks"]["database"]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"failing">((resolve) => {
    timer = setTimeout(() => resolve("failing"), LONGEST_CHECK_MS);
  });
  try {
    return await Promise.race([check().then(() => "ok" as const), late]);
  } catch {
    return "failing";
  } finally {
    clearTimeout(timer);
  }
}
