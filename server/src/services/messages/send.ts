import { ParleyError, type InitialMessage, type Message } from "@parley/protocol";
import { v7 as uuidv7 } from "uuid";
import { isHost } from "../../domain/access.ts";
import { mayContactAnyone, type Caller } from "../../domain/caller.ts";
import type { ConversationId, MessageId, UserId } from "../../domain/ids.ts";
import type { Committer } from "../../store/committer/committer.ts";
import type { SendOutcome, SendRefusal, SendRequest } from "../../store/committer/operations.ts";
import type { Reader } from "../../store/database.ts";
import { findMessage, findSameMessage, type MessageRow } from "../../store/messages.ts";
import { accessTo, conversationNotFound, requireMembership } from "../access.ts";
import { checkLength, checkType, resolveMentions } from "./content.ts";
import { fingerprint } from "./fingerprint.ts";
import type { MessagePresenter } from "./present-messages.ts";

export interface SendDeps {
  readonly db: Reader;
  readonly committer: Pick<Committer, "send">;
  readonly presenter: MessagePresenter;
  readonly fingerprintKey: Uint8Array;
  /** Characters of a content; at most the protocol's 10,000. */
  readonly maxContent: number;
  /** Ids of the users who have these usernames; unknown names are left out. */
  readonly userIdsByUsername: (usernames: readonly string[]) => Promise<UserId[]>;
  /** Throws `rate_limited` when the sender or the conversation is over its short window. */
  readonly limitSend: (caller: Caller, conversationId: ConversationId) => Promise<void> | void;
  /** The sender was not let in: the message is not counted against the conversation. */
  readonly refundSend?: (caller: Caller, conversationId: ConversationId) => void;
  /** Sending advances the sender's own mark; must not wait. `kind` is the conversation's, where it is known. */
  readonly advanceOwnMark: (message: MessageRow, mark: OwnMark, kind?: string) => void;
}

/** `always` for what a person just wrote; `if_all_read` for what was sent in their name while they were away (scheduled). */
export type OwnMark = "always" | "if_all_read";

export interface SendOptions {
  readonly ownMark?: OwnMark;
  /** For messages that were admitted before: a scheduled message was limited when it was made. Default true. */
  readonly limited?: boolean;
  /** Called when the message has its place in the committer's queue: what is sent into the conversation from then on comes after it. */
  readonly queued?: () => void;
}

export interface SendResult {
  readonly message: Message;
  /** The id was taken by the same message: nothing was written. */
  readonly duplicate: boolean;
}

export type SendService = (
  caller: Caller,
  conversationId: ConversationId,
  sent: InitialMessage,
  options?: SendOptions,
) => Promise<SendResult>;

/**
 * Writes a message and answers it as committed. Safe to call again with the same `id`: the message that is there is answered,
 * before limits and permission are looked at (DESIGN 2.5).
 *
 * Throws `not_found`, `not_a_member`, `permission_denied`, `contact_refused`, `conflict` (the id names something else),
 * `message_deleted` (the parent), `validation_failed`, `rate_limited` (rates, slow mode, support quota) and `overloaded`.
 */
export function createSend(deps: SendDeps): SendService {
  return async (caller, conversationId, sent, options = {}) => {
    checkLength(sent.content, deps.maxContent);
    checkType(caller, sent.content_type);
    const request = await toRequest(deps, caller, conversationId, sent);
    if (options.limited ?? true) {
      try {
        await deps.limitSend(caller, conversationId);
      } catch (error) {
        const duplicate = sent.id && (await findSameMessage(deps.db, request));
        if (!duplicate) throw error;
        return { message: await presentDuplicate(deps, caller, duplicate), duplicate: true };
      }
    }
    const committing = deps.committer.send(request);
    options.queued?.();
    const outcome = await committing;
    return await answer(deps, caller, request, outcome, options.ownMark ?? "always");
  };
}

const NOT_LET_IN: ReadonlySet<SendRefusal> = new Set([
  "not_found",
  "not_a_member",
  "permission_denied",
  "contact_refused",
]);

