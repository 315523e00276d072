import { createHash } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import { expect } from "vitest";
import { isHost } from "../../src/domain/access.ts";
import { mayContactAnyone, type Caller } from "../../src/domain/caller.ts";
import type { ConversationId, MessageId } from "../../src/domain/ids.ts";
import type { CommittedChange } from "../../src/store/changes.ts";
import { createCommitter, type Committer, type CommitterOptions } from "../../src/store/committer/committer.ts";
import type { SendOutcome, SendRequest } from "../../src/store/committer/operations.ts";
import type { Database } from "../../src/store/database.ts";

export interface TestCommitter extends Committer {
  /** What was told after commits, in order. */
  readonly told: CommittedChange[];
  readonly batches: { size: number; milliseconds: number }[];
  readonly troubles: unknown[];
}

export function startCommitter(database: Database, options: Partial<CommitterOptions> = {}): TestCommitter {
  const told: CommittedChange[] = [];
  const batches: TestCommitter["batches"] = [];
  const troubles: unknown[] = [];
  const committer = createCommitter({
    database,
    quota: null,
    onCommitted: (changes) => void told.push(...changes),
    onBatch: (size, milliseconds) => void batches.push({ size, milliseconds }),
    onTrouble: (error) => void troubles.push(error),
    ...options,
  });
  return { ...committer, told, batches, troubles };
}

/** A text message of the caller; the same content and id make the same fingerprint. */
export function request(
  caller: Caller,
  conversationId: ConversationId,
  fields: Partial<SendRequest> = {},
): SendRequest {
  const content = fields.content ?? "hello";
  return {
    id: uuidv7() as MessageId,
    conversationId,
    senderId: caller.userId,
    contentType: "text",
    content,
    metadata: null,
    attachments: null,
    mentions: null,
    massMention: null,
    parentId: null,
    fingerprint: createHash("sha256").update(content).digest("hex").slice(0, 32),
    isStaff: caller.isStaff,
    isService: caller.isService,
    isHost: isHost(caller),
    mayContactAnyone: mayContactAnyone(caller),
    hasMedia: false,
    ...fields,
  };
}

/** The outcome in a word: `sent`, `duplicate`, or the reason of a refusal. */
export function wordOf(outcome: SendOutcome): string {
  return outcome.outcome === "refused" ? outcome.reason : outcome.outcome;
}

/** Everything that must hold for a conversation whatever happened to it. */
export async function expectSound(database: Database, conversationId: ConversationId): Promise<void> {
  const [facts] = await database.query<Record<string, unknown>>({
    text: `SELECT
        (SELECT array_agg(version ORDER BY version) FROM changes WHERE conversation_id = $1)
          = (SELECT array_agg(n) FROM generate_series(1, h.head) n) AS versions_are_contiguous,
        coalesce((SELECT array_agg(ordinal ORDER BY seq) FROM messages WHERE conversation_id = $1)
          = (SELECT array_agg(n) FROM generate_series(1, h.message_count) n), h.message_count = 0) AS ordinals_follow_seqs,
        h.last_message_seq = coalesce((SELECT max(seq) FROM messages WHERE conversation_id = $1), 0) AS last_message_is_last,
        NOT EXISTS (SELECT FROM messages m WHERE m.conversation_id = $1 AND NOT EXISTS (SELECT FROM changes c
          WHERE c.conversation_id = $1 AND c.version = m.seq AND c.type = 'message.created' AND c.subject_id = m.id)) AS seqs_are_creations,
        (SELECT count(*) FROM changes WHERE conversation_id = $1 AND type = 'message.created') = h.message_count AS creations_are_messages,
        NOT EXISTS (SELECT FROM (SELECT created_at, lag(created_at) OVER (ORDER BY seq) AS earlier FROM messages
          WHERE conversation_id = $1) t WHERE t.created_at < t.earlier) AS time_never_goes_back,
        NOT EXISTS (SELECT FROM messages r WHERE r.conversation_id = $1 AND r.thread_root_id IS NULL AND r.reply_count <> (
          SELECT count(*) FROM messages t WHERE t.thread_root_id = r.id AND t.deleted_at IS NULL)) AS threads_are_counted,
        NOT EXISTS (SELECT FROM messages m WHERE m.conversation_id = $1 AND (m.version > h.head OR m.version < m.seq)) AS message_versions_fit,
        NOT EXISTS (SELECT FROM messages m WHERE m.conversation_id = $1 AND m.reaction_count <> (
          SELECT count(*) FROM reactions x WHERE x.message_id = m.id)) AS reactions_are_counted
      FROM conversation_heads h WHERE h.conversation_id = $1`,
    values: [conversationId],
  });
  expect(facts).toBeDefined();
  expect(Object.entries(facts ?? {}).filter(([, holds]) => holds !== true)).toEqual([]);
}
