import * as z from "zod";
import { auditEntry } from "../audit.ts";
import { COMMON_ERRORS, endpoint } from "../endpoint.ts";
import { page, pageFields, timestampInput, uuid } from "../primitives.ts";
import * as examples from "./examples.ts";

export const auditQuery = z.object({
  conversation_id: z.exactOptional(uuid),
  actor_id: z.exactOptional(uuid),
  action: z.exactOptional(
    z.string().regex(/^[a-z_.]{1,64}$/, { error: "Must be the name of an action, like member.removed" }),
  ),
  before: z.exactOptional(timestampInput),
  after: z.exactOptional(timestampInput),
  ...pageFields,
});
export type AuditQuery = z.infer<typeof auditQuery>;

export const auditEndpoints = {
  listAudit: endpoint({
    id: "listAudit",
    method: "GET",
    path: "/v1/audit",
    summary: "List who did what, newest first (staff)",
    tag: "Audit",
    access: "staff",
    query: auditQuery,
    responses: { 200: page(auditEntry) },
    errors: [...COMMON_ERRORS, "permission_denied"],
    example: {
      query: { conversation_id: examples.IDS.conversation },
      response: examples.onePage({
        id: examples.IDS.audit,
        at: examples.AT,
        actor_id: examples.IDS.ada,
        action: "member.removed",
        conversation_id: examples.IDS.conversation,
        subject_id: examples.IDS.grace,
        data: {},
      }),
    },
  }),
} as const;
