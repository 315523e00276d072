import type { ConversationId, MessageId, UserId } from "../domain/ids.ts";
import type { Reader, Writer } from "./database.ts";
import { messageColumns, toMessageRow, type MessageRecord, type MessageRow } from "./messages.ts";

/** Pins a message, or (null) takes the pin away. Under the lock of the head. */
export async function setPin(
  tx: Writer,
  messageId: MessageId,
  pin: { readonly by: UserId; readonly at: Date } | null,
  version: number,
): Promise<MessageRow> {
  const [record] = await tx.query<MessageRecord>({
    name: "set_pin",
    text: `UPDATE messages m SET pinned_at = $2, pinned_by = $3, version = $4 WHERE m.id = $1 RETURNING ${messageColumns("m")}`,
    values: [messageId, pin?.at ?? null, pin?.by ?? null, version],
  });
  if (!record) throw new Error(`message ${messageId} vanished under the lock of the head`);
  return toMessageRow(record);
}

export interface PinPlace {
  readonly at: Date;
  readonly seq: number;
}

/** Pinned messages with a seq above `visibleAfter`, last pinned first. Index messages_pinned. */
export async function listPins(
  db: Reader,
  filter: {
    readonly conversationId: ConversationId;
    readonly visibleAfter: number;
    readonly beyond: PinPlace | null;
    readonly limit: number;
  },
): Promise<MessageRow[]> {
  const { conversationId, visibleAfter, beyond, limit } = filter;
  const records = await db.query<MessageRecord>({
    name: "list_pins",
    text: `SELECT ${messageColumns("m")} FROM messages m
           WHERE m.conversation_id = $1 AND m.pinned_at IS NOT NULL AND m.seq > $2
             AND ($3::timestamptz IS NULL OR (m.pinned_at, m.seq) < ($3, $4))
           ORDER BY m.pinned_at DESC, m.seq DESC LIMIT $5`,
    values: [conversationId, visibleAfter, beyond?.at ?? null, beyond?.seq ?? null, limit],
  });
  return records.map(toMessageRow);
}
