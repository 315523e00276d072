import * as z from "zod";
import { count, reaction, timestamp, uuid } from "./primitives.ts";
import { user } from "./user.ts";

/** A message's reactions of one kind. */
export const messageReaction = z
  .object({
    reaction: z.string(),
    count,
    user_ids: z.array(uuid).meta({ description: "The first 20 who reacted" }),
    me: z
      .boolean()
      .optional()
      .meta({ description: "Whether the caller reacted so. Absent in live events, which are the same for everyone" }),
  })
  .meta({ id: "MessageReaction" });
export type MessageReaction = z.infer<typeof messageReaction>;

/** Who reacted so, in full. */
export const reactionDetail = z
  .object({
    reaction: z.string(),
    count,
    users: z.array(z.object({ user, created_at: timestamp })).meta({ description: "In the order of reacting" }),
  })
  .meta({ id: "ReactionDetail" });
export type ReactionDetail = z.infer<typeof reactionDetail>;

/** One reaction that came or went: the answer to adding one, and the data of the events. */
export const reactionChange = z
  .object({
    message_id: uuid,
    reaction: z.string(),
    user_id: uuid,
    count: count.meta({ description: "How many react so now" }),
  })
  .meta({ id: "ReactionChange" });
export type ReactionChange = z.infer<typeof reactionChange>;

export const addReaction = z.strictObject({ reaction });
