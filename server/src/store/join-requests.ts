import type { JoinRequestStatus } from "@parley/protocol";
import type { ConversationId, UserId } from "../domain/ids.ts";
import type { Reader, Writer } from "./database.ts";

/** A row of `join_requests`: one per person and conversation, the latest. */
export interface JoinRequestRow {
  conversationId: ConversationId;
  userId: UserId;
  status: JoinRequestStatus;
  createdAt: Date;
  decidedAt: Date | null;
  /** null where nobody decided: asking was no longer needed. */
  decidedBy: UserId | null;
}

interface JoinRequestRecord {
  conversation_id: string;
  user_id: string;
  status: string;
  created_at: Date;
  decided_at: Date | null;
  decided_by: string | null;
}

function toJoinRequestRow(record: JoinRequestRecord): JoinRequestRow {
  return {
    conversationId: record.conversation_id as ConversationId,
    userId: record.user_id as UserId,
    status: record.status as JoinRequestStatus,
    createdAt: record.created_at,
    decidedAt: record.decided_at,
    decidedBy: record.decided_by as UserId | null,
  };
}

const COLUMNS = "conversation_id, user_id, status, created_at, decided_at, decided_by";

/** Asks to join. One that waits already stays as it is; one that was decided is asked anew. */
export async function askToJoin(
  tx: Writer,
  conversationId: ConversationId,
  userId: UserId,
  at: Date,
): Promise<JoinRequestRow> {
  await tx.execute({
    name: "ask_to_join",
    text: `INSERT INTO join_requests AS j (conversation_id, user_id, status, created_at) VALUES ($1, $2, 'pending', $3)
           ON CONFLICT (conversation_id, user_id) DO UPDATE SET
             status = 'pending', created_at = excluded.created_at, decided_at = NULL, decided_by = NULL
           WHERE j.status <> 'pending'`,
    values: [conversationId, userId, at],
  });
  const row = await findJoinRequest(tx, conversationId, userId);
  if (!row) throw new Error("a join request was not there after it was made");
  return row;
}

export async function findJoinRequest(
  db: Reader,
  conversationId: ConversationId,
  userId: UserId,
): Promise<JoinRequestRow | undefined> {
  const [record] = await db.query<JoinRequestRecord>({
    name: "find_join_request",
    text: `SELECT ${COLUMNS} FROM join_requests WHERE conversation_id = $1 AND user_id = $2`,
    values: [conversationId, userId],
  });
  return record && toJoinRequestRow(record);
}

/** Decides the requests of these users that wait; others stay as they are. */
export async function decideJoinRequests(
  tx: Writer,
  conversationId: ConversationId,
  userIds: readonly UserId[],
  decision: { readonly status: "approved" | "refused"; readonly by: UserId | null; readonly at: Date },
): Promise<void> {
  await tx.execute({
    name: "decide_join_requests",
    text: `UPDATE join_requests SET status = $3, decided_by = $4, decided_at = $5
           WHERE conversation_id = $1 AND user_id = ANY ($2::uuid[]) AND status = 'pending'`,
    values: [conversationId, userIds, decision.status, decision.by, decision.at],
  });
}

/** Takes back a request that waits; answers whether there was one. */
export async function withdrawJoinRequest(
  tx: Writer,
  conversationId: ConversationId,
  userId: UserId,
): Promise<boolean> {
  const withdrawn = await tx.execute({
    name: "withdraw_join_request",
    text: "DELETE FROM join_requests WHERE conversation_id = $1 AND user_id = $2 AND status = 'pending'",
    values: [conversationId, userId],
  });
  return withdrawn > 0;
}

/** A place in the list of requests: after this one. */
export interface JoinRequestPlace {
  readonly createdAt: Date;
  readonly userId: UserId;
}

/** Requests of one status, the oldest first. Primary key, then a sort. */
export async function listJoinRequests(
  db: Reader,
  conversationId: ConversationId,
  page: {
    readonly status: JoinRequestStatus;
    readonly after: JoinRequestPlace | undefined;
    readonly limit: number;
  },
): Promise<JoinRequestRow[]> {
  const records = await db.query<JoinRequestRecord>({
    name: "list_join_requests",
    text: `SELECT ${COLUMNS} FROM join_requests
           WHERE conversation_id = $1 AND status = $2
             AND (created_at, user_id) > (coalesce($3::timestamptz, '-infinity'), coalesce($4::uuid, '00000000-0000-0000-0000-000000000000'))
           ORDER BY created_at, user_id LIMIT $5`,
    values: [conversationId, page.status, page.after?.createdAt, page.after?.userId, page.limit],
  });
  return records.map(toJoinRequestRow);
}
