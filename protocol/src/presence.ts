import * as z from "zod";
import { timestamp, uuid } from "./primitives.ts";

export const PRESENCE_STATUSES = ["online", "away", "busy", "offline"] as const;
export const presenceStatus = z.enum(PRESENCE_STATUSES);
export type PresenceStatus = z.infer<typeof presenceStatus>;

/** Whether someone is there. Who does not share presence is always `offline` with no `last_seen_at`. */
export const presence = z
  .object({ user_id: uuid, status: presenceStatus, last_seen_at: timestamp.nullable() })
  .meta({ id: "Presence" });
export type Presence = z.infer<typeof presence>;

export const typing = z.strictObject({ is_typing: z.boolean() });
