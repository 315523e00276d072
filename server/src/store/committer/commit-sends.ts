import type { ConversationId, MessageId, UserId } from "../../domain/ids.ts";
import type { CommittedChange } from "../changes.ts";
import type { Reader } from "../database.ts";
import type { MessageRow } from "../messages.ts";
import type { SendOutcome, SendRefusal, SendRequest } from "./operations.ts";

/** How many messages a customer may send into support an hour and a day; null for no limit. */
export interface SupportQuota {
  readonly perHour: number;
  readonly perDay: number;
}

interface OutcomeRecord {
  i: number;
  outcome: "sent" | "duplicate" | "busy" | SendRefusal;
  kind: string;
  seq: number;
  ordinal: number;
  created_at: Date;
  depth: number;
  thread_root_id: string | null;
  reply_count: number | null;
  mass_mention: string | null;
  retry_after: number | null;
}

/** Runs the batch (migration 0002); answers each request's outcome in order, `busy` where the head is held by somebody else. */
export async function commitSends(
  connection: Reader,
  requests: readonly SendRequest[],
  options: { readonly wait: boolean; readonly quota: SupportQuota | null },
): Promise<(SendOutcome | "busy")[]> {
  const conversationIds = [...new Set(requests.map((request) => request.conversationId))];
  // The same outcomes, cheaper for one.
  const statement = requests.length === 1 ? "commit_send" : "commit_sends";
  const records = await connection.query<OutcomeRecord>({
    name: statement,
    text: `SELECT * FROM ${statement}($1, $2, $3, $4, $5)`,
    values: [
      encodeBatch(requests),
      `{${conversationIds.join(",")}}`,
      options.wait,
      options.quota?.perHour,
      options.quota?.perDay,
    ],
  });
  if (records.length !== requests.length) throw new Error(`${requests.length} sends had ${records.length} outcomes`);
  return records.map((record, index) => toOutcome(record, requests[index] as SendRequest));
}

const NIL = "00000000-0000-0000-0000-000000000000";

/** To a conversation that is not there. */
const NOWHERE: SendRequest = {
  id: NIL as MessageId,
  conversationId: NIL as ConversationId,
  senderId: NIL as UserId,
  contentType: "text",
  content: "",
  metadata: null,
  attachments: null,
  mentions: null,
  massMention: null,
  parentId: null,
  fingerprint: "",
  isStaff: false,
  isService: false,
  isHost: false,
  mayContactAnyone: false,
  hasMedia: false,
};

/** Sends what is refused, alone and as a batch: the statements are planned then, which the first real message need not wait for. */
export async function warmUp(connection: Reader): Promise<void> {
  for (const requests of [[NOWHERE], [NOWHERE, NOWHERE]])
    await commitSends(connection, requests, { wait: false, quota: null });
}

function encodeBatch(requests: readonly SendRequest[]): string {
  return JSON.stringify(
    requests.map((request, i) => ({
      i,
      conversation_id: request.conversationId,
      id: request.id,
      sender_id: request.senderId,
      content_type: request.contentType,
      content: request.content,
      metadata: request.metadata,
      attachments: request.attachments,
      mentions: request.mentions,
      mass_mention: request.massMention,
      parent_id: request.parentId,
      fingerprint: request.fingerprint,
      is_staff: request.isStaff,
      is_service: request.isService,
      is_host: request.isHost,
      may_contact_anyone: request.mayContactAnyone,
      has_media: request.hasMedia,
    })),
  );
}

function toOutcome(record: OutcomeRecord, request: SendRequest): SendOutcome | "busy" {
  if (record.outcome === "busy") return "busy";
  if (record.outcome === "duplicate") return { outcome: "duplicate", kind: record.kind, own: false };
  if (record.outcome !== "sent")
    return { outcome: "refused", reason: record.outcome, retryAfterSeconds: record.retry_after };
  const message = sentMessage(record, request);
  const thread = message.threadRootId
    ? { rootId: message.threadRootId, replyCount: record.reply_count ?? 0, lastReplyAt: message.createdAt }
    : undefined;
  return { outcome: "sent", kind: record.kind, message, thread };
}

/** The row as it was just written, without reading it again. */
function sentMessage(record: OutcomeRecord, request: SendRequest): MessageRow {
  return {
    conversationId: request.conversationId,
    seq: record.seq,
    ordinal: record.ordinal,
    version: record.seq,
    id: request.id,
    senderId: request.senderId,
    contentType: request.contentType,
    content: request.content,
    metadata: request.metadata,
    attachments: request.attachments,
    mentions: request.mentions,
    massMention: record.mass_mention,
    parentId: request.parentId,
    threadRootId: record.thread_root_id as MessageId | null,
    depth: record.depth,
    replyCount: 0,
    lastReplyAt: null,
    reactionCount: 0,
    editCount: 0,
    pinnedAt: null,
    pinnedBy: null,
    createdAt: record.created_at,
    editedAt: null,
    deletedAt: null,
    deletedBy: null,
  };
}

/** The change of a message that was sent, for those who are told. */
export function sentChange(message: MessageRow, thread: CommittedChange["thread"]): CommittedChange {
  return {
    conversationId: message.conversationId,
    version: message.version,
    type: "message.created",
    subjectId: message.id,
    actorId: message.senderId,
    at: message.createdAt,
    imported: false,
    message,
    ...(thread ? { thread } : {}),
  };
}
