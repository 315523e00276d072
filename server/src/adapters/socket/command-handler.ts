import type { CommandData, CommandType, OkCommand, OkData } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { Session } from "../../realtime/audience.ts";
import type { Connection } from "./connection.ts";
import type { ReplyBody } from "./replies.ts";

/** What a command comes with. */
export interface CommandContext {
  readonly caller: Caller;
  readonly session: Session;
  readonly connection: Connection;
  readonly id: string | undefined;
  /** To be called when the command has its place in the committer's queue. */
  readonly queued: () => void;
}

/** Serves one type of command. */
export interface CommandHandler<Type extends CommandType> {
  /** Commands with the same key take effect and are answered one after the other. undefined: in any order. */
  key(data: CommandData<Type>): string | undefined;
  /** The next command of the key may begin when this one is queued. Default false. */
  readonly isPipelined?: boolean;
  /** What it throws is answered as an error. */
  run(context: CommandContext, data: CommandData<Type>): Promise<ReplyBody>;
}

/** Commands of one conversation are one line. */
export function byConversation(data: { readonly conversation_id: string }): string {
  return data.conversation_id;
}

export function ok<Type extends OkCommand>(_command: Type, data: OkData<Type>): ReplyBody {
  return { type: "ok", data };
}
