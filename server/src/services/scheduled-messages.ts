import {
  initialMessage,
  invalid,
  notFound,
  ParleyError,
  type InitialMessage,
  type Page,
  type ScheduledMessage,
  type ScheduledMessageListQuery,
  type ScheduledReceipt,
  type UpdateScheduledMessage,
} from "@parley/protocol";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../domain/caller.ts";
import type { ConversationId, MessageId } from "../domain/ids.ts";
import { isSameJson } from "../domain/messages.ts";
import { isChangeable, MAX_PENDING, sendAtProblem, type ScheduledState } from "../domain/scheduled-messages.ts";
import type { Reader, Transactor, Writer } from "../store/database.ts";
import { findMessage } from "../store/messages.ts";
import {
  cancelScheduledMessage,
  countPending,
  findScheduledMessage,
  insertScheduledMessage,
  listScheduledMessages,
  lockScheduledMessage,
  updateScheduledMessage,
  type ScheduledBody,
  type ScheduledMessageRow,
} from "../store/scheduled-messages.ts";
import { accessTo } from "./access.ts";
import { checkLength } from "./messages/content.ts";
import { requireMaySend } from "./messages/may-send.ts";
import { cutPage, decodePlace } from "./page-place.ts";
import { presentScheduled, statesOf, toBody, toInput } from "./present-scheduled-messages.ts";
import { refuse } from "./refuse.ts";

export interface ScheduledMessagesDeps {
  readonly db: Reader & Transactor;
  /** Throws `rate_limited`: scheduling counts as sending, and sending then does not count again. */
  readonly limitSend: (caller: Caller, conversationId: ConversationId) => Promise<void> | void;
  /** Characters of a content; at most the protocol's 10,000. */
  readonly maxContent: number;
  readonly now: () => Date;
}

export type ScheduledMessages = ReturnType<typeof createScheduledMessages>;

/** Messages that are sent later, in their author's name. Seen by nobody else until then. */
export function createScheduledMessages(deps: ScheduledMessagesDeps) {
  const { db } = deps;

  return {
    /**
     * Takes a message to be sent at a time. Whether it may be sent is checked now and again then. Safe to call again with the same
     * `id`, content and time: what is there is answered.
     *
     * Throws `validation_failed` (the time), `conflict` (the id names something else, or too many wait), `rate_limited`, and what
     * sending it now would throw.
     */
    async schedule(
      caller: Caller,
      conversationId: ConversationId,
      sent: InitialMessage,
      sendAt: Date,
    ): Promise<ScheduledReceipt> {
      const given = sent.id === undefined ? undefined : await findScheduledMessage(db, sent.id);
      const body = toBody(sent, caller);
      if (given) return receiptOf(requireSame(given, caller, conversationId, body, sendAt));
      requireTime(sendAt, deps.now());
      checkLength(sent.content, deps.maxContent);
      const access = await accessTo(db, caller, conversationId);
      await requireMaySend(db, access, { contentType: sent.content_type, parentId: body.parent_id });
      await deps.limitSend(caller, conversationId);
      return receiptOf(await insert(caller, conversationId, (sent.id ?? uuidv7()) as MessageId, body, sendAt));
    },

    /** One's own, next first: those that wait, were sent or failed. */
    async list(caller: Caller, query: ScheduledMessageListQuery): Promise<Page<ScheduledMessage>> {
      const rows = await listScheduledMessages(db, {
        senderId: caller.userId,
        conversationId: (query.conversation_id ?? null) as ConversationId | null,
        states: statesOf(query.status),
        beyond: decodePlace(query.cursor),
        limit: query.limit + 1,
      });
      const page = cutPage(rows, query.limit, (row) => ({ at: row.sendAt, id: row.id }));
      return { items: page.rows.map(presentScheduled), next_cursor: page.nextCursor };
    },

    /** Throws `not_found`. */
    async get(caller: Caller, id: string): Promise<ScheduledMessage> {
      return presentScheduled(requireOwn(await findScheduledMessage(db, id), caller));
    },

    /**
     * Changes what is sent, or when, while it waits. One that failed waits again once it has a new time.
     * Throws `not_found`, `validation_failed`, `conflict` (sent, or being sent), and what sending it now would throw.
     */
    async update(caller: Caller, id: string, patch: UpdateScheduledMessage): Promise<ScheduledMessage> {
      return await db.transaction(async (tx) => {
        const row = requireOwn(await lockScheduledMessage(tx, id), caller);
        if (!isChangeable(row.status)) throw tooLate();
        const sendAt = patch.send_at === undefined ? row.sendAt : new Date(patch.send_at);
        if (patch.send_at !== undefined) requireTime(sendAt, deps.now());
        const body = merged(row.body, patch);
        checkLength(body.content, deps.maxContent);
        const access = await accessTo(tx, caller, row.conversationId);
        await requireMaySend(tx, access, { contentType: body.content_type, parentId: body.parent_id });
        const status: ScheduledState = patch.send_at === undefined ? row.status : "pending";
        return presentScheduled(await updateScheduledMessage(tx, { id: row.id, body, sendAt, status }));
      });
    },

    /** Cancels it; one that was cancelled stays so. Throws `not_found`, and `conflict` where it was sent or is being sent. */
    async cancel(caller: Caller, id: string): Promise<void> {
      const row = await findScheduledMessage(db, id);
      if (row?.senderId !== caller.userId) throw notFound("scheduled message");
      if (row.status === "cancelled") return;
      if (await db.transaction((tx) => cancelScheduledMessage(tx, id))) return;
      const now = await findScheduledMessage(db, id);
      if (now?.status !== "cancelled") throw tooLate();
    },
  };

  async function insert(
    caller: Caller,
    conversationId: ConversationId,
    id: MessageId,
    body: ScheduledBody,
    sendAt: Date,
  ): Promise<ScheduledMessageRow> {
    const made = await db.transaction(async (tx) => {
      await requireRoom(tx, caller);
      if (await findMessage(tx, id)) throw idTaken();
      return await insertScheduledMessage(tx, { id, conversationId, senderId: caller.userId, body, sendAt });
    });
    if (made) return made;
    // The same request, sent twice at once.
    const other = await findScheduledMessage(db, id);
    if (!other) throw idTaken();
    return requireSame(other, caller, conversationId, body, sendAt);
  }
}

