import * as z from "zod";
import { storedMetadata, timestamp, uuid } from "./primitives.ts";

/** Who did what, when. */
export const auditEntry = z
  .object({
    id: uuid,
    at: timestamp,
    actor_id: uuid.nullable(),
    action: z.string().meta({ description: "Like member.removed" }),
    conversation_id: uuid.nullable(),
    subject_id: uuid.nullable().meta({ description: "What it was done to: a message, a user, a space …" }),
    data: storedMetadata,
  })
  .meta({ id: "AuditEntry" });
export type AuditEntry = z.infer<typeof auditEntry>;
