import * as z from "zod";
import { checkMark, markFields } from "../marks.ts";
import { checkSentTo, editFields, sendToFields } from "../message.ts";
import { cursor, epoch, LIMITS, reaction, seq, uuid } from "../primitives.ts";
import { presenceStatus } from "../presence.ts";

/** Every command of the socket with its data. Commands are imperative; events, in events.ts, are past. */
export const COMMAND_DATA = {
  authenticate: z.strictObject({ token: z.string().min(1).max(16_384) }),
  resume: z.strictObject({
    epoch: z
      .exactOptional(epoch.nullable())
      .meta({ description: "The epoch the cursors are from; without one everything is reset" }),
    conversations: z
      .record(uuid, seq)
      .default({})
      .check((context) => {
        if (Object.keys(context.value).length <= LIMITS.resumedConversations) return;
        const message = `Must name at most ${LIMITS.resumedConversations} conversations; send the rest in a further resume`;
        context.issues.push({ code: "custom", message, input: context.value });
      })
      .meta({ description: "The last version held, by conversation" }),
    cursor: z
      .exactOptional(cursor.nullable())
      .meta({ description: "The `next_cursor` of the last `resumed`, for the next page of conversations" }),
  }),
  send_message: z.strictObject(sendToFields).check(checkSentTo),
  edit_message: z.strictObject({ conversation_id: uuid, message_id: uuid, ...editFields }),
  delete_message: z.strictObject({ conversation_id: uuid, message_id: uuid }),
  add_reaction: z.strictObject({ conversation_id: uuid, message_id: uuid, reaction }),
  remove_reaction: z.strictObject({ conversation_id: uuid, message_id: uuid, reaction }),
  mark_read: z.strictObject({ conversation_id: uuid, ...markFields }).check(checkMark),
  mark_delivered: z.strictObject({ conversation_id: uuid, ...markFields }).check(checkMark),
  typing: z.strictObject({ conversation_id: uuid, is_typing: z.boolean() }),
  open: z.strictObject({ conversation_id: uuid }),
  close: z.strictObject({ conversation_id: uuid }),
  watch_presence: z.strictObject({
    user_ids: z.array(uuid).max(LIMITS.watchedUsers).meta({ description: "Replaces those watched before" }),
  }),
  set_presence: z.strictObject({ status: presenceStatus.meta({ description: "`offline` appears offline" }) }),
  ping: z.strictObject({}).default({}),
} as const satisfies Record<string, z.ZodType>;

export type CommandType = keyof typeof COMMAND_DATA;
export const COMMAND_TYPES = Object.keys(COMMAND_DATA) as CommandType[];

/** Names a command, so that its one answer can be told from the others. */
export const commandId = z.string().min(1).max(64);

function frame<const Type extends CommandType>(type: Type) {
  return z.object({ type: z.literal(type), id: z.exactOptional(commandId), data: COMMAND_DATA[type] });
}

export const command = z.discriminatedUnion("type", [
  frame("authenticate"),
  frame("resume"),
  frame("send_message"),
  frame("edit_message"),
  frame("delete_message"),
  frame("add_reaction"),
  frame("remove_reaction"),
  frame("mark_read"),
  frame("mark_delivered"),
  frame("typing"),
  frame("open"),
  frame("close"),
  frame("watch_presence"),
  frame("set_presence"),
  frame("ping"),
]);
/** A command as the service reads it, defaults filled in. */
export type Command = z.infer<typeof command>;
/** A command as a client writes it. */
export type CommandInput = z.input<typeof command>;
export type CommandOf<Type extends CommandType> = Extract<Command, { type: Type }>;
export type CommandData<Type extends CommandType> = CommandOf<Type>["data"];
