import type { ConversationId, MessageId, UserId } from "../domain/ids.ts";
import type { Reader } from "./database.ts";
import { memberColumns, toMemberRow, type MemberRecord, type MemberRow } from "./members.ts";
import type { MessageRow } from "./messages.ts";

/** Everything that takes a version (DESIGN section 7, Changes). `conversation.restored` is told as `conversation.updated`. */
export type ChangeType =
  | "conversation.created"
  | "conversation.updated"
  | "conversation.archived"
  | "conversation.deleted"
  | "conversation.restored"
  | "member.added"
  | "member.removed"
  | "member.updated"
  | "message.created"
  | "message.updated"
  | "message.deleted"
  | "message.restored"
  | "reaction.added"
  | "reaction.removed"
  | "pin.added"
  | "pin.removed";

/** A row of the change log. `subjectId` is a message, a user (member changes) or the conversation itself. */
export interface Change {
  readonly conversationId: ConversationId;
  readonly version: number;
  readonly type: ChangeType;
  readonly subjectId: string;
  readonly actorId: UserId;
  readonly at: Date;
  readonly imported: boolean;
}

/** A change that has just been committed by this node, with what the writer knows anyway, so that the hub need not ask for it. */
export interface CommittedChange extends Change {
  /** The message as it stands after a message change. */
  readonly message?: MessageRow;
  /** The thread's root after a reply was added, deleted or restored. */
  readonly thread?: { readonly rootId: string; readonly replyCount: number; readonly lastReplyAt: Date | null };
  /** Which reaction, and how many have it now. */
  readonly reaction?: { readonly reaction: string; readonly count: number };
}

/** A stretch of the log and what it has touched. */
export interface LogStretch {
  /** The last version read; undefined where there was none after `after`. */
  readonly through: number | undefined;
  readonly isLast: boolean;
  /** Messages whose row carries a version of this stretch: subjects, and the roots of threads that were replied to. */
  readonly messages: readonly { readonly version: number; readonly id: MessageId; readonly seq: number }[];
  /** Whether members may have been touched. */
  readonly touchesMembers: boolean;
}

interface StretchRecord {
  version: number;
  of_message: boolean;
  message_id: string | null;
  message_seq: number;
  message_version: number;
  root_id: string | null;
  root_seq: number;
  root_version: number;
}

/**
 * Reads up to `scan` versions of the log after `after` with the messages behind them (primary key of `changes`, messages_id). A
 * version that the row does not carry any more is followed by the one that it does, and left out here. Rows of the log may be
 * pruned, if no row carries their version.
 */
export async function readStretch(
  db: Reader,
  conversationId: ConversationId,
  after: number,
  scan: number,
): Promise<LogStretch> {
  const records = await db.query<StretchRecord>({
    name: "read_stretch",
    text: `WITH log AS MATERIALIZED (
             SELECT version, subject_id, type >= 'message.created' AS of_message FROM changes
             WHERE conversation_id = $1 AND version > $2 ORDER BY version LIMIT $3
           )
           SELECT l.version, l.of_message, m.id AS message_id, m.seq AS message_seq, m.version AS message_version,
             r.id AS root_id, r.seq AS root_seq, r.version AS root_version
           FROM log l
           LEFT JOIN LATERAL (SELECT x.id, x.seq, x.version, x.thread_root_id FROM messages x
             WHERE l.of_message AND x.id = l.subject_id LIMIT 1) m ON true
           LEFT JOIN LATERAL (SELECT x.id, x.seq, x.version FROM messages x WHERE x.id = m.thread_root_id LIMIT 1) r ON true
           ORDER BY l.version`,
    values: [conversationId, after, scan],
  });
  const messages = records.flatMap((record) => {
    const found: { version: number; id: MessageId; seq: number }[] = [];
    if (record.root_id && record.root_version === record.version) {
      found.push({ version: record.version, id: record.root_id as MessageId, seq: record.root_seq });
    }
    if (record.message_id && record.message_version === record.version) {
      found.push({ version: record.version, id: record.message_id as MessageId, seq: record.message_seq });
    }
    return found;
  });
  return {
    through: records.at(-1)?.version,
    isLast: records.length < scan,
    messages,
    touchesMembers: records.some((record) => !record.of_message),
  };
}

/** Members, those who left too, whose row carries a version in the range. Primary key prefix: at most 10,000 narrow rows. */
export async function findTouchedMembers(
  db: Reader,
  conversationId: ConversationId,
  after: number,
  through: number,
): Promise<MemberRow[]> {
  const records = await db.query<MemberRecord>({
    name: "find_touched_members",
    text: `SELECT ${memberColumns("m")} FROM members m
           WHERE m.conversation_id = $1 AND m.version > $2 AND m.version <= $3 ORDER BY m.version, m.user_id`,
    values: [conversationId, after, through],
  });
  return records.map(toMemberRow);
}
