import type { ConversationId } from "../domain/ids.ts";
import type { Reader } from "./database.ts";
import { memberColumns, toMemberRow, type MemberRecord, type MemberRow } from "./members.ts";
import { messageColumns, toMessageRow, type MessageRecord, type MessageRow } from "./messages.ts";

/** Reads what was touched in many conversations at once, as `readStretch` does in one. */

/** The versions of a conversation after one of them, up to its head. */
export interface Stretch {
  readonly conversationId: ConversationId;
  readonly after: number;
}

/** What was touched in one of them. */
export interface TouchedRows {
  /** Messages whose row carries a version of the stretch, ascending by it; the root of a thread before the reply. */
  readonly messages: MessageRow[];
  /** Whether members, or the conversation itself, may have been touched. */
  touchesOthers: boolean;
}

type TouchedRecord = Omit<MessageRecord, "id"> & { asked_id: string; of_message: boolean; id: string | null };

/**
 * The messages behind the log of each stretch. A version that the row does not carry any more is followed by the one that it does.
 * A stretch of which the log holds nothing is in the answer, too. Primary key of `changes`, then messages_id.
 */
export async function readStretches(
  db: Reader,
  stretches: readonly Stretch[],
): Promise<Map<ConversationId, TouchedRows>> {
  const records = await db.query<TouchedRecord>({
    name: "read_stretches",
    text: `WITH log AS MATERIALIZED (
             SELECT l.* FROM unnest($1::uuid[], $2::bigint[]) AS a (conversation_id, after) CROSS JOIN LATERAL (
               SELECT conversation_id, version, subject_id, type >= 'message.created' AS of_message FROM changes
               WHERE conversation_id = a.conversation_id AND version > a.after ORDER BY version
             ) l
           )
           SELECT l.conversation_id AS asked_id, l.of_message, t.*
           FROM log l LEFT JOIN LATERAL (
             SELECT ${messageColumns("r")}, 1 AS place FROM messages x JOIN messages r ON r.id = x.thread_root_id
             WHERE l.of_message AND x.id = l.subject_id AND r.version = l.version
             UNION ALL
             SELECT ${messageColumns("x")}, 2 FROM messages x WHERE l.of_message AND x.id = l.subject_id AND x.version = l.version
           ) t ON true
           ORDER BY l.conversation_id, l.version, t.place`,
    values: [stretches.map(({ conversationId }) => conversationId), stretches.map(({ after }) => after)],
  });
  const found = new Map<ConversationId, TouchedRows>();
  for (const { conversationId } of stretches) found.set(conversationId, { messages: [], touchesOthers: false });
  for (const record of records) {
    const touched = found.get(record.asked_id as ConversationId);
    if (!touched) continue;
    if (!record.of_message) touched.touchesOthers = true;
    else if (record.id !== null) touched.messages.push(toMessageRow(record as MessageRecord));
  }
  return found;
}

/** Members, those who left too, whose row carries a version of one of the stretches, ascending. Primary key prefix. */
export async function findMembersTouched(db: Reader, stretches: readonly Stretch[]): Promise<MemberRow[]> {
  if (stretches.length === 0) return [];
  const records = await db.query<MemberRecord>({
    name: "find_members_touched",
    text: `SELECT m.* FROM unnest($1::uuid[], $2::bigint[]) AS a (conversation_id, after) CROSS JOIN LATERAL (
             SELECT ${memberColumns("m")} FROM members m WHERE m.conversation_id = a.conversation_id AND m.version > a.after
           ) m ORDER BY m.version, m.user_id`,
    values: [stretches.map(({ conversationId }) => conversationId), stretches.map(({ after }) => after)],
  });
  return records.map(toMemberRow);
}
