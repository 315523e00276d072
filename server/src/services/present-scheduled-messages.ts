import type {
  Attachment,
  AttachmentInput,
  ErrorCode,
  InitialMessage,
  ScheduledMessage,
  ScheduledStatus,
} from "@parley/protocol";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../domain/caller.ts";
import type { MessageId } from "../domain/ids.ts";
import type { ScheduledState } from "../domain/scheduled-messages.ts";
import type { ScheduledBody, ScheduledMessageRow } from "../store/scheduled-messages.ts";

/** What is kept of a message until it is sent. */
export function toBody(sent: InitialMessage, caller: Caller): ScheduledBody {
  return {
    content_type: sent.content_type,
    content: sent.content,
    metadata: sent.metadata ?? null,
    parent_id: (sent.parent_id ?? null) as MessageId | null,
    attachments: (sent.attachments ?? []).map((attachment) => ({ ...attachment, id: uuidv7() })),
    by_service: caller.isService,
  };
}

/** The message as it is sent. */
export function toInput(body: ScheduledBody): InitialMessage {
  return {
    content_type: body.content_type,
    content: body.content,
    metadata: body.metadata,
    parent_id: body.parent_id,
    ...(body.attachments.length > 0 ? { attachments: body.attachments as unknown as AttachmentInput[] } : {}),
  };
}

export function presentScheduled(row: ScheduledMessageRow): ScheduledMessage {
  const { body } = row;
  return {
    id: row.id,
    conversation_id: row.conversationId,
    content_type: body.content_type,
    content: body.content,
    metadata: body.metadata,
    parent_id: body.parent_id,
    attachments: body.attachments as unknown as Attachment[],
    send_at: row.sendAt.toISOString(),
    status: statusOf(row.status),
    error_code: row.failureCode as ErrorCode | null,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

/** That somebody is just sending it is nothing to its author yet: it waits, until it is sent. */
function statusOf(state: ScheduledState): ScheduledStatus {
  return state === "sent" || state === "failed" ? state : "pending";
}

/** The states that a status stands for; without one, all that are shown. */
export function statesOf(status: ScheduledStatus | undefined): ScheduledState[] {
  if (status === undefined) return ["pending", "sending", "sent", "failed"];
  return status === "pending" ? ["pending", "sending"] : [status];
}
