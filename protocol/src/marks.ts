import * as z from "zod";
import { count, LIMITS, seq, timestamp, uuid } from "./primitives.ts";

/** How far someone has read and received. In support conversations the nil UUID stands for all staff together. */
export const mark = z
  .object({
    user_id: uuid,
    last_read_seq: seq,
    last_delivered_seq: seq,
    last_read_at: timestamp.nullable(),
  })
  .meta({ id: "Mark" });
export type Mark = z.infer<typeof mark>;

export const markFields = { seq: z.exactOptional(seq), message_id: z.exactOptional(uuid) };

export function checkMark(context: z.core.ParsePayload<{ seq?: number; message_id?: string }>): void {
  if (context.value.seq === undefined || context.value.message_id === undefined) return;
  context.issues.push({
    code: "custom",
    path: ["message_id"],
    message: "Give either seq or message_id, or neither for all",
    input: context.value,
  });
}

/** Up to which message: a seq, an id, or (neither given, or no body) the last one. */
export const moveMark = z.strictObject(markFields).check(checkMark).default({});
export type MoveMark = z.infer<typeof moveMark>;

export const readResult = z
  .object({
    last_read_seq: seq,
    unread_count: count,
    updated_count: count.meta({ description: "How many messages this has newly marked" }),
  })
  .meta({ id: "ReadResult" });
export type ReadResult = z.infer<typeof readResult>;

export const deliveredResult = z
  .object({ last_delivered_seq: seq, updated_count: count })
  .meta({ id: "DeliveredResult" });
export type DeliveredResult = z.infer<typeof deliveredResult>;

export const bulkRead = z.strictObject({ conversation_ids: z.array(uuid).min(1).max(LIMITS.pageMax) });

export const bulkReadResult = z.object({
  items: z.array(z.object({ conversation_id: uuid, ...readResult.shape })),
  updated_count: count,
});
export type BulkReadResult = z.infer<typeof bulkReadResult>;

export const DELIVERY_STATUSES = ["sent", "delivered", "read", "archived"] as const;
export const deliveryStatus = z.enum(DELIVERY_STATUSES);
export type DeliveryStatus = z.infer<typeof deliveryStatus>;

/** How one message stands with one recipient. */
export const recipientStatus = z
  .object({
    user_id: uuid,
    status: deliveryStatus,
    delivered_at: timestamp.nullable(),
    read_at: timestamp.nullable(),
  })
  .meta({ id: "RecipientStatus" });
export type RecipientStatus = z.infer<typeof recipientStatus>;