async function requireRoom(tx: Writer, caller: Caller): Promise<void> {
  if ((await countPending(tx, caller.userId)) < MAX_PENDING) return;
  throw new ParleyError("conflict", {
    detail: `You have ${MAX_PENDING} scheduled messages already: cancel some, or wait until they are sent.`,
  });
}

function requireTime(sendAt: Date, now: Date): void {
  const problem = sendAtProblem(sendAt, now);
  if (problem !== undefined) throw invalid("body.send_at", problem);
}

/** Throws `not_found` for other people's and for cancelled ones: they are as if they had never been. */
function requireOwn(row: ScheduledMessageRow | undefined, caller: Caller): ScheduledMessageRow {
  if (row?.senderId !== caller.userId || row.status === "cancelled") throw notFound("scheduled message");
  return row;
}

/** The row, if it is what this request would have made. Throws the same `conflict` whatever differs. */
function requireSame(
  row: ScheduledMessageRow,
  caller: Caller,
  conversationId: ConversationId,
  body: ScheduledBody,
  sendAt: Date,
): ScheduledMessageRow {
  const isSame =
    row.senderId === caller.userId &&
    row.conversationId === conversationId &&
    row.status !== "cancelled" &&
    row.sendAt.getTime() === sendAt.getTime() &&
    isSameJson(withoutIds(row.body), withoutIds(body));
  if (!isSame) throw idTaken();
  return row;
}

/** Attachments get their ids here, so these differ from one request to the next. */
function withoutIds(body: ScheduledBody): unknown {
  const attachments = body.attachments.map((attachment) => {
    const { id: _, ...given } = attachment;
    return given;
  });
  return { ...body, attachments };
}

/** Checked as if it were sent anew: a patch must not make a message that says nothing, or a picture without its size. */
function merged(body: ScheduledBody, patch: UpdateScheduledMessage): ScheduledBody {
  const { send_at: _, attachments, ...fields } = patch;
  const next: ScheduledBody = {
    ...body,
    ...fields,
    attachments: attachments ? attachments.map((attachment) => ({ ...attachment, id: uuidv7() })) : body.attachments,
  };
  const issues = initialMessage.safeParse(toInput(next)).error?.issues ?? [];
  refuse(issues.map((issue) => ({ path: ["body", ...issue.path.map(String)].join("."), message: issue.message })));
  return next;
}

function receiptOf(row: ScheduledMessageRow): ScheduledReceipt {
  const { id, send_at, status } = presentScheduled(row);
  return { scheduled: { id, send_at, status } };
}

function idTaken(): ParleyError {
  return new ParleyError("conflict", { detail: "This id names another message. Send with a new id." });
}

function tooLate(): ParleyError {
  return new ParleyError("conflict", { detail: "The message was sent, or is being sent right now." });
}
