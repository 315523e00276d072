import * as z from "zod";
import { endpoint } from "../endpoint.ts";

const tag = "Operations";

export const liveness = z.object({ status: z.literal("ok") }).meta({ id: "Liveness" });

const check = z.enum(["ok", "failing"]);

export const readiness = z
  .object({ status: z.enum(["ready", "not_ready"]), checks: z.object({ database: check, bus: check }) })
  .meta({ id: "Readiness" });
export type Readiness = z.infer<typeof readiness>;

export const operationEndpoints = {
  getLiveness: endpoint({
    id: "getLiveness",
    method: "GET",
    path: "/healthz",
    summary: "Whether the process lives",
    tag,
    access: "public",
    responses: { 200: liveness },
    errors: [],
    example: { response: { status: "ok" } },
  }),
  getReadiness: endpoint({
    id: "getReadiness",
    method: "GET",
    path: "/readyz",
    summary: "Whether it can serve: database and bus",
    tag,
    access: "public",
    responses: { 200: readiness, 503: readiness },
    errors: [],
    example: { response: { status: "ready", checks: { database: "ok", bus: "ok" } } },
  }),
  getMetrics: endpoint({
    id: "getMetrics",
    method: "GET",
    path: "/metrics",
    summary: "Metrics for Prometheus",
    tag,
    access: "public",
    responses: { 200: z.string() },
    produces: "text/plain",
    errors: [],
    example: { response: "parley_sockets 2\n" },
  }),
} as const;
