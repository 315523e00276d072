import { invalid, uuid, type DuplicateMessage, type Message, type ScheduledReceipt } from "@parley/protocol";
import type { Sent } from "../../services/messages/send-to.ts";

/**
 * The body with the id that names the message: its own or that of the header `Idempotency-Key`, which are the same thing. Throws
 * `validation_failed` where both are given and differ, and for a header that is no UUID.
 */
export function namedByKey<Body extends { id?: string }>(body: Body, key: string | undefined): Body {
  if (key === undefined) return body;
  const id = uuid.safeParse(key.trim());
  if (!id.success) throw invalid("headers.idempotency-key", "Must be a UUID: it becomes the id of the message");
  if (body.id !== undefined && body.id !== id.data) {
    throw invalid("headers.idempotency-key", "Must be the same as the id of the body, or left out");
  }
  return { ...body, id: id.data };
}

type SendAnswer =
  | { readonly status: 201; readonly body: Message }
  | { readonly status: 200; readonly body: DuplicateMessage }
  | { readonly status: 202; readonly body: ScheduledReceipt };

export function answerSent(sent: Sent): SendAnswer {
  switch (sent.kind) {
    case "sent":
      return { status: 201, body: sent.message };
    case "duplicate":
      return { status: 200, body: { ...sent.message, duplicate: true } };
    case "scheduled":
      return { status: 202, body: sent.receipt };
  }
}
