import type { ConversationId, MessageId, UserId } from "../../domain/ids.ts";
import type { ChangeType, CommittedChange } from "../changes.ts";
import type { Statement, Writer } from "../database.ts";
import type { ChangeDetails, ChangeWriter, LockedHead } from "./operations.ts";

interface HeadRecord {
  conversation_id: string;
  head: number;
  message_count: number;
  last_message_seq: number;
  last_message_at: Date | null;
  now: Date;
}

/** Locks the heads that nobody else holds, in sorted order, and answers them; `wait` waits for all of them. */
export async function lockHeads(tx: Writer, ids: readonly ConversationId[], wait: boolean): Promise<HeadRecord[]> {
  return await tx.query<HeadRecord>({
    name: wait ? "lock_heads_waiting" : "lock_heads",
    text: `SELECT conversation_id, head, message_count, last_message_seq, last_message_at, clock_timestamp()::timestamptz(3) AS now
           FROM conversation_heads WHERE conversation_id = ANY ($1::uuid[])
           ORDER BY conversation_id FOR UPDATE ${wait ? "" : "SKIP LOCKED"}`,
    values: [ids],
  });
}

async function makeHead(tx: Writer, id: ConversationId): Promise<HeadRecord> {
  const [head] = await tx.query<HeadRecord>({
    name: "make_head",
    text: `INSERT INTO conversation_heads (conversation_id) VALUES ($1)
           RETURNING conversation_id, head, message_count, last_message_seq, last_message_at, clock_timestamp()::timestamptz(3) AS now`,
    values: [id],
  });
  if (!head) throw new Error("inserting a head returned no row");
  return head;
}

/** Heads of this transaction, carried from one change of a conversation to the next. */
export class HeadBook {
  readonly #heads = new Map<string, HeadRecord>();

  constructor(heads: readonly HeadRecord[]) {
    for (const head of heads) this.#heads.set(head.conversation_id, head);
  }

  async open(tx: Writer, id: ConversationId, create: boolean): Promise<HeadRecord | undefined> {
    const known = this.#heads.get(id);
    if (known || !create) return known;
    const made = await makeHead(tx, id);
    this.#heads.set(id, made);
    return made;
  }

  set(head: HeadRecord): void {
    this.#heads.set(head.conversation_id, head);
  }

  delete(id: ConversationId): void {
    this.#heads.delete(id);
  }
}

interface PendingChange {
  readonly change: CommittedChange;
  details: ChangeDetails;
}

/**
 * Runs the work of one change on a locked head. Versions are handed out in memory and written at the end in one statement:
 * the rows of the log and the new head.
 */
export class LockedChange implements ChangeWriter {
  readonly writes = true;
  readonly conversationId: ConversationId;
  readonly head: LockedHead;
  readonly now: Date;
  readonly #tx: Writer;
  readonly #pending: PendingChange[] = [];
  #version: number;
  #messageCount: number;
  #lastMessageSeq: number;
  #lastMessageAt: Date | null;

  constructor(tx: Writer, record: HeadRecord) {
    this.#tx = tx;
    this.conversationId = record.conversation_id as ConversationId;
    this.head = {
      head: record.head,
      messageCount: record.message_count,
      lastMessageSeq: record.last_message_seq,
      lastMessageAt: record.last_message_at,
    };
    const last = record.last_message_at;
    this.now = last && last > record.now ? last : record.now;
    this.#version = record.head;
    this.#messageCount = record.message_count;
    this.#lastMessageSeq = record.last_message_seq;
    this.#lastMessageAt = record.last_message_at;
  }

  query<R>(statement: Statement): Promise<R[]> {
    return this.#tx.query<R>(statement);
  }

  execute(statement: Statement): Promise<number> {
    return this.#tx.execute(statement);
  }

  record(
    type: ChangeType,
    subjectId: string,
    actorId: UserId,
    options: { imported?: boolean; at?: Date } = {},
  ): number {
    this.#version += 1;
    const change = {
      conversationId: this.conversationId,
      version: this.#version,
      type,
      subjectId,
      actorId,
      at: options.at ?? this.now,
      imported: options.imported ?? false,
    };
    this.#pending.push({ change, details: {} });
    return this.#version;
  }

  describe(version: number, details: ChangeDetails): void {
    const pending = this.#pending.find(({ change }) => change.version === version);
    if (!pending) throw new Error(`version ${version} was not recorded by this change`);
    pending.details = { ...pending.details, ...details };
  }

  recordMessage(
    id: MessageId,
    senderId: UserId,
    options: { imported?: boolean; at?: Date } = {},
  ): { seq: number; ordinal: number } {
    const seq = this.record("message.created", id, senderId, options);
    const at = options.at ?? this.now;
    this.#messageCount += 1;
    this.#lastMessageSeq = seq;
    if (!this.#lastMessageAt || at > this.#lastMessageAt) this.#lastMessageAt = at;
    return { seq, ordinal: this.#messageCount };
  }

  /** Writes what was recorded; answers the head as it now is and the changes to tell after the commit. */
  async finish(): Promise<{ head: HeadRecord; changes: CommittedChange[] }> {
    const head: HeadRecord = {
      conversation_id: this.conversationId,
      head: this.#version,
      message_count: this.#messageCount,
      last_message_seq: this.#lastMessageSeq,
      last_message_at: this.#lastMessageAt,
      now: this.now,
    };
    if (this.#pending.length > 0) await this.#write(head);
    return { head, changes: this.#pending.map(({ change, details }) => ({ ...change, ...details })) };
  }

  async #write(head: HeadRecord): Promise<void> {
    const changes = this.#pending.map(({ change }) => change);
    const moved = await this.#tx.execute({
      name: "record_changes",
      text: `WITH logged AS (
               INSERT INTO changes (conversation_id, version, type, subject_id, actor_id, at, imported)
               SELECT $1, c.version, c.type::change_type, c.subject_id, c.actor_id, c.at, c.imported
               FROM json_to_recordset($2::json) AS c (version bigint, type text, subject_id uuid, actor_id uuid, at timestamptz, imported boolean)
             )
             UPDATE conversation_heads SET head = $3, message_count = $4, last_message_seq = $5, last_message_at = $6
             WHERE conversation_id = $1 AND head = $7`,
      values: [
        this.conversationId,
        JSON.stringify(
          changes.map((c) => ({
            version: c.version,
            type: c.type,
            subject_id: c.subjectId,
            actor_id: c.actorId,
            at: c.at,
            imported: c.imported,
          })),
        ),
        head.head,
        head.message_count,
        head.last_message_seq,
        head.last_message_at,
        this.head.head,
      ],
    });
    // The lock is what makes versions contiguous; if the head moved under it, nothing may be committed.
    if (moved !== 1) throw new Error(`head of ${this.conversationId} moved under its lock`);
  }
}
