import * as z from "zod";
import { timestamp, uuid } from "./primitives.ts";
import { user } from "./user.ts";

export const FRIENDSHIP_STATUSES = ["requested", "accepted"] as const;
export const friendshipStatus = z.enum(FRIENDSHIP_STATUSES);
export type FriendshipStatus = z.infer<typeof friendshipStatus>;

export const friendship = z
  .object({
    user: user.meta({ description: "The other one" }),
    status: friendshipStatus,
    requested_by: uuid,
    requested_at: timestamp,
    accepted_at: timestamp.nullable(),
  })
  .meta({ id: "Friendship" });
export type Friendship = z.infer<typeof friendship>;
