import * as z from "zod";
import { conversation } from "./conversation.ts";
import { member } from "./member.ts";
import { message } from "./message.ts";
import { seq, uuid } from "./primitives.ts";

const messageChange = z.object({ version: seq, type: z.literal("message"), data: message });
const memberChange = z.object({ version: seq, type: z.literal("member"), data: member });
const conversationChange = z.object({ version: seq, type: z.literal("conversation"), data: conversation });

/** Something that changed, once, as it is now. */
export const change = z
  .discriminatedUnion("type", [messageChange, memberChange, conversationChange])
  .meta({ id: "Change" });
export type Change = z.infer<typeof change>;
export type ChangeType = Change["type"];

/** What changed in one conversation after a version. */
export const changeSet = z
  .object({
    epoch: z.string(),
    after: seq,
    through: seq.meta({ description: "The new cursor; not the version of the last change" }),
    head: seq,
    changes: z.array(change),
    has_more: z.boolean(),
    reset: z.boolean().meta({ description: "Forget what was cached of the conversation and load it anew" }),
  })
  .meta({ id: "ChangeSet" });
export type ChangeSet = z.infer<typeof changeSet>;

const location = { conversation_id: uuid };

export const locatedChange = z
  .discriminatedUnion("type", [
    z.object({ ...location, ...messageChange.shape }),
    z.object({ ...location, ...memberChange.shape }),
    z.object({ ...location, ...conversationChange.shape }),
  ])
  .meta({ id: "LocatedChange" });
export type LocatedChange = z.infer<typeof locatedChange>;

/** What changed in all the caller's conversations after a cursor. */
export const allChanges = z
  .object({
    epoch: z.string(),
    after: z.string().nullable(),
    through: z.string().meta({ description: "The new cursor" }),
    changes: z.array(locatedChange).meta({ description: "Ascending by version within each conversation" }),
    reset_conversations: z.array(uuid).meta({
      description:
        "Forget what was cached of these conversations and load them anew: too much changed, or what one may see of them did",
    }),
    has_more: z.boolean(),
    reset: z.boolean().meta({ description: "Forget everything cached and load it anew" }),
  })
  .meta({ id: "AllChanges" });
export type AllChanges = z.infer<typeof allChanges>;
