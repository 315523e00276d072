import { ParleyError, type CommandType } from "@parley/protocol";
import type { Authenticate } from "./authenticate.ts";
import type { CommandContext, CommandHandler } from "./command-handler.ts";
import type { CommandTable } from "./command-table.ts";
import type { Connection } from "./connection.ts";
import { parseCommand, type ParsedCommand } from "./parse-command.ts";
import type { ErrorReply, ReplyBody } from "./replies.ts";

export interface DispatchDeps {
  readonly authenticate: Authenticate;
  readonly commands: CommandTable;
  readonly errorReply: ErrorReply;
  readonly ticks: () => number;
}

export type Dispatch = ReturnType<typeof createDispatch>;

type GoodCommand = Exclude<ParsedCommand, { error: ParleyError }>;

/** Takes the frames of sockets to where they are served. */
export function createDispatch({ authenticate, commands, errorReply, ticks }: DispatchDeps) {
  /** A frame has come. */
  function receive(connection: Connection, bytes: Buffer, isBinary: boolean): void {
    if (connection.isDeaf) return;
    connection.lastHeardAt = ticks();
    if (isBinary) connection.close("protocol_error");
    else if (!connection.admitFrame()) connection.close("rate_limited");
    else if (connection.isBusy) {
      (connection.held ??= []).push(bytes);
      connection.pauseReading();
    } else take(connection, bytes);
  }

  /** There may be room again: first for what was read already. */
  function goOn(connection: Connection): void {
    while (!connection.isBusy && !connection.isDeaf) {
      const bytes = connection.held?.shift();
      if (!bytes) {
        connection.held = undefined;
        connection.resumeReading();
        return;
      }
      take(connection, bytes);
    }
  }

  function take(connection: Connection, bytes: Buffer): void {
    const command = parseCommand(bytes);
    if (!connection.session) begin(connection, command);
    else if (command.error) refuse(connection, command.id, command.error);
    else if (command.type === "authenticate") {
      void wait(connection, authenticate.renew(connection, command.data.token, command.id));
    } else serve(connection, command);
  }

  /** The first frame of a socket that has not said who it is. */
  function begin(connection: Connection, command: ParsedCommand): void {
    if (command.type === "authenticate") {
      admit(connection, command.data.token, command.id);
      return;
    }
    const error =
      command.error ?? new ParleyError("invalid_frame", { detail: "The first frame must be `authenticate`." });
    connection.reply(errorReply(error, "authenticate"), command.id);
    connection.close("protocol_error");
  }

  function admit(connection: Connection, token: string, id?: string): void {
    void wait(connection, authenticate.admit(connection, token, id));
  }

  /** Nothing else is taken until it is known who asks. */
  async function wait(connection: Connection, work: Promise<void>): Promise<void> {
    connection.isAuthenticating = true;
    await work;
    connection.isAuthenticating = false;
    goOn(connection);
  }

  function refuse(connection: Connection, id: string | undefined, error: ParleyError): void {
    connection.reply(errorReply(error, "unknown"), id);
    if (error.code === "invalid_frame" && !connection.admitInvalidFrame()) connection.close("protocol_error");
  }

  function serve(connection: Connection, { type, id, data }: GoodCommand): void {
    const { session } = connection;
    if (!session || type === "authenticate") return;
    // The table has for each type the handler of its data.
    const handler = commands[type] as CommandHandler<CommandType>;
    const { caller } = session;
    connection.inFlight += 1;
    connection.order.submit({
      key: handler.key(data),
      isPipelined: handler.isPipelined === true,
      work: (queued) => carryOut(handler, type, { caller, session, connection, id, queued }, data),
      answer(reply) {
        connection.inFlight -= 1;
        // Who gave it no name wants to hear of failures alone.
        if (id !== undefined || reply.type !== "ok") connection.reply(reply, id);
        if (connection.held || connection.isPaused) goOn(connection);
      },
    });
  }

  async function carryOut(
    handler: CommandHandler<CommandType>,
    type: CommandType,
    context: CommandContext,
    data: GoodCommand["data"],
  ): Promise<ReplyBody> {
    try {
      return await handler.run(context, data);
    } catch (error) {
      return errorReply(error, type);
    }
  }

  return { receive, admit };
}
