import type { MessageReaction } from "@parley/protocol";
import type { MessageId, UserId } from "../domain/ids.ts";
import type { ReactionCounts } from "../domain/reactions.ts";
import type { Reader, Writer } from "./database.ts";
import { messageColumns, toMessageRow, type MessageRecord, type MessageRow } from "./messages.ts";

/** Users named for each reaction; more are only counted. */
const NAMED_USERS = 20;

interface SummaryRecord {
  message_id: string;
  reaction: string;
  count: number;
  user_ids: string[];
  me: boolean | null;
}

/** Reactions of messages, grouped, in the order in which they were first given. Primary key of `reactions`. */
export async function summariseReactions(
  db: Reader,
  messageIds: readonly MessageId[],
  viewer: UserId | null,
): Promise<Map<MessageId, MessageReaction[]>> {
  const records = await db.query<SummaryRecord>({
    name: "summarise_reactions",
    text: `SELECT message_id, reaction, count(*)::integer AS count,
             (array_agg(user_id ORDER BY created_at, user_id))[1:${NAMED_USERS}] AS user_ids,
             bool_or(user_id = $2) AS me
           FROM reactions WHERE message_id = ANY ($1::uuid[])
           GROUP BY message_id, reaction ORDER BY message_id, min(created_at), reaction`,
    values: [messageIds, viewer],
  });
  const byMessage = new Map<MessageId, MessageReaction[]>();
  for (const { message_id, reaction, count, user_ids, me } of records) {
    const reactions = byMessage.get(message_id as MessageId) ?? [];
    reactions.push({ reaction, count, user_ids, ...(viewer ? { me: me ?? false } : {}) });
    byMessage.set(message_id as MessageId, reactions);
  }
  return byMessage;
}

/** A user's reaction to a message. */
export interface OneReaction {
  readonly messageId: MessageId;
  readonly userId: UserId;
  readonly reaction: string;
}

/** How the message's reactions stand with regard to one of them. */
export async function countReactions(
  db: Reader,
  { messageId, userId, reaction }: OneReaction,
): Promise<ReactionCounts & { readonly isOwn: boolean }> {
  const [record] = await db.query<{ same: number; different: number; is_own: boolean | null }>({
    name: "count_reactions",
    text: `SELECT count(*) FILTER (WHERE reaction = $2)::integer AS same, count(DISTINCT reaction)::integer AS different,
             bool_or(reaction = $2 AND user_id = $3) AS is_own
           FROM reactions WHERE message_id = $1`,
    values: [messageId, reaction, userId],
  });
  return { same: record?.same ?? 0, different: record?.different ?? 0, isOwn: record?.is_own ?? false };
}

/** Adds a reaction that is not there. Under the lock of the head. */
export async function insertReaction(
  tx: Writer,
  { messageId, userId, reaction }: OneReaction,
  at: Date,
  version: number,
): Promise<MessageRow> {
  const [record] = await tx.query<MessageRecord>({
    name: "insert_reaction",
    text: `WITH added AS (INSERT INTO reactions (message_id, user_id, reaction, created_at) VALUES ($1, $2, $3, $4))
           UPDATE messages m SET reaction_count = m.reaction_count + 1, version = $5 WHERE m.id = $1 RETURNING ${messageColumns("m")}`,
    values: [messageId, userId, reaction, at, version],
  });
  if (!record) throw new Error(`message ${messageId} vanished under the lock of the head`);
  return toMessageRow(record);
}

/** Removes a reaction that is there. Under the lock of the head. */
export async function deleteReaction(
  tx: Writer,
  { messageId, userId, reaction }: OneReaction,
  version: number,
): Promise<MessageRow> {
  const [record] = await tx.query<MessageRecord>({
    name: "delete_reaction",
    text: `WITH removed AS (DELETE FROM reactions WHERE message_id = $1 AND user_id = $2 AND reaction = $3)
           UPDATE messages m SET reaction_count = m.reaction_count - 1, version = $4 WHERE m.id = $1 RETURNING ${messageColumns("m")}`,
    values: [messageId, userId, reaction, version],
  });
  if (!record) throw new Error(`message ${messageId} vanished under the lock of the head`);
  return toMessageRow(record);
}

export interface ReactionGroup {
  readonly reaction: string;
  /** All of them, named or not. */
  readonly count: number;
  readonly users: { readonly userId: UserId; readonly at: Date }[];
}

/** Who reacted how: reactions in the order in which they were first given, of each the first `limit` users in that of reacting. */
export async function listReactions(db: Reader, messageId: MessageId, limit: number): Promise<ReactionGroup[]> {
  const records = await db.query<{ reaction: string; count: number; user_id: string; created_at: Date }>({
    name: "list_reactions",
    text: `SELECT reaction, count, user_id, created_at FROM (
             SELECT reaction, user_id, created_at, count(*) OVER of_reaction AS count, min(created_at) OVER of_reaction AS first_at,
               row_number() OVER (PARTITION BY reaction ORDER BY created_at, user_id) AS place
             FROM reactions WHERE message_id = $1 WINDOW of_reaction AS (PARTITION BY reaction)
           ) r WHERE place <= $2 ORDER BY first_at, reaction, place`,
    values: [messageId, limit],
  });
  const groups = new Map<string, ReactionGroup>();
  for (const { reaction, count, user_id, created_at } of records) {
    const group = groups.get(reaction) ?? { reaction, count, users: [] };
    group.users.push({ userId: user_id as UserId, at: created_at });
    groups.set(reaction, group);
  }
  return [...groups.values()];
}
