import { endpoints } from "@parley/protocol";
import type { AuditService } from "../../services/audit.ts";
import { route, type Route } from "./pipeline.ts";

export interface AuditRoutesDeps {
  readonly audit: AuditService;
}

export function auditRoutes({ audit }: AuditRoutesDeps): Route[] {
  return [route(endpoints.listAudit, ({ caller, query }) => audit.audit(caller, query))];
}
