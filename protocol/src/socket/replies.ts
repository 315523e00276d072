import * as z from "zod";
import { changeSet } from "../change.ts";
import { errorCode, fieldError } from "../errors.ts";
import { deliveredResult, mark, readResult } from "../marks.ts";
import { message } from "../message.ts";
import { presence } from "../presence.ts";
import { count, seq, timestamp, uuid } from "../primitives.ts";
import { reactionChange } from "../reaction.ts";
import { scheduledReceipt } from "../scheduled-message.ts";

const commandId = z
  .string()
  .optional()
  .meta({ description: "The id of the command answered; absent where it had none" });

/** The socket is authenticated: live delivery begins here. */
export const connected = z
  .object({
    type: z.literal("connected"),
    id: commandId,
    data: z.object({
      user_id: uuid,
      connection_id: z.string(),
      epoch: z.string(),
      heartbeat_seconds: count,
      timestamp,
    }),
  })
  .meta({ id: "ConnectedFrame" });

/** What was missed in one conversation; any number of these come before `resumed`. */
export const changesFrame = z
  .object({ type: z.literal("changes"), id: commandId, conversation_id: uuid, data: changeSet })
  .meta({ id: "ChangesFrame" });

export const GONE_REASONS = ["removed", "deleted", "unknown"] as const;
export const goneReason = z.enum(GONE_REASONS);
export type GoneReason = z.infer<typeof goneReason>;

export const resumedConversation = z.object({
  id: uuid,
  head: seq,
  last_read_seq: seq.nullable(),
  unread_count: count.nullable(),
  marks: z.array(mark).optional().meta({ description: "Everyone's, where there are at most 50 members" }),
});
export type ResumedConversation = z.infer<typeof resumedConversation>;

export const resumed = z
  .object({
    type: z.literal("resumed"),
    id: commandId,
    data: z.object({
      epoch: z.string(),
      conversations: z
        .array(resumedConversation)
        .meta({ description: "The caller's current conversations, 500 a page" }),
      gone: z
        .array(z.object({ id: uuid, reason: goneReason }))
        .meta({ description: "Those the resume named that the caller is no longer in" }),
      next_cursor: z
        .string()
        .nullable()
        .meta({ description: "Where not null: send `resume` with it as `cursor` for the next page" }),
    }),
  })
  .meta({ id: "ResumedFrame" });

export const pong = z
  .object({ type: z.literal("pong"), id: commandId, data: z.object({ timestamp }) })
  .meta({ id: "PongFrame" });

/** What `ok` carries, by command. */
export const OK_DATA = {
  send_message: z.union([z.object({ message, duplicate: z.boolean() }), scheduledReceipt]),
  edit_message: z.object({ message }),
  delete_message: z.object({}),
  add_reaction: reactionChange,
  remove_reaction: z.object({}),
  mark_read: readResult,
  mark_delivered: deliveredResult,
  typing: z.object({}),
  open: z.object({ head: seq, marks: z.array(mark).optional() }),
  close: z.object({}),
  watch_presence: z.object({ items: z.array(presence) }),
  set_presence: z.object({}),
} as const satisfies Record<string, z.ZodType>;

/** Commands answered with `ok`; the others have an answer of their own. */
export type OkCommand = keyof typeof OK_DATA;
export type OkData<Type extends OkCommand> = z.infer<(typeof OK_DATA)[Type]>;

/** The command took effect; where it changed something, that is committed. */
export const ok = z
  .object({
    type: z.literal("ok"),
    id: commandId,
    data: z.record(z.string(), z.unknown()).meta({ description: "By command" }),
  })
  .meta({ id: "OkFrame" });

export const errorFrame = z
  .object({
    type: z.literal("error"),
    id: commandId,
    data: z.object({
      code: errorCode,
      message: z.string(),
      errors: z.array(fieldError).optional(),
      retry_after_seconds: z.number().optional(),
    }),
  })
  .meta({ id: "ErrorFrame" });

export const reply = z.discriminatedUnion("type", [connected, changesFrame, resumed, pong, ok, errorFrame]);
export type Reply = z.infer<typeof reply>;
export type ConnectedFrame = z.infer<typeof connected>;
export type ChangesFrame = z.infer<typeof changesFrame>;
export type ResumedFrame = z.infer<typeof resumed>;
export type PongFrame = z.infer<typeof pong>;
export type OkFrame = z.infer<typeof ok>;
export type ErrorFrame = z.infer<typeof errorFrame>;
