import { ParleyError } from "@parley/protocol";
import { isHost } from "../domain/access.ts";
import type { Caller } from "../domain/caller.ts";
import type { MessageId, UserId } from "../domain/ids.ts";
import type { Reader, Transactor, Writer } from "../store/database.ts";
import {
  claimScheduledMessage,
  findDueScheduledMessages,
  markScheduledFailed,
  markScheduledSent,
  putOffScheduledMessage,
  type ScheduledMessageRow,
} from "../store/scheduled-messages.ts";
import type { SendService } from "./messages/send.ts";
import { toInput } from "./present-scheduled-messages.ts";

export interface SendScheduledDeps {
  readonly db: Reader & Transactor;
  readonly send: SendService;
  /** The user as a caller, as they are now; undefined for one who is deactivated. The host's backend for the system's user. */
  readonly callerOf: (userId: UserId) => Promise<Caller | undefined>;
  /** Tells the author that it was refused, in the transaction that says so. */
  readonly notifyRefused: (tx: Writer, failed: ScheduledMessageRow) => Promise<void>;
}

/** Whoever began to send one and has not said for so long how it went has ended. */
const STALE_MS = 60_000;

export type SendScheduled = ReturnType<typeof createSendScheduled>;

/** How it went: `nothing` where it was sent, refused or cancelled before, or its time has not come. */
export type ScheduledOutcome = "sent" | "failed" | "put_off" | "nothing";

/** Sends scheduled messages when their time has come. Any number of nodes may do so at once, and end at any moment. */
export function createSendScheduled({ db, send, callerOf, notifyRefused }: SendScheduledDeps) {
  return {
    /** Ids of those whose time has come, the earliest first, with those that somebody left half done. */
    findDue: (limit: number): Promise<MessageId[]> => findDueScheduledMessages(db, limit, STALE_MS),

    /**
     * Sends one whose time has come, in its author's name, with the author's rights as they are now; advances their mark only if
     * nothing was unread. Doing so again makes no second message: its id is fixed. Refused then, it has failed, and its author is told.
     * Where a limit does not let it through now (slow mode, a customer's quota), it is put off for so long.
     *
     * Throws what is nobody's refusal (`overloaded`, a lost database), after which it is to be called again.
     */
    async sendScheduled(id: string): Promise<ScheduledOutcome> {
      const row = await db.transaction((tx) => claimScheduledMessage(tx, id));
      if (!row) return "nothing";
      try {
        await sendAs(row, await authorOf(row));
      } catch (error) {
        return await settleRefused(row, error);
      }
      await db.transaction((tx) => markScheduledSent(tx, row.id));
      return "sent";
    },
  };

  async function sendAs(row: ScheduledMessageRow, caller: Caller): Promise<void> {
    // It was admitted when it was scheduled.
    await send(
      caller,
      row.conversationId,
      { id: row.id, ...toInput(row.body) },
      { ownMark: "if_all_read", limited: false },
    );
  }

  async function authorOf({ senderId, body }: ScheduledMessageRow): Promise<Caller> {
    const caller = await callerOf(senderId);
    if (!caller) throw new ParleyError("permission_denied", { detail: "The author was deactivated." });
    return isHost(caller) ? caller : { ...caller, isService: body.by_service };
  }

  async function settleRefused(row: ScheduledMessageRow, error: unknown): Promise<ScheduledOutcome> {
    if (!(error instanceof ParleyError) || error.code === "overloaded" || error.code === "internal") {
      await db.transaction((tx) => putOffScheduledMessage(tx, row.id, 0));
      throw error;
    }
    if (error.code === "rate_limited") {
      await db.transaction((tx) => putOffScheduledMessage(tx, row.id, (error.retryAfterSeconds ?? 1) * 1_000));
      return "put_off";
    }
    await db.transaction(async (tx) => {
      const failed = await markScheduledFailed(tx, row.id, error.code, error.message);
      if (failed) await notifyRefused(tx, failed);
    });
    return "failed";
  }
}
