import * as z from "zod";
import { attachment, attachmentInput } from "./attachment.ts";
import { errorCode } from "./errors.ts";
import { contentType } from "./message.ts";
import { content, LIMITS, metadata, storedMetadata, timestamp, timestampInput, uuid } from "./primitives.ts";

export const SCHEDULED_STATUSES = ["pending", "sent", "failed"] as const;
export const scheduledStatus = z.enum(SCHEDULED_STATUSES);
export type ScheduledStatus = z.infer<typeof scheduledStatus>;

export const scheduledMessage = z
  .object({
    id: uuid.meta({ description: "The id that the message will have" }),
    conversation_id: uuid,
    content_type: contentType,
    content: z.string(),
    metadata: storedMetadata.nullable(),
    parent_id: uuid.nullable(),
    attachments: z.array(attachment),
    send_at: timestamp,
    status: scheduledStatus,
    error_code: errorCode.nullable().meta({ description: "Why it was refused when its time came" }),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: "ScheduledMessage" });
export type ScheduledMessage = z.infer<typeof scheduledMessage>;

/** The answer to a send with `send_at`. */
export const scheduledReceipt = z
  .object({ scheduled: scheduledMessage.pick({ id: true, send_at: true, status: true }) })
  .meta({ id: "ScheduledReceipt" });
export type ScheduledReceipt = z.infer<typeof scheduledReceipt>;

export const updateScheduledMessage = z.strictObject({
  content: z.exactOptional(content),
  metadata: z.exactOptional(metadata.nullable()),
  attachments: z.exactOptional(z.array(attachmentInput).max(LIMITS.attachments)),
  send_at: z.exactOptional(timestampInput),
});
export type UpdateScheduledMessage = z.infer<typeof updateScheduledMessage>;
