import * as z from "zod";
import { timestamp, uuid } from "./primitives.ts";
import { user } from "./user.ts";

export const JOIN_REQUEST_STATUSES = ["pending", "approved", "refused"] as const;
export const joinRequestStatus = z.enum(JOIN_REQUEST_STATUSES);
export type JoinRequestStatus = z.infer<typeof joinRequestStatus>;

export const joinRequest = z
  .object({
    conversation_id: uuid,
    user_id: uuid,
    user,
    status: joinRequestStatus,
    created_at: timestamp,
    decided_by: uuid.nullable(),
    decided_at: timestamp.nullable(),
  })
  .meta({ id: "JoinRequest" });
export type JoinRequest = z.infer<typeof joinRequest>;

export const decideJoinRequest = z.strictObject({ approved: z.boolean() });