async function answer(
  deps: SendDeps,
  caller: Caller,
  request: SendRequest,
  outcome: SendOutcome,
  ownMark: OwnMark,
): Promise<SendResult> {
  if (outcome.outcome === "refused") {
    if (NOT_LET_IN.has(outcome.reason)) deps.refundSend?.(caller, request.conversationId);
    throw await refusal(deps, caller, request, outcome.reason, outcome.retryAfterSeconds);
  }
  if (outcome.outcome === "duplicate") {
    const row = await findMessage(deps.db, request.id);
    if (!row) throw new Error(`message ${request.id} is a duplicate, but not there`);
    // Written by this very send, whose first answer was lost with the connection.
    if (outcome.own) deps.advanceOwnMark(row, ownMark);
    return { message: await presentDuplicate(deps, caller, row), duplicate: !outcome.own };
  }
  const { message, thread } = outcome;
  deps.advanceOwnMark(message, ownMark, outcome.kind);
  const presented = deps.presenter.presentNow(message) ?? (await deps.presenter.presentOne(message, caller.userId));
  if (!thread) return { message: presented, duplicate: false };
  const summary = {
    root_id: thread.rootId,
    reply_count: thread.replyCount,
    last_reply_at: thread.lastReplyAt?.toISOString() ?? null,
  };
  return { message: { ...presented, thread: summary }, duplicate: false };
}

async function toRequest(
  deps: SendDeps,
  caller: Caller,
  conversationId: ConversationId,
  sent: InitialMessage,
): Promise<SendRequest> {
  const { mentions, massMention } = await resolveMentions(deps.userIdsByUsername, sent.content);
  const metadata = sent.metadata ?? null;
  const parentId = (sent.parent_id ?? null) as MessageId | null;
  const given = sent.attachments ?? [];
  return {
    id: (sent.id ?? uuidv7()) as MessageId,
    conversationId,
    senderId: caller.userId,
    contentType: sent.content_type,
    content: sent.content,
    metadata,
    attachments: given.length > 0 ? given.map((attachment) => ({ ...attachment, id: uuidv7() })) : null,
    mentions,
    massMention,
    parentId,
    fingerprint: fingerprint(deps.fingerprintKey, {
      contentType: sent.content_type,
      content: sent.content,
      metadata,
      parentId,
      attachments: given,
    }),
    isStaff: caller.isStaff,
    isService: caller.isService,
    isHost: isHost(caller),
    mayContactAnyone: mayContactAnyone(caller),
    hasMedia: given.length > 0 || MEDIA_TYPES.has(sent.content_type),
  };
}

const MEDIA_TYPES = new Set<string>(["image", "file", "audio", "video"]);

/** In its present state, but with content only if the caller may still read it: the id proves the sending, not the membership. */
async function presentDuplicate(deps: SendDeps, caller: Caller, row: MessageRow): Promise<Message> {
  const access = await accessTo(deps.db, caller, row.conversationId).catch(() => undefined);
  if (access && row.seq > access.visibleAfter) return await deps.presenter.presentOne(row, caller.userId);
  const hidden = {
    ...row,
    content: "",
    metadata: null,
    attachments: null,
    mentions: null,
    reactionCount: 0,
    pinnedAt: null,
    pinnedBy: null,
  };
  return await deps.presenter.presentOne(hidden, caller.userId);
}

async function refusal(
  deps: SendDeps,
  caller: Caller,
  request: SendRequest,
  reason: SendRefusal,
  retryAfter: number | null,
): Promise<Error> {
  switch (reason) {
    case "conflict":
      return new ParleyError("conflict", { detail: "This id names another message. Send with a new id." });
    case "not_found":
      return conversationNotFound();
    case "not_a_member":
      return await notAMember(deps, caller, request.conversationId);
    case "permission_denied":
      return new ParleyError("permission_denied", { detail: "You may read this conversation, but not write in it." });
    case "contact_refused":
      return new ParleyError("contact_refused", { detail: "This person cannot be written to." });
    case "wrong_kind":
      return new ParleyError("permission_denied", { detail: "Collaboration updates belong in project conversations." });
    case "parent_not_found":
      return new ParleyError("not_found", { detail: "There is no such message to reply to in this conversation." });
    case "message_deleted":
      return new ParleyError("message_deleted", { detail: "The message to reply to was deleted." });
    case "slow_mode":
    case "quota":
      return new ParleyError("rate_limited", {
        detail:
          reason === "slow_mode"
            ? "Slow mode is on here: wait before you write again."
            : "You have written as much as support takes for now.",
        retryAfterSeconds: Math.max(1, Math.ceil(retryAfter ?? 1)),
      });
  }
}

/** Readers of a public channel learn that they have to join; for everyone else there is no such conversation. */
async function notAMember(deps: SendDeps, caller: Caller, conversationId: ConversationId): Promise<Error> {
  try {
    requireMembership(await accessTo(deps.db, caller, conversationId));
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return new ParleyError("not_a_member", { detail: "Only members may write here." });
}
